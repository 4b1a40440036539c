from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sprm.corpus.annotation import PhraseRecord, SentenceRecord
from sprm.corpus.corpus import Corpus, LeftOut, Origin, Warnings
from sprm.corpus.writer import CorpusWriter, ImageRecord
from sprm.errors import DataError, IntegrityError
from sprm.settings import Rules

SIZE = 5
ORIGIN = Origin(source="test", split="val", rules=Rules.corrected, extractor="hand", heads="rule")
PHRASE = PhraseRecord("A man\N{BICYCLE}", "people/other", 0b100001, (1.0, 2.0, 30.5, 40.0))
HEADS = {PHRASE.text: ["man"]}


def an_image(number: int = 0, regions: int = 2) -> ImageRecord:
    features = np.random.default_rng(number).standard_normal((regions, SIZE)).astype(np.float16)
    return ImageRecord(
        image_id=f"image-{number}",
        width=64,
        height=48,
        boxes=np.arange(4 * regions, dtype=np.float64).reshape(regions, 4),
        class_names=[f"class {(number + row) % 3}" for row in range(regions)],
        features=features,
        sentences=[SentenceRecord(f"image-{number}#{n}", [PHRASE] * (n + 1)) for n in range(2)],
    )


def scored(image: ImageRecord) -> ImageRecord:
    return dataclasses.replace(image, scores=np.linspace(1, 0, len(image.boxes), dtype=np.float32))


def write(folder: Path, images: list[ImageRecord]) -> Path:
    with CorpusWriter(folder, ORIGIN) as writer:
        for image in images:
            writer.add(image, HEADS)
        writer.finish(
            warnings=[Warnings(kind="odd", count=1, examples=["image-0"])],
            left_out=[LeftOut(image_id="image-9", reason="detections")],
        )
    return folder


@given(st.lists(st.integers(1, 6), min_size=1, max_size=7))
def test_what_is_written_comes_back_ragged_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, counts: list[int]
) -> None:
    images = [an_image(number, regions) for number, regions in enumerate(counts)]
    corpus = Corpus.open(write(tmp_path_factory.mktemp("corpus") / "val", images))
    assert np.diff(corpus.offsets).tolist() == counts
    for row, image in enumerate(images):
        regions = corpus.regions_of(row)
        np.testing.assert_array_equal(corpus.features[regions], image.features.astype(np.float16))
        np.testing.assert_array_equal(corpus.boxes[regions], image.boxes)
        assert [corpus.label_names[label] for label in corpus.labels[regions]] == image.class_names
    assert list(corpus.images.itertuples(index=False, name=None)) == [(i.image_id, 64, 48) for i in images]
    assert corpus.sentences["image"].tolist() == [row for row in range(len(images)) for _ in range(2)]
    assert corpus.phrases["sentence"].tolist() == [
        s for row in range(len(images)) for s in (2 * row, *[2 * row + 1] * 2)
    ]


def test_a_corpus_says_what_it_holds(tmp_path: Path) -> None:
    corpus = Corpus.open(write(tmp_path / "val", [an_image(0, 2), an_image(1, 3)]))
    assert corpus.info.counts.model_dump() == {"images": 2, "sentences": 4, "phrases": 6, "regions": 5}
    assert corpus.info.feature_size == SIZE
    assert corpus.info.left_out == [LeftOut(image_id="image-9", reason="detections")]
    assert corpus.info.warnings[0].examples == ["image-0"]
    assert tuple(corpus.phrases.iloc[0]) == (
        0,
        "A man\N{BICYCLE}",
        "people/other",
        "man",
        0b100001,
        1.0,
        2.0,
        30.5,
        40.0,
    )
    kinds = {
        name: str(kind) for name, kind in corpus.phrases.dtypes.items() if name not in ("text", "category", "head")
    }
    assert kinds == {"sentence": "int32", "locations": "uint8"} | dict.fromkeys(("x1", "y1", "x2", "y2"), "float32")


