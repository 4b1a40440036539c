from __future__ import annotations

import pickle
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sprm.corpus.corpus import Warnings
from sprm.corpus.detection import Detected
from sprm.corpus.detectors.principal_axes import fit
from sprm.corpus.detectors.projection import SAMPLE, ProjectedDetections, Projection, sample
from sprm.corpus.warnings import Tally
from sprm.errors import DataError, IntegrityError
from sprm.threads import torch_threads

PATH = Path("features.bin")


def detected(features: np.ndarray) -> Detected:
    count = len(features)
    boxes = np.tile(np.array([0.0, 0, 10, 10]), (count, 1))
    return Detected(100, 100, boxes, ["thing"] * count, features.astype(np.float16), PATH)


def drawn(rows: int = 400, size: int = 8, seed: int = 0) -> np.ndarray:
    """Features of other scales and means, which depend on each other."""
    draw = np.random.default_rng(seed)
    hidden = draw.standard_normal((rows, size)) * np.linspace(2, 0.3, size)
    mixed = hidden @ draw.standard_normal((size, size))
    return (mixed * draw.uniform(0.1, 5, size) + draw.uniform(-5, 5, size)).astype(np.float16)


def images(*features: np.ndarray) -> list[tuple[str, Detected]]:
    """Images 1, 2, ... with features each, or seven that share some features."""
    shares = features if len(features) > 1 else np.array_split(features[0], 7)
    return [(str(number), detected(own)) for number, own in enumerate(shares, start=1)]


def test_it_is_the_projection_of_standardised_features_divided_by_the_roots_of_the_deviations() -> None:
    features = drawn().astype(np.float64)
    found = fit(images(features), 3).apply(features, PATH, "image 1").astype(np.float64)
    standardised = (features - features.mean(axis=0)) / features.std(axis=0)
    _, values, axes = np.linalg.svd(standardised, full_matrices=False)
    expected = standardised @ axes[:3].T / np.sqrt(values[:3] / np.sqrt(len(features)))
    signs = np.sign((expected * found).sum(axis=0))
    np.testing.assert_allclose(found, expected * signs, atol=5e-3)
    # So the deviation of an axis is the root of what it was.
    np.testing.assert_allclose(found.std(axis=0), (values[:3] / np.sqrt(len(features))) ** 0.5, rtol=1e-3)


def test_the_same_regions_give_the_same_projection_on_any_number_of_threads() -> None:
    features = images(drawn(2000, 256))
    digests = []
    for threads in (1, 2):
        with torch_threads(threads):
            digests.append(fit(features, 8).digest)
    assert digests[0] == digests[1]


@given(scale=st.floats(0.25, 8), shift=st.floats(-8, 8), column=st.integers(0, 7))
def test_the_scale_and_zero_of_a_number_do_not_count(scale: float, shift: float, column: int) -> None:
    features = drawn()
    other = features.astype(np.float64)
    other[:, column] = other[:, column] * scale + shift
    one = fit(images(features), 4).apply(features, PATH, "image 1")
    two = fit(images(other), 4).apply(other, PATH, "image 1")
    np.testing.assert_allclose(one.astype(float), two.astype(float), atol=0.05)


def test_all_axes_keep_the_angles_of_whitened_halves_and_none_is_lost() -> None:
    features = drawn()
    projection = fit(images(features), 8)
    back = projection.apply(features, PATH, "image 1").astype(float) @ np.linalg.inv(projection.axes) + projection.mean
    np.testing.assert_allclose(back, features.astype(float), atol=0.1)


def test_the_same_features_give_the_same_projection_however_they_are_divided_into_images() -> None:
    features = drawn()
    one, two = fit(images(features), 4), fit([("1", detected(features))], 4)
    np.testing.assert_allclose(one.axes, two.axes, rtol=1e-8, atol=1e-10)
    assert one.digest == fit(images(features), 4).digest
    assert one.digest != fit(images(features), 3).digest
    assert one.digest != fit(images(drawn(seed=1)), 4).digest


