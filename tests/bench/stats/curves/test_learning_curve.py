from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from simulated_curve import AMOUNTS, LAW, drawn, exact

from bench.stats.calibration.simulation import System, simulated
from bench.stats.curves.curve_bootstrap import crossed_resamples
from bench.stats.curves.curve_refusal import CurveStatus
from bench.stats.curves.learning_curve import LearningCurve, Reach, learning_curve
from bench.stats.curves.power_law import PowerLaw

FULL = AMOUNTS[-1]


def fitted(
    correct: np.ndarray, phrases: np.ndarray, *, amounts: np.ndarray = AMOUNTS, draws: int = 400
) -> LearningCurve:
    return learning_curve(
        correct, amounts, crossed_resamples(correct[0].shape[0], phrases, np.random.default_rng(7), draws)
    )


def following(accuracies: list[float]) -> LearningCurve:
    """The curve of measured accuracies, one for each of as many of the amounts, with spread over images and seeds."""
    (one, *_), phrases = exact(PowerLaw(0.5, 0.0, 1.0))
    correct = one + phrases * (np.array(accuracies) - 0.5)[:, None, None]
    return fitted(correct, phrases, amounts=AMOUNTS[: len(accuracies)])


def test_a_curve_measured_exactly_is_recovered() -> None:
    curve = fitted(*exact())
    assert curve.status is CurveStatus.ok
    assert curve.law is not None
    assert (curve.law.c, curve.law.a, curve.law.b) == pytest.approx((LAW.c, LAW.a, LAW.b), rel=1e-6)
    assert [point.estimate for point in curve.points] == pytest.approx(LAW.predict(AMOUNTS).tolist())
    assert curve.limit.low <= LAW.c <= curve.limit.high


def test_without_a_fitted_curve_the_points_and_their_draws_are_joined_so_that_they_never_fall() -> None:
    curve = following([0.3, 0.5, 0.4, 0.6, 0.7])
    assert curve.law is None
    joined = curve.interpolation
    assert joined is not None
    assert joined.accuracies.shape == (1 + 400, 5)
    assert joined.accuracies[0].tolist() == pytest.approx([0.3, 0.45, 0.45, 0.6, 0.7])
    assert (np.diff(joined.accuracies) >= 0).all()


def test_beside_a_fitted_curve_and_of_a_single_amount_nothing_is_joined() -> None:
    assert fitted(*exact()).interpolation is None
    assert following([0.5]).interpolation is None


def test_predictions_are_marked_by_how_far_they_reach_and_end_at_twice_the_largest_amount() -> None:
    below, first, last, twice, beyond = fitted(*exact()).predict(
        [AMOUNTS[0] / 2, AMOUNTS[0], FULL, 2 * FULL, 2.01 * FULL]
    )
    assert [at.reach for at in (first, last, twice)] == [Reach.measured, Reach.measured, Reach.extrapolated]
    for at in (first, last, twice):
        assert at.accuracy == pytest.approx(float(LAW.predict(at.amount)), abs=1e-6)
        assert at.interval.low < at.accuracy < at.interval.high
    for at in (below, beyond):
        assert at.reach is Reach.refused
        assert all(math.isnan(value) for value in (at.accuracy, at.interval.low, at.interval.high))


def test_predictions_rise_and_stay_below_the_limit() -> None:
    curve = fitted(*drawn(np.random.default_rng(3)))
    assert curve.law is not None
    accuracies = [at.accuracy for at in curve.predict(np.geomspace(AMOUNTS[0], 2 * FULL, 30))]
    assert all(before < after for before, after in pairwise(accuracies))
    assert accuracies[-1] < curve.law.c


def test_a_generator_in_the_same_state_gives_the_same_curve_to_the_bit() -> None:
    one, other = (fitted(*drawn(np.random.default_rng(3))) for _ in range(2))
    assert one.drawn_laws.tobytes() == other.drawn_laws.tobytes()
    assert one.predict([FULL]) == other.predict([FULL])


