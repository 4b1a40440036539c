from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sprm.corpus.annotation import PhraseRecord, SentenceRecord
from sprm.corpus.build.join import join
from sprm.corpus.corpus import ARRAYS, TABLES, Corpus, CorpusInfo, LeftOut, Origin
from sprm.corpus.warnings import Tally
from sprm.corpus.writer import CorpusWriter, ImageRecord
from sprm.errors import DataError, IntegrityError
from sprm.settings import Rules

ORIGIN = Origin(source="test", split="val", rules=Rules.corrected, extractor="hand", heads="rule")
HEADS = {"A man\N{BICYCLE}": ["man"], "it": [], "two dogs": ["two", "dogs"]}
LEFT_OUT = 4
"""Every image with this remainder by five has no detections."""


def an_image(number: int, size: int = 3, *, scores: bool = False) -> ImageRecord:
    regions = 1 + number * 7 % 4
    generator = np.random.default_rng(number)
    texts = list(HEADS)[: 1 + number % 3]
    return ImageRecord(
        image_id=f"image-{number}",
        width=64 + number,
        height=48,
        boxes=generator.uniform(0, 48, (regions, 4)),
        class_names=[f"class {(number * 3 + row) % 5}" for row in range(regions)],
        features=generator.standard_normal((regions, size)),
        sentences=[
            SentenceRecord(f"image-{number}#{n}", [PhraseRecord(text, "people", n, (1, 2, 3.5, n)) for text in texts])
            for n in range(1 + number % 2)
        ],
        scores=generator.uniform(0, 1, regions).astype(np.float32) if scores else None,
    )


def write(
    folder: Path, numbers: Iterable[int], size: int = 3, origin: Origin = ORIGIN, *, scores: bool = False
) -> Path:
    """Write the images of some numbers, as a part or as a whole split."""
    tally, left_out = Tally(), []
    with CorpusWriter(folder, origin) as writer:
        for number in numbers:
            tally.add("odd", f"image-{number}", number % 3)
            tally.add("seldom", f"image-{number}", int(number == 11))
            if number % 5 == LEFT_OUT:
                left_out.append(LeftOut(image_id=f"image-{number}", reason="detections"))
            else:
                writer.add(an_image(number, size, scores=scores), HEADS)
        writer.finish(warnings=tally.warnings(), left_out=left_out)
    return folder


def join_all(parts: Sequence[Path], folder: Path) -> CorpusInfo:
    return join(parts, folder, joined=lambda done: None)


@given(count=st.integers(1, 24), data=st.data())
@settings(max_examples=25, deadline=None)
def test_parts_joined_are_the_split_written_at_once_however_it_was_divided(
    tmp_path_factory: pytest.TempPathFactory, count: int, data: st.DataObject
) -> None:
    cuts = data.draw(st.lists(st.integers(0, count), max_size=5).map(sorted))
    root = tmp_path_factory.mktemp("join")
    spans = enumerate(pairwise([0, *cuts, count]))
    parts = [write(root / f"part-{number}", range(first, end)) for number, (first, end) in spans]
    whole = Corpus.open(write(root / "whole", range(count)))
    info = join_all(parts, root / "joined")
    joined = Corpus.open(root / "joined")
    for name in (*(f"{name}.npy" for name in ARRAYS), "labels.json"):
        assert (root / "joined" / name).read_bytes() == (root / "whole" / name).read_bytes(), name
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(joined, name), getattr(whole, name))
    assert info == joined.info
    tables = {f"{name}.parquet" for name in TABLES}
    assert info.model_dump(exclude={"files": tables}) == whole.info.model_dump(exclude={"files": tables})


def test_an_image_of_the_joined_split_has_its_own_regions_labels_and_phrases(tmp_path: Path) -> None:
    parts = [write(tmp_path / f"part-{first}", range(first, first + 3)) for first in (6, 0, 3)]
    join_all(parts, tmp_path / "joined")
    joined = Corpus.open(tmp_path / "joined")
    numbers = [6, 7, 8, 0, 1, 2, 3, 5]
    assert joined.images["image_id"].tolist() == [f"image-{number}" for number in numbers]
    for row, number in enumerate(numbers):
        image, regions = an_image(number), joined.regions_of(row)
        np.testing.assert_array_equal(joined.features[regions], image.features.astype(np.float16))
        np.testing.assert_array_equal(joined.boxes[regions], image.boxes.astype(np.float32))
        assert [joined.label_names[label] for label in joined.labels[regions]] == image.class_names
        sentences = joined.sentences[joined.sentences["image"] == row]
        assert sentences["sentence_id"].tolist() == [sentence.sentence_id for sentence in image.sentences]
        phrases = joined.phrases[joined.phrases["sentence"].isin(sentences.index)]
        assert phrases["text"].tolist() == [phrase.text for one in image.sentences for phrase in one.phrases]


def test_a_label_that_several_parts_hold_is_one_label(tmp_path: Path) -> None:
    parts = [write(tmp_path / name, [number]) for name, number in (("a", 3), ("b", 8), ("c", 1))]
    names = [Corpus.open(part).label_names for part in parts]
    assert names[0] != names[2]
    join_all(parts, tmp_path / "joined")
    found = Corpus.open(tmp_path / "joined").label_names
    assert found == tuple(dict.fromkeys(name for some in names for name in some))


