from __future__ import annotations

import shutil
from dataclasses import fields, is_dataclass
from pathlib import Path

import numpy as np
import pytest

from sprm.batches.encoding import encode
from sprm.batches.encoding_cache import encoded, load
from sprm.corpus.dataset import Dataset, open_dataset
from sprm.errors import DataError, IntegrityError
from sprm.settings import Rules


@pytest.fixture
def fresh(dataset: Dataset, tmp_path: Path) -> Dataset:
    """The hand-made study in a folder where nothing has been encoded, which a test may spoil."""
    shutil.copytree(dataset.folder, tmp_path / "study", ignore=shutil.ignore_patterns("encoded"))
    return open_dataset(tmp_path / "study")


def same(first: object, second: object) -> bool:
    if is_dataclass(first):
        return all(same(getattr(first, field.name), getattr(second, field.name)) for field in fields(first))
    assert isinstance(first, np.ndarray)
    assert isinstance(second, np.ndarray)
    return first.dtype == second.dtype and np.array_equal(first, second)


@pytest.mark.parametrize("heads", [True, False])
@pytest.mark.parametrize("locations", [True, False])
def test_what_is_mapped_is_what_was_encoded(fresh: Dataset, heads: bool, locations: bool) -> None:
    expected = encode(fresh.val, fresh.lexicon, Rules.corrected, heads=heads, locations=locations)
    for _ in range(2):
        found = encoded(fresh, "val", Rules.corrected, heads=heads, locations=locations)
        assert same(expected, found)


def test_a_split_is_encoded_once(fresh: Dataset) -> None:
    def times() -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in fresh.folder.glob("encoded/*/*/*")}

    encoded(fresh, "val", Rules.corrected, heads=True, locations=True)
    before = times()
    encoded(open_dataset(fresh.folder), "val", Rules.corrected, heads=True, locations=True)
    assert times() == before
    encoded(fresh, "val", Rules.corrected, heads=False, locations=True)
    assert len(times()) == 2 * len(before)


def test_scores_are_joined_to_the_coordinates_of_an_encoding_of_their_own(fresh: Dataset) -> None:
    scores = np.linspace(0, 1, len(fresh.val.boxes), dtype=np.float32)
    fields = {name: getattr(fresh.val, name) for name in fresh.val.__dataclass_fields__}
    plain = encode(fresh.val, fresh.lexicon, Rules.corrected)
    joined = encode(type(fresh.val)(**{**fields, "scores": scores}), fresh.lexicon, Rules.corrected, score=True)
    assert (plain.region_size + 1, plain.coordinates.shape[1]) == (joined.region_size, 5)
    np.testing.assert_array_equal(joined.coordinates[:, :5], plain.coordinates)
    np.testing.assert_allclose(joined.coordinates[:, 5], np.log(scores.astype(float) + 0.001), rtol=1e-6)
    encoded(fresh, "val", Rules.corrected, heads=True, locations=True)
    with pytest.raises(DataError, match="its detections have no scores"):
        encoded(fresh, "val", Rules.corrected, heads=True, locations=True, score=True)


def test_the_features_stay_mapped(fresh: Dataset) -> None:
    assert isinstance(encoded(fresh, "val", Rules.corrected, heads=True, locations=True).features, np.memmap)


@pytest.mark.parametrize("name", ["texts.words.npy", "concepts.npy", "region_labels.npy"])
def test_an_encoded_split_that_was_changed_is_encoded_again(fresh: Dataset, name: str) -> None:
    encoded(fresh, "val", Rules.corrected, heads=True, locations=True)
    (path,) = fresh.folder.glob(f"encoded/*/val/{name}")
    written = path.read_bytes()
    path.write_bytes(written[:-1] + bytes([written[-1] ^ 1]))
    encoded(fresh, "val", Rules.corrected, heads=True, locations=True, verify=True)
    assert path.read_bytes() == written
    path.unlink()
    encoded(fresh, "val", Rules.corrected, heads=True, locations=True)
    assert path.read_bytes() == written


def test_an_index_of_files_that_names_others_is_refused(fresh: Dataset) -> None:
    encoded(fresh, "val", Rules.corrected, heads=True, locations=True)
    (index,) = fresh.folder.glob("encoded/*/val/files.json")
    index.write_text('{"../../lexicon/vectors.npy": ""}')
    with pytest.raises(IntegrityError, match="names a file of another folder"):
        load(index.parent, fresh.folder / "val" / "features.npy")
