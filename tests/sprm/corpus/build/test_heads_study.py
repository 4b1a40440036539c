"""A corpus whose head words a spaCy pipeline found."""

from __future__ import annotations

from pathlib import Path

import pytest
from noun_pipeline import write_pipeline

from sprm.corpus.build.prepare import prepare
from sprm.corpus.dataset import Dataset, open_dataset
from sprm.corpus.sources.flickr30k.source import Flickr30kSource
from sprm.errors import DataError
from sprm.settings import Rules


def build(root: Path, heads: str) -> Dataset:
    source = Flickr30kSource(kind="flickr30k", root=root, heads=heads)
    return open_dataset(prepare(source, Rules.official, root.parent / "cache", progress=lambda *_: None))


def test_head_words_are_the_pipelines_and_the_corpus_names_it_with_its_version(
    flickr_folder: Path, tmp_path: Path
) -> None:
    dataset = build(flickr_folder, f"spacy:{write_pipeline(tmp_path / 'few_nouns')}")
    heads = dict(zip(dataset.train.phrases["text"], dataset.train.phrases["head"], strict=True))
    assert heads["A man in a black tank top"] == "man top"
    assert heads["a hat"] == "hat"
    assert dataset.train.info.origin.heads.startswith("spacy:en_few_nouns 1.2.3, spaCy 3")


def test_another_version_of_the_pipeline_is_another_study_even_when_it_finds_the_same(
    flickr_folder: Path, tmp_path: Path
) -> None:
    setting = f"spacy:{write_pipeline(tmp_path / 'few_nouns')}"
    first = build(flickr_folder, setting)
    write_pipeline(tmp_path / "few_nouns", version="1.2.4")
    second = build(flickr_folder, setting)
    assert second.folder != first.folder
    assert second.train.info.files == first.train.info.files
    assert second.fingerprint != first.fingerprint
    assert {first.fingerprint, second.fingerprint}.isdisjoint({build(flickr_folder, "rule").fingerprint})


def test_a_pipeline_that_is_not_there_is_told_before_anything_is_read(flickr_folder: Path) -> None:
    with pytest.raises(DataError, match="there is no spaCy pipeline no_such_pipeline"):
        build(flickr_folder, "spacy:no_such_pipeline")
    assert not (flickr_folder.parent / "cache" / "parts").exists()
