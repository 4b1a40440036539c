from __future__ import annotations

from dataclasses import astuple
from math import isnan

import numpy as np
import pandas as pd
import pytest
from hand_made_evidence import evidence

from bench.analysis.phrase_properties import PropertyPoint, phrase_properties
from bench.analysis.phrase_strata import BINS, NO_BIN, NO_BOX, Property, phrase_strata
from bench.stats import Status, two_way_mean
from bench.store.test_split import SubsetKey, TestSplit, TestSplitIndex

PHRASES = [
    # image, target's share of its area, words, head, overlap of the best box, boxes with its label
    (0, 0.0025, 1, "man", 0.9, 3),
    (0, 0.0225, 2, "dog", 0.5, 1),
    (0, 0.09, 3, "men", 0.49, 3),
    (1, 0.25, 4, "cat", 0.7, 1),
    (1, 0.64, 5, "", 0.8, 1),
    (2, 0.01, 9, "ball", 0.6, 6),
]
IN_LABELS = [True, False, False, True, False, True]
"""Whether the detector has a label with the head; the last but one has no head."""
HEADS = [("man", 0, "0.1", 9), ("dog", 0, "0.1", 10), ("man", 1, "0.1", 1000), ("cat", 1, "0.1", 1)]


def described(heads: list[tuple[str, int, str, int]] = HEADS) -> TestSplit:
    columns = ["image", "area", "words", "head", "best_iou", "same_label"]
    subsets = tuple(SubsetKey(seed=seed, fraction=label, sha256="") for label in ("0.1", "0.5", "1") for seed in (0, 1))
    return TestSplit(
        index=TestSplitIndex(corpus="", test="", subsets=subsets, examples=(), pictures=()),
        images=pd.DataFrame({"image_id": ["a", "b", "c"], "width": 100, "height": 100}),
        regions=pd.DataFrame({"image": [], "label": []}),
        phrases=pd.DataFrame(PHRASES, columns=columns).assign(in_labels=IN_LABELS),
        heads=pd.DataFrame(heads, columns=["head", "seed", "fraction", "phrases"]),
        pictures={},
    )


def named(name: Property, bins: np.ndarray) -> list[str | None]:
    return [None if place == NO_BIN else BINS[name][place] for place in bins]


@pytest.mark.parametrize(
    ("name", "bins"),
    [
        (Property.same_label, ["3", "1", NO_BOX, "1", "1", "5+"]),
        (Property.words, ["1", "2", "3", "4", "5+", "5+"]),
        (Property.size, ["< 1 %", "1–5 %", "5–15 %", "15–40 %", "≥ 40 %", "1–5 %"]),
        (Property.noun, ["yes", "no", "no", "yes", None, "yes"]),
    ],
)
def test_phrases_fall_into_bins_as_counted_by_hand(name: Property, bins: list[str]) -> None:
    assert named(name, phrase_strata(described()).fixed[name]) == bins


def test_heads_of_crossed_seeds_are_counted_in_the_subset_that_each_has() -> None:
    # Number 3 is subset 1 with initialisation 1.
    correct = {0: [2, 1, 0], 3: [1, 2, 1]}
    crossed = {"subsets": 2, "initialisations": 2}
    own, same = (
        phrase_properties(evidence({("sprm", 0.1): rows}, [3, 2, 1], seeds=seeds), described())
        for rows, seeds in ((correct, crossed), ({0: correct[0], 1: correct[3]}, 2))
    )
    assert any(point.property is Property.head for point in own)
    assert [point.accuracy for point in own] == [point.accuracy for point in same]
    assert [point.phrases for point in own] == [point.phrases for point in same]


def test_heads_are_counted_in_the_subset_of_each_seed_and_a_phrase_without_one_has_no_bin() -> None:
    first, second = phrase_strata(described()).heads("0.1", [0, 1])
    assert named(Property.head, first) == ["1–9", "10–99", "0", "0", None, "0"]
    assert named(Property.head, second) == ["1,000+", "0", "0", "1–9", None, "0"]


