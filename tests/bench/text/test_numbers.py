from __future__ import annotations

from math import nan

import pytest

from bench.analysis.fraction import Fraction
from bench.stats import Estimate, Status
from bench.text import numbers


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (0.0, "p < .001"),
        (0.0004, "p < .001"),
        (0.001, "p = .001"),
        (0.0112, "p = .011"),
        (0.05, "p = .050"),
        (0.0996, "p = .100"),
        (0.3949, "p = .39"),
        (0.99, "p = .99"),
        (0.9951, "p > .99"),
        (1.0, "p > .99"),
    ],
)
def test_p_values_are_never_rounded_to_0_or_1(p: float, text: str) -> None:
    assert numbers.p_statement(p) == text


@pytest.mark.parametrize(
    ("difference", "text"),
    [(0.0423, "+4.2"), (-0.0081, "−0.8"), (0.0, "0.0"), (-0.0001, "0.0"), (0.0001, "0.0"), (nan, "–")],
)
def test_differences_bear_their_sign_and_nothing_has_none(difference: float, text: str) -> None:
    assert numbers.signed(difference) == text


@pytest.mark.parametrize(("margin", "text"), [(0.02, "2"), (0.015, "1.5"), (0.0, "0"), (0.1, "10"), (0.005, "0.5")])
def test_margins_have_no_more_decimals_than_they_were_given(margin: float, text: str) -> None:
    assert numbers.exact_points(margin) == text


@pytest.mark.parametrize(
    ("fraction", "text"),
    [
        (Fraction("0.25", 250, 0.25), "250 images (25 %)"),
        (Fraction("1", 29783, 1.0), "all 29,783 images"),
        (Fraction("1-images", 1, 0.001), "1 image (0.1 %)"),
    ],
)
def test_amounts_of_data_are_images_and_their_share(fraction: Fraction, text: str) -> None:
    assert numbers.amount(fraction) == text


@pytest.mark.parametrize(
    ("words", "text"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_words_are_joined_as_in_a_sentence(words: list[str], text: str) -> None:
    assert numbers.listed(words) == text


def test_the_interval_of_an_accuracy_is_cut_at_0_and_100_and_absent_when_there_is_none() -> None:
    assert numbers.interval(Estimate(0.05, 0.2, 1.2, -0.31, 0.4, nan, Status.ok, 2, 9)) == "[0.0, 40.0]"
    assert numbers.interval(Estimate(0.95, 0.2, 1.2, 0.5, 1.3, nan, Status.ok, 2, 9)) == "[50.0, 100.0]"
    assert numbers.interval(Estimate(1.0, 0.0, nan, nan, nan, nan, Status.constant, 2, 9)) == "–"