def test_the_order_of_the_amounts_does_not_matter() -> None:
    correct, phrases = drawn(np.random.default_rng(3))
    order = np.random.default_rng(0).permutation(len(AMOUNTS))
    straight, shuffled = fitted(correct, phrases), fitted(correct[order], phrases, amounts=AMOUNTS[order])
    assert shuffled.fit == straight.fit
    assert shuffled.drawn_laws.tobytes() == straight.drawn_laws.tobytes()


def test_the_order_of_images_and_seeds_changes_nothing_but_the_luck_of_the_draws() -> None:
    correct, phrases = drawn(np.random.default_rng(3))
    rng = np.random.default_rng(0)
    seeds, images = rng.permutation(5), rng.permutation(len(phrases))
    straight = fitted(correct, phrases, draws=4000)
    shuffled = fitted(correct[:, seeds][:, :, images], phrases[images], draws=4000)
    assert straight.law is not None
    assert shuffled.law is not None
    assert (shuffled.law.c, shuffled.law.b) == pytest.approx((straight.law.c, straight.law.b), rel=1e-6)
    (one,), (other,) = straight.predict([FULL]), shuffled.predict([FULL])
    length = one.interval.high - one.interval.low
    assert other.interval.low == pytest.approx(one.interval.low, abs=0.06 * length)
    assert other.interval.high == pytest.approx(one.interval.high, abs=0.06 * length)


def test_images_without_phrases_change_no_point_and_no_fit() -> None:
    correct, phrases = exact()
    padded = fitted(np.pad(correct, ((0, 0), (0, 0), (0, 9))), np.pad(phrases, (0, 9)))
    assert padded.fit == fitted(correct, phrases).fit


def test_with_one_seed_the_interval_is_over_images_alone() -> None:
    curve = fitted(*exact(seeds=1))
    assert curve.status is CurveStatus.ok
    assert curve.predict([FULL])[0].interval.low < curve.predict([FULL])[0].accuracy


@pytest.mark.parametrize(
    ("accuracies", "status", "reason"),
    [
        ([0.4], CurveStatus.one_amount, "a single amount"),
        ([0.3, 0.4, 0.45, 0.47], CurveStatus.few_amounts, "4 amounts"),
        ([0.5] * 6, CurveStatus.constant, "0.5000 at every amount"),
        ([0.55, 0.54, 0.52, 0.50, 0.47, 0.45], CurveStatus.not_rising, "level"),
        ([0.25, 0.30, 0.34, 0.42, 0.52, 0.65, 0.75], CurveStatus.limit_at_bound, "accuracy of 1"),
        ([0.30, 0.55, 0.56, 0.56, 0.56, 0.56, 0.56], CurveStatus.exponent_at_bound, "exponent 2.00"),
        ([0.30, 0.45, 0.50, 0.53, 0.55, 0.56, 0.46], CurveStatus.poor_forecast, "apart, and chance explains"),
    ],
)
def test_a_curve_that_is_no_power_law_is_refused_with_a_reason(
    accuracies: list[float], status: CurveStatus, reason: str
) -> None:
    refused(following(accuracies), status, reason)


def test_missing_outcomes_are_refused() -> None:
    correct, phrases = exact()
    correct[2, 1, 3] = np.nan
    refused(fitted(correct, phrases), CurveStatus.nan, "not a number")


def test_an_amount_with_fewer_seeds_is_refused() -> None:
    correct, phrases = exact()
    resamples = crossed_resamples(5, phrases, np.random.default_rng(7))
    refused(learning_curve([*correct[:6], correct[6][:4]], AMOUNTS, resamples), CurveStatus.unequal_seeds, "4")


def test_a_single_image_is_refused() -> None:
    correct, _ = exact(images=1)
    refused(fitted(correct, np.array([4.0])), CurveStatus.no_spread, "no standard error")


def test_everything_wrong_at_one_amount_is_refused() -> None:
    correct, phrases = exact()
    correct[0] = 0
    refused(fitted(correct, phrases), CurveStatus.no_spread, "no standard error")


