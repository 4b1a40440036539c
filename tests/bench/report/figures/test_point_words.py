"""What a point of a figure says of itself."""

from __future__ import annotations

from math import nan

from bench.analysis.fraction import Fraction
from bench.report.figures.point_words import (
    accuracy_told,
    band_told,
    difference_told,
    epoch_told,
    trial_told,
    untrained_told,
)
from bench.stats import Estimate, Interval, Status

QUARTER = Fraction("0.25", 250, 0.25)
ACCURACY = Estimate(0.543, 0.01, 9.0, 0.521, 0.565, 0.0, Status.ok, seeds=5, images=300)
ALONE = Estimate(0.543, nan, nan, nan, nan, nan, Status.one_image, seeds=1, images=1)
GAIN = Estimate(0.023, 0.004, 9.0, 0.015, 0.031, 0.001, Status.ok, seeds=5, images=300)


def test_an_accuracy_is_told_with_system_amount_interval_and_seeds() -> None:
    assert accuracy_told("sprm", QUARTER, ACCURACY) == "sprm, 250 images (25 %): 54.3 % [52.1, 56.5], 5 seeds"


def test_an_accuracy_without_an_interval_is_told_alone() -> None:
    assert accuracy_told("sprm", QUARTER, ALONE) == "sprm, 250 images (25 %): 54.3 %, 1 seed"


def test_what_is_not_trained_has_no_amount() -> None:
    assert untrained_told("prior", ACCURACY) == "prior, not trained: 54.3 % [52.1, 56.5]"


def test_a_difference_has_its_sign() -> None:
    told = difference_told("sprm − prior", QUARTER, GAIN)
    assert told == "sprm − prior, 250 images (25 %): +2.3 points [+1.5, +3.1], 5 seeds"


def test_a_band_is_not_taken_for_an_interval() -> None:
    told = band_told("sprm", QUARTER, ACCURACY, Interval(0.518, 0.568))
    assert told == "sprm, 250 images (25 %): 54.3 %, band [51.8, 56.8], 5 seeds"
    assert band_told("sprm", QUARTER, ALONE, Interval(nan, nan)) == "sprm, 250 images (25 %): 54.3 %, 1 seed"


def test_one_trial_and_one_epoch_are_told_as_such() -> None:
    assert trial_told("sprm", QUARTER, 3, 0.549) == "sprm, 250 images (25 %), seed 3: 54.9 %"
    told = epoch_told("sprm", QUARTER, 3, "training loss 0.213", 5)
    assert told == "sprm, 250 images (25 %), epoch 3: training loss 0.213, mean of 5 seeds"
