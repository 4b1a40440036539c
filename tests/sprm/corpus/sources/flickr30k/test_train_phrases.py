"""Which phrases of training captions are taken: those with a box, all that are marked, or those that are found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flickr_folder import SCENES, image_id
from noun_pipeline import write_pipeline

from sprm.corpus.box_matches import match_boxes
from sprm.corpus.build.prepare import prepare
from sprm.corpus.corpus import LeftOut
from sprm.corpus.dataset import Dataset, open_dataset
from sprm.corpus.sources.flickr30k.source import Flickr30kSource
from sprm.errors import DataError
from sprm.settings import Rules


def build(root: Path, **settings: Any) -> Dataset:
    source = Flickr30kSource.model_validate({"kind": "flickr30k", "root": root, **settings})
    return open_dataset(prepare(source, Rules.corrected, root.parent / "cache", progress=lambda *_: None, workers=1))


def phrases(dataset: Dataset) -> list[str]:
    return list(dataset.train.phrases["text"])


def test_by_default_training_phrases_are_those_with_a_box(flickr_folder: Path) -> None:
    default, annotated = build(flickr_folder), build(flickr_folder, train_phrases="annotated", phrases="rule")
    assert annotated.folder == default.folder
    assert default.train.has_targets
    assert "a stage" not in phrases(default)


def test_all_marked_phrases_are_those_that_a_picture_could_show(flickr_folder: Path) -> None:
    boxed, everything = build(flickr_folder), build(flickr_folder, train_phrases="all")
    assert set(phrases(everything)) - set(phrases(boxed)) == {"a stage", "the park"}
    assert "the way" not in phrases(everything)
    assert not everything.train.has_targets
    assert everything.train.phrases.set_index("text")["category"]["a stage"] == "scene"


def test_found_phrases_are_those_of_the_plain_captions(flickr_folder: Path) -> None:
    train = build(flickr_folder, train_phrases="found").train
    assert {"a stage", "the way"} <= set(train.phrases["text"])
    assert not any("EN#" in text or "[" in text or "]" in text for text in train.phrases["text"])
    assert set(train.phrases["category"]) == {"found"}
    assert train.phrases["x1"].isna().all()
    with pytest.raises(DataError, match="phrases of the train split have no box, so no answer to them can be judged"):
        match_boxes(train, Rules.corrected)


@pytest.mark.parametrize("train_phrases", ["all", "found"])
def test_validation_and_test_keep_the_phrases_with_a_box(flickr_folder: Path, train_phrases: str) -> None:
    before, after = build(flickr_folder), build(flickr_folder, train_phrases=train_phrases)
    for split in ("val", "test"):
        assert after.corpus(split).info.files == before.corpus(split).info.files
    assert after.fingerprint != before.fingerprint


def test_an_image_whose_phrases_have_no_box_is_left_out_only_where_boxes_are_asked_for(flickr_folder: Path) -> None:
    (flickr_folder / "Flickr30kEntities" / "Sentences" / f"{image_id(0)}.txt").write_text("[/EN#12/scene A beach] .\n")
    left = LeftOut(image_id=image_id(0), reason="a phrase with a box")
    assert build(flickr_folder).train.info.left_out == [left]
    for train_phrases in ("all", "found"):
        assert build(flickr_folder, train_phrases=train_phrases).train.info.left_out == []
    (flickr_folder / "Flickr30kEntities" / "Sentences" / f"{image_id(0)}.txt").write_text("[/EN#0/notvisual It] is .\n")
    for train_phrases, reason in (("all", "a visual phrase"), ("found", "a noun phrase")):
        (lacking,) = build(flickr_folder, train_phrases=train_phrases).train.info.left_out
        assert lacking == LeftOut(image_id=image_id(0), reason=reason)


def test_phrases_are_found_by_a_pipeline_that_is_part_of_the_corpus_name(flickr_folder: Path, tmp_path: Path) -> None:
    setting = f"spacy:{write_pipeline(tmp_path / 'few_nouns')}"
    first = build(flickr_folder, train_phrases="found", phrases=setting)
    assert set(phrases(first)) <= {"man", "dog", "top", "people", "group"}
    write_pipeline(tmp_path / "few_nouns", version="1.2.4")
    assert build(flickr_folder, train_phrases="found", phrases=setting).folder != first.folder


def test_a_broken_mark_is_refused_whatever_is_made_of_it(flickr_folder: Path) -> None:
    path = flickr_folder / "Flickr30kEntities" / "Sentences" / f"{image_id(0)}.txt"
    path.write_text(SCENES[0].captions[0].replace("]", "", 1))
    with pytest.raises(DataError, match="line 1: a phrase's bracket is broken"):
        build(flickr_folder, train_phrases="found")