def test_warnings_and_images_left_out_are_those_of_all_parts(tmp_path: Path) -> None:
    parts = [write(tmp_path / "a", range(3, 6)), write(tmp_path / "b", range(7, 12))]
    info = join_all(parts, tmp_path / "joined")
    assert [left.image_id for left in info.left_out] == ["image-4", "image-9"]
    odd, seldom = info.warnings
    assert (odd.kind, odd.count) == ("odd", 9)
    assert odd.examples == [f"image-{number}" for number in (4, 5, 7, 8, 10, 11)]
    assert (seldom.kind, seldom.count, seldom.examples) == ("seldom", 1, ["image-11"])


def test_no_more_than_ten_examples_of_a_warning_are_kept(tmp_path: Path) -> None:
    parts = [write(tmp_path / str(first), range(first, first + 9)) for first in (0, 9, 18)]
    (odd, _) = join_all(parts, tmp_path / "joined").warnings
    assert odd.count == sum(number % 3 for number in range(27))
    assert odd.examples == [f"image-{number}" for number in range(15) if number % 3]


def test_a_part_whose_images_are_all_left_out_adds_nothing_else(tmp_path: Path) -> None:
    parts = [write(tmp_path / name, numbers) for name, numbers in (("a", [4]), ("b", [1, 2]), ("c", [9]), ("d", []))]
    info = join_all(parts, tmp_path / "joined")
    assert info.counts == Corpus.open(tmp_path / "b").info.counts
    assert [left.image_id for left in info.left_out] == ["image-4", "image-9"]


def test_parts_that_hold_no_image_at_all_make_no_split_and_tell_why(tmp_path: Path) -> None:
    parts = [write(tmp_path / "a", [4]), write(tmp_path / "b", [9, 14])]
    problem = r"the split val has no usable image \(left out, missing detections: 3\)"
    with pytest.raises(DataError, match=problem):
        join_all(parts, tmp_path / "joined")
    assert not (tmp_path / "joined").exists()


def test_parts_whose_features_differ_in_length_are_refused(tmp_path: Path) -> None:
    parts = [write(tmp_path / "a", [0]), write(tmp_path / "b", [1], size=5), write(tmp_path / "c", [4])]
    with pytest.raises(DataError, match="the features of the split val, from hand, differ in length: 3, 5"):
        join_all(parts, tmp_path / "joined")
    assert not (tmp_path / "joined").exists()


@pytest.mark.parametrize("name", [*(f"{name}.npy" for name in ARRAYS), "labels.json", "phrases.parquet"])
def test_a_damaged_part_is_named_before_anything_is_written(tmp_path: Path, name: str) -> None:
    parts = [write(tmp_path / "a", [0]), write(tmp_path / "b", [1])]
    content = bytearray((parts[1] / name).read_bytes())
    content[-1] ^= 1
    (parts[1] / name).write_bytes(content)
    with pytest.raises(IntegrityError, match=f"b.{name}: the content has changed"):
        join_all(parts, tmp_path / "joined")
    (parts[1] / name).unlink()
    with pytest.raises(IntegrityError, match=f"b.{name}: missing"):
        join_all(parts, tmp_path / "joined")
    assert not (tmp_path / "joined").exists()


def test_a_part_that_was_never_finished_is_named(tmp_path: Path) -> None:
    parts = [write(tmp_path / "a", [0]), write(tmp_path / "b", [1])]
    (parts[1] / "corpus.json").unlink()
    with pytest.raises(DataError, match="b: no corpus here"):
        join_all(parts, tmp_path / "joined")


def test_every_part_is_told_when_it_is_in_the_empty_ones_too(tmp_path: Path) -> None:
    parts = [write(tmp_path / name, numbers) for name, numbers in (("a", [0]), ("b", [4]), ("c", [1]), ("d", [9]))]
    told: list[int] = []
    join(parts, tmp_path / "joined", joined=told.append)
    assert told[-1] == len(parts)
    assert told == sorted(told)


def test_the_joined_split_is_held_against_the_full_corpus(tmp_path: Path) -> None:
    origin = ORIGIN.model_copy(update={"source": "flickr30k", "rules": Rules.official})
    parts = [write(tmp_path / name, numbers, origin=origin) for name, numbers in (("a", [0, 4]), ("b", [1]))]
    info = join_all(parts, tmp_path / "joined")
    assert info.differences == [
        "3 images, where the full corpus has 1,000",
        f"{info.counts.phrases} phrases, where the full corpus has 14,433",
    ]


def test_scores_of_parts_are_joined_in_their_order(tmp_path: Path) -> None:
    parts = [write(tmp_path / str(first), range(first, first + 3), scores=True) for first in (0, 3)]
    join_all(parts, tmp_path / "whole")
    whole = Corpus.open(write(tmp_path / "at once", range(6), scores=True))
    joined = Corpus.open(tmp_path / "whole")
    assert joined.scores is not None and whole.scores is not None
    assert joined.scores.tolist() == whole.scores.tolist()


def test_parts_with_and_without_scores_are_refused(tmp_path: Path) -> None:
    parts = [write(tmp_path / "0", range(3), scores=True), write(tmp_path / "1", range(3, 6))]
    with pytest.raises(
        DataError, match="image image-3 of val: no scores of the detector, which image image-0 of val has"
    ):
        join_all(parts, tmp_path / "whole")
