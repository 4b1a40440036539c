from __future__ import annotations

import math

import numpy as np
import pytest
from simulated_curve import AMOUNTS, LAW, drawn, exact

from bench.stats.curves.curve_bootstrap import crossed_resamples
from bench.stats.curves.curve_refusal import CurveStatus
from bench.stats.curves.learning_curve import LearningCurve, learning_curve
from bench.stats.curves.simultaneous_band import simultaneous_band


def curve_of(correct: np.ndarray, phrases: np.ndarray, *, amounts: int = 7, draws: int = 1000) -> LearningCurve:
    resamples = crossed_resamples(correct.shape[1], phrases, np.random.default_rng(7), draws)
    return learning_curve(correct[:amounts], AMOUNTS[:amounts], resamples)


def test_the_band_is_wider_than_each_interval_and_narrower_than_bonferroni_allows() -> None:
    curve = curve_of(*drawn(np.random.default_rng(1)))
    band = simultaneous_band(curve)
    assert 0.95 < band.level < 1 - 0.05 / (2 * len(AMOUNTS))
    for point, interval in zip(curve.points, band.intervals, strict=True):
        assert interval.low < point.low < point.high < interval.high
        assert (interval.low + interval.high) / 2 == pytest.approx(point.estimate)


def test_with_one_amount_the_band_is_about_the_interval_of_that_point() -> None:
    curve = curve_of(*drawn(np.random.default_rng(1)), amounts=1, draws=4000)
    (interval,) = simultaneous_band(curve).intervals
    assert interval.high == pytest.approx(curve.points[0].high, abs=0.003)


def test_amounts_that_always_stray_together_need_no_wider_band_than_one() -> None:
    (one, *_), phrases = exact()
    curve = curve_of(np.stack([one, one - 0.1, one - 0.2]), phrases, amounts=3, draws=4000)
    assert simultaneous_band(curve).level == pytest.approx(0.95, abs=0.01)


def test_a_curve_that_is_refused_still_has_a_band() -> None:
    curve = curve_of(*drawn(np.random.default_rng(1)), amounts=3)
    assert curve.status is CurveStatus.few_amounts
    assert simultaneous_band(curve).status is CurveStatus.ok


def test_the_same_generator_gives_the_same_band() -> None:
    one, other = (simultaneous_band(curve_of(*drawn(np.random.default_rng(1)))) for _ in range(2))
    assert one == other


def test_one_seed_has_a_band_over_images() -> None:
    assert simultaneous_band(curve_of(*exact(seeds=1))).status is CurveStatus.ok


@pytest.mark.parametrize(
    ("value", "images", "status"),
    [
        (math.nan, 20, CurveStatus.nan),
        (4.0, 20, CurveStatus.no_spread),
        (0.0, 20, CurveStatus.no_spread),
        (2.0, 1, CurveStatus.no_spread),
        (0.0, 0, CurveStatus.empty),
    ],
)
def test_outcomes_without_spread_have_no_band(value: float, images: int, status: CurveStatus) -> None:
    band = simultaneous_band(curve_of(np.full((7, 3, images), value), np.full(images, 4.0)))
    assert band.status is status
    assert math.isnan(band.level)
    assert all(math.isnan(interval.low) and math.isnan(interval.high) for interval in band.intervals)


def test_the_whole_true_curve_is_inside_far_more_often_than_inside_all_single_intervals() -> None:
    rng, truth = np.random.default_rng(2), LAW.predict(AMOUNTS)
    together, alone = [], []
    for _ in range(200):
        curve = curve_of(*drawn(rng, images=150), draws=300)
        band = simultaneous_band(curve)
        together.append(all(at.low <= true <= at.high for at, true in zip(band.intervals, truth, strict=True)))
        alone.append(all(at.low <= true <= at.high for at, true in zip(curve.points, truth, strict=True)))
    assert 0.89 <= np.mean(together) <= 0.99
    assert np.mean(alone) < 0.88