def test_a_number_that_never_changes_counts_for_nothing() -> None:
    features = drawn()
    features[:, 2], features[:, 5] = 0, 7.3
    projection = fit(images(features), 6)
    changed = features.copy()
    changed[:, 2] = 1
    np.testing.assert_allclose(projection.axes[[2, 5]], 0, atol=1e-9)
    one, two = (projection.apply(some, PATH, "image 1") for some in (features, changed))
    np.testing.assert_array_equal(one, two)


def test_more_axes_than_numbers_are_refused() -> None:
    with pytest.raises(DataError, match=r"features\.bin: project: 9, but features have 8 numbers; expected at most 8"):
        fit(images(drawn()), 9)


def test_more_axes_than_the_features_vary_along_are_refused() -> None:
    features = drawn(rows=5)
    with pytest.raises(DataError, match=r"project: 6, but the training images' features vary along 4 axes only"):
        fit([("1", detected(features))], 6)
    with pytest.raises(DataError, match=r"project: 1, but the training images' features vary along 0 axes only"):
        fit([("1", detected(np.ones((4, 3))))], 1)


def test_training_images_without_any_region_are_refused() -> None:
    with pytest.raises(DataError, match="no training image has a region"):
        fit([], 2)


def test_features_of_another_length_are_refused() -> None:
    with pytest.raises(DataError, match=r"features\.bin, image 2: features of length 5, expected 8"):
        fit(images(drawn(), drawn(size=5)), 2)
    projection = fit(images(drawn()), 2)
    with pytest.raises(DataError, match=r"image 7: features of length 5, and the projection was fitted to 8"):
        projection.apply(drawn(size=5), PATH, "image 7")


def test_what_is_saved_comes_back_and_what_is_spoiled_is_told(tmp_path: Path) -> None:
    projection = fit(images(drawn()), 3)
    projection.save(tmp_path)
    assert Projection.open(tmp_path).digest == projection.digest
    (tmp_path / "projection.npz").write_bytes(b"spoiled")
    with pytest.raises(IntegrityError, match=r"projection\.npz"):
        Projection.open(tmp_path)


@given(st.integers(1, 3 * SAMPLE))
def test_the_sample_is_spread_evenly_over_the_images(count: int) -> None:
    ids = [str(number) for number in range(count)]
    found = [int(name) for name in sample(ids)]
    assert len(found) == min(count, SAMPLE)
    assert found[0] == 0
    gaps = np.diff([*found, count])
    assert gaps.min() >= 1
    assert gaps.max() - gaps.min() <= 1


class Stored:
    """Detections of two images that are at hand."""

    extractor = "a hand"

    def __init__(self, features: np.ndarray) -> None:
        self._features = features

    def part(self, image_ids: Sequence[str]) -> Stored:
        return self

    def passed_over(self, split: str) -> list[Warnings]:
        return [Warnings(kind=f"things in {split}", count=1, examples=["here"])]

    def __enter__(self) -> Stored:
        return self

    def __exit__(self, *about: object) -> None:
        return None

    def find(self, image_id: str, tally: Tally) -> Detected | None:
        return detected(self._features) if image_id == "1" else None


def test_detections_come_with_projected_features_and_say_so() -> None:
    features = drawn(20)
    features[4] = 0
    projection = fit(images(drawn()), 3)
    detections = ProjectedDetections(Stored(features), projection)
    assert detections.extractor == f"a hand; projected on 3 principal axes, sha256 {projection.digest[:16]}"
    assert detections.passed_over("val")[0].kind == "things in val"
    tally = Tally()
    with pickle.loads(pickle.dumps(detections.part(["1", "2"]))) as part:
        found = part.find("1", tally)
        assert part.find("2", tally) is None
    assert found is not None
    np.testing.assert_array_equal(found.features, projection.apply(features, PATH, "image 1"))
    assert found.features.shape == (20, 3)
    assert found.class_names == ["thing"] * 20
    (warning,) = tally.warnings()
    assert (warning.kind, warning.count) == ("regions whose features are all zero", 1)