def found(*systems: str) -> tuple[PropertyPoint, ...]:
    """Points of a run of two seeds on these phrases; answers are right from the first phrase of an image on."""
    sizes = [3, 2, 1]
    outcomes = {
        ("prior", 0.0): [[1, 1, 0]],
        ("sprm", 0.1): [[1, 0, 0], [2, 1, 1]],
        ("sprm", 1.0): [[3, 2, 1], [2, 2, 1]],
    }
    kept = {cell: own for cell, own in outcomes.items() if cell[0] in systems}
    return phrase_properties(evidence(kept, sizes, seeds=2), described())


def at(points: tuple[PropertyPoint, ...], name: Property, label: str, system: str, images: int) -> PropertyPoint:
    (own,) = (
        point
        for point in points
        if (point.property, point.bin, point.system) == (name, label, system)
        and (point.fraction or point.subset) is not None
        and images in (getattr(point.fraction, "images", 0), getattr(point.subset, "images", 0))
    )
    return own


def test_accuracy_on_a_bin_is_that_of_its_phrases_by_hand() -> None:
    points = found("prior", "sprm")
    # The two phrases with box counts of 1 in image 1 are its only ones: right 0 and 1 of 2; in image 0 the second.
    alone = at(points, Property.same_label, "1", "sprm", 100)
    assert alone.phrases == 3
    assert alone.accuracy.estimate == pytest.approx((0 + 0 + 1 + 1) / 6)
    expected = two_way_mean([[0, 0], [1, 1]], [1, 2])
    assert astuple(alone.accuracy)[:5] == pytest.approx(astuple(expected)[:5])
    unfit = at(points, Property.same_label, NO_BOX, "sprm", 1000)
    assert (unfit.phrases, unfit.accuracy.estimate) == (1, 0.5)


def test_by_heads_each_training_has_phrases_of_its_own() -> None:
    points = found("prior", "sprm")
    rare = at(points, Property.head, "1–9", "sprm", 100)
    # Seed 0 has the first phrase of image 0, and seed 1 the first of image 1; both get theirs right.
    assert (rare.phrases, rare.accuracy.estimate) == (1, 1.0)
    none = at(points, Property.head, "0", "sprm", 100)
    assert none.phrases == 3
    # Seed 0: third of image 0, first of image 1 and the ball, all wrong; seed 1: the second of image 0 right, the third
    # wrong, the ball right.
    assert none.accuracy.estimate == pytest.approx(2 / 6)
    of_prior = at(points, Property.head, "0", "prior", 100)
    # Seed 0: wrong, right, wrong; seed 1: wrong, wrong, wrong.
    assert of_prior.accuracy.estimate == pytest.approx(1 / 6)


def test_the_prior_and_the_ends_of_each_trained_system_are_judged() -> None:
    points = found("prior", "sprm")
    cells = {(point.system, point.fraction and point.fraction.images) for point in points}
    assert cells == {("prior", None), ("sprm", 100), ("sprm", 1000)}
    prior = [point for point in points if point.system == "prior" and point.property is Property.words]
    assert all(point.accuracy.status in (Status.identical_seeds, Status.one_image, Status.constant) for point in prior)
    assert {point.subset and point.subset.images for point in points if point.property is Property.head} == {100, 1000}


def test_without_a_prior_the_trained_systems_are_judged_alone() -> None:
    assert {point.system for point in found("sprm")} == {"sprm"}


def test_a_subset_whose_heads_were_not_counted_is_left_out() -> None:
    split = described()
    index = split.index.model_copy(update={"subsets": split.index.subsets[:1]})
    partly = TestSplit(index, split.images, split.regions, split.phrases, split.heads, {})
    points = phrase_properties(evidence({("sprm", 0.1): [[1, 0, 0], [2, 1, 1]]}, [3, 2, 1], seeds=2), partly)
    own = at(points, Property.head, "1–9", "sprm", 100)
    assert (own.accuracy.seeds, own.phrases) == (1, 1)


def test_without_a_description_or_with_one_of_other_phrases_there_is_nothing() -> None:
    run = evidence({("sprm", 1.0): [[1, 0], [2, 1]]}, [2, 2], seeds=2)
    assert phrase_properties(run, None) == ()
    assert phrase_properties(run, described()) == ()


def test_a_bin_without_phrases_is_left_out() -> None:
    assert not any(isnan(point.accuracy.estimate) for point in found("prior", "sprm"))