@pytest.mark.parametrize("value", [0.0, 4.0])
def test_everything_wrong_or_right_at_every_amount_is_constant(value: float) -> None:
    correct, phrases = exact()
    refused(fitted(np.full_like(correct, value), phrases), CurveStatus.constant, "every amount")


@pytest.mark.parametrize("phrases", [np.zeros(60), np.empty(0)])
def test_no_phrases_are_refused(phrases: np.ndarray) -> None:
    refused(fitted(np.zeros((7, 5, len(phrases))), phrases), CurveStatus.empty, "no outcomes")


def test_no_amounts_are_refused() -> None:
    resamples = crossed_resamples(5, [1, 2], np.random.default_rng(7))
    refused(learning_curve([], [], resamples), CurveStatus.empty, "no outcomes")


@pytest.mark.parametrize(
    ("amounts", "message"),
    [
        (AMOUNTS[:-1], "one amount for each of 7"),
        (AMOUNTS.round(-5), "each once"),
        (np.where(AMOUNTS == FULL, np.nan, AMOUNTS), "above 0"),
    ],
)
def test_amounts_that_do_not_fit_are_an_error(amounts: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        fitted(*exact(), amounts=amounts)


def shapes(accuracies: np.ndarray, seeds: int, images: int, studies: int) -> list[LearningCurve]:
    """Simulated studies of a system whose true accuracies are these."""
    systems = [System(lost=System().accuracy - accuracy, family="one") for accuracy in accuracies.tolist()]
    rng = np.random.default_rng(5)
    made = (simulated(systems, seeds, rng, images) for _ in range(studies))
    return [fitted(study.correct, study.phrases, draws=200) for study in made]


@pytest.mark.parametrize(
    ("seeds", "images"),
    [(3, 300), (5, 300), (10, 300), *(pytest.param(seeds, 1000, marks=pytest.mark.long) for seeds in (3, 5))],
)
def test_less_than_a_tenth_of_true_power_laws_is_refused_for_its_forecast(seeds: int, images: int) -> None:
    found = shapes(LAW.predict(AMOUNTS), seeds, images, studies=80)
    assert np.mean([curve.status is CurveStatus.poor_forecast for curve in found]) < 0.1


@pytest.mark.parametrize("seeds", [3, 5, 10])
@pytest.mark.parametrize(
    "accuracies",
    [
        [0.42, 0.42, 0.42, 0.43, 0.46, 0.52, 0.60],
        [0.40, 0.48, 0.50, 0.51, 0.52, 0.52, 0.60],
        [0.44, 0.44, 0.45, 0.45, 0.55, 0.55, 0.55],
        [0.47, 0.53, 0.55, 0.57, 0.57, 0.58, 0.51],
    ],
    ids=["late rise", "step at the end", "step in the middle", "fall at the end"],
)
def test_most_curves_of_another_shape_are_refused(accuracies: list[float], seeds: int) -> None:
    found = shapes(np.array(accuracies), seeds, 300, studies=25)
    assert np.mean([curve.law is None for curve in found]) > 0.8


def test_intervals_of_accepted_fits_contain_the_true_curve_in_most_simulated_studies() -> None:
    rng = np.random.default_rng(11)
    curves = [fitted(*drawn(rng, images=120), draws=300) for _ in range(80)]
    accepted = [curve for curve in curves if curve.law is not None]
    assert len(accepted) >= 70
    limits = [curve.limit.low <= LAW.c <= curve.limit.high for curve in accepted]
    at_full = [curve.predict([FULL])[0].interval for curve in accepted]
    assert np.mean(limits) >= 0.85
    assert np.mean([end.low <= LAW.predict(FULL) <= end.high for end in at_full]) >= 0.85


def refused(curve: LearningCurve, status: CurveStatus, reason: str) -> None:
    assert curve.status is status
    assert reason in curve.fit.reason
    assert curve.law is None
    assert not len(curve.drawn_laws)
    assert math.isnan(curve.limit.low)
    (at,) = curve.predict([FULL])
    assert at.reach is Reach.refused
    assert math.isnan(at.accuracy)