def test_arrays_are_mapped_from_disk_and_cannot_be_written(tmp_path: Path) -> None:
    corpus = Corpus.open(write(tmp_path / "val", [an_image()]))
    for array in (corpus.features, corpus.boxes, corpus.labels, corpus.offsets):
        assert isinstance(array, np.memmap)
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_the_same_images_give_the_same_bytes(tmp_path: Path) -> None:
    images = [an_image(0), an_image(1)]
    one, two = (Corpus.open(write(tmp_path / name, images)) for name in "ab")
    assert one.info == two.info
    assert one.fingerprint == two.fingerprint
    other = Corpus.open(write(tmp_path / "c", images[::-1]))
    assert other.fingerprint != one.fingerprint


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"class_names": ["dog"]}, "2 boxes, 1 classes, 2 feature vectors"),
        ({"features": np.ones((3, SIZE))}, "2 boxes, 2 classes, 3 feature vectors"),
        ({"features": np.ones((2, SIZE + 1))}, "features of length 6, expected 5"),
        ({"boxes": np.ones((0, 4)), "class_names": [], "features": np.ones((0, SIZE))}, "0 boxes"),
    ],
)
def test_an_image_that_contradicts_itself_or_the_others_is_refused(
    tmp_path: Path, changes: dict[str, object], problem: str
) -> None:
    with pytest.raises(DataError, match=f"image image-1: {problem}"):
        write(tmp_path / "val", [an_image(0), dataclasses.replace(an_image(1), **changes)])
    with pytest.raises(DataError, match="no corpus here"):
        Corpus.open(tmp_path / "val")


def test_a_corpus_whose_files_do_not_fit_together_is_refused_even_unverified(tmp_path: Path) -> None:
    small, large = write(tmp_path / "small", [an_image(0)]), write(tmp_path / "large", [an_image(0), an_image(1)])
    for name in ("features.npy", "offsets.npy", "sentences.parquet"):
        good = (large / name).read_bytes()
        (large / name).write_bytes((small / name).read_bytes())
        with pytest.raises(IntegrityError, match=f"{name}: expected"):
            Corpus.open(large, verify=False)
        (large / name).write_bytes(good[:50])
        with pytest.raises(IntegrityError, match="a file of the corpus cannot be read"):
            Corpus.open(large, verify=False)
        (large / name).write_bytes(good)
    np.save(large / "offsets.npy", np.array([0, 4, 4]))
    with pytest.raises(IntegrityError, match="the offsets do not divide the regions"):
        Corpus.open(large, verify=False)


@pytest.mark.parametrize("content", ["", "{}", "[1, 2]", '{"schema_version": "one"}'])
def test_a_spoiled_description_is_refused(tmp_path: Path, content: str) -> None:
    folder = write(tmp_path / "val", [an_image()])
    (folder / "corpus.json").write_text(content)
    with pytest.raises(IntegrityError, match=r"corpus\.json: not a corpus of this version"):
        Corpus.open(folder)


def test_opening_a_corpus_imports_no_torch(tmp_path: Path) -> None:
    folder = write(tmp_path / "val", [an_image()])
    code = (
        "import sys, pathlib, sprm.corpus.build.prepare; from sprm.corpus.corpus import Corpus;"
        "Corpus.open(pathlib.Path(sys.argv[1])); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, str(folder)], check=True)


def test_scores_come_back_as_they_were_and_are_absent_where_none_are_known(tmp_path: Path) -> None:
    corpus = Corpus.open(write(tmp_path / "scored", [scored(an_image(0, 3)), scored(an_image(1, 2))]))
    assert corpus.scores is not None
    assert corpus.scores.tolist() == [1, 0.5, 0, 1, 0]
    assert corpus.info.has_scores
    assert Corpus.open(write(tmp_path / "plain", [an_image()])).scores is None


def test_changed_scores_are_noticed(tmp_path: Path) -> None:
    folder = write(tmp_path, [scored(an_image())])
    np.save(folder / "scores.npy", np.zeros(2, dtype=np.float32))
    with pytest.raises(IntegrityError, match=r"scores\.npy"):
        Corpus.open(folder)


@pytest.mark.parametrize("first", [True, False])
def test_scores_of_some_images_alone_are_refused(tmp_path: Path, first: bool) -> None:
    images = [an_image(0), an_image(1)]
    images[0 if first else 1] = scored(images[0 if first else 1])
    with pytest.raises(DataError, match=r"image image-1: .*scores of the detector, which image image-0 has"):
        write(tmp_path, images)


def test_scores_of_another_number_than_the_regions_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="2 regions, but 3 scores"):
        write(tmp_path, [dataclasses.replace(an_image(), scores=np.ones(3, dtype=np.float32))])
