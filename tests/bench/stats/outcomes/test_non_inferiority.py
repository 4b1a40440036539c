from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.weightstats import DescrStatsW

from bench.stats import Finding, Status, non_inferiority, smallest_competitive

SEEDS, IMAGES, PHRASES = 5, 400, 10


def system(accuracy: float, seed: int, run_sd: float = 0.003) -> np.ndarray:
    rng = np.random.default_rng(seed)
    by_run = accuracy + run_sd * rng.standard_normal((SEEDS, 1))
    return rng.binomial(PHRASES, np.broadcast_to(by_run, (SEEDS, IMAGES)))


def sizes() -> np.ndarray:
    return np.full(IMAGES, PHRASES)


@pytest.mark.parametrize(
    ("lost", "margin", "verdict"),
    [
        (0.0, 0.03, Finding.non_inferior),
        (0.03, 0.06, Finding.within_margin),
        (0.09, 0.03, Finding.inferior),
        (0.03, 0.03, Finding.inconclusive),
    ],
)
def test_the_verdict_says_on_which_side_of_the_margin_the_loss_lies(
    lost: float, margin: float, verdict: Finding
) -> None:
    found = non_inferiority(system(0.6, 1), system(0.6 - lost, 2), sizes(), margin)
    assert found.verdict is verdict
    assert found.verdict.is_competitive == (found.p < 0.05) == (found.at_most < margin)


def test_the_p_value_is_the_one_sided_t_of_the_distance_to_the_margin() -> None:
    found = non_inferiority(system(0.6, 1), system(0.59, 2), sizes(), 0.03)
    t = (found.loss.estimate - 0.03) / found.loss.se
    assert found.p == pytest.approx(stats.t.cdf(t, found.loss.df))
    assert found.at_most == pytest.approx(found.loss.estimate + stats.t.ppf(0.95, found.loss.df) * found.loss.se)


def test_when_only_seeds_vary_the_test_is_the_one_sided_t_test_of_statsmodels() -> None:
    losses = np.array([1, 2, 0, 1, 3])
    reference = np.repeat(np.full((5, 1), 8), 50, axis=1)
    found = non_inferiority(reference, reference - losses[:, None], np.full(50, 10), 0.3)
    _, p, _ = DescrStatsW(losses / 10).ttest_mean(0.3, alternative="smaller")
    assert found.p == pytest.approx(p)


def test_a_loss_of_exactly_nothing_cannot_be_tested() -> None:
    found = non_inferiority(system(0.6, 1), system(0.6, 1), sizes(), 0.02)
    assert (found.verdict, found.loss.status) == (Finding.not_testable, Status.constant)
    assert math.isnan(found.p)


def test_one_seed_gives_the_loss_and_no_verdict() -> None:
    found = non_inferiority(system(0.6, 1)[:1], system(0.6, 2)[:1], sizes(), 0.02)
    assert (found.verdict, found.loss.status) == (Finding.not_testable, Status.one_seed)


@pytest.mark.parametrize("margin", [-0.01, 1.0, math.nan])
def test_a_margin_that_is_not_a_share_is_refused(margin: float) -> None:
    with pytest.raises(ValueError, match="margin"):
        non_inferiority(system(0.6, 1), system(0.6, 2), sizes(), margin)


def test_the_sequence_goes_from_the_largest_fraction_down_and_keeps_the_last_success() -> None:
    curve = {0.1: system(0.5, 1), 1.0: system(0.6, 2), 0.5: system(0.6, 3), 0.25: system(0.595, 4)}
    found = smallest_competitive(curve, sizes(), 0.03)
    assert (found.reference, found.smallest) == (1.0, 0.25)
    assert [step.fraction for step in found.steps] == [0.5, 0.25, 0.1]
    assert [step.reached for step in found.steps] == [True, True, True]


def test_nothing_below_the_first_failure_is_decided_however_good_it_looks() -> None:
    curve = {0.1: system(0.6, 1), 0.5: system(0.5, 3), 1.0: system(0.6, 2)}
    found = smallest_competitive(curve, sizes(), 0.03)
    assert found.smallest is None
    assert [(step.fraction, step.reached) for step in found.steps] == [(0.5, True), (0.1, False)]
    assert found.steps[1].outcome.verdict.is_competitive


def test_a_fraction_that_cannot_be_tested_ends_the_sequence() -> None:
    missing = np.full((SEEDS, IMAGES), np.nan)
    found = smallest_competitive({0.1: system(0.6, 1), 0.5: missing, 1.0: system(0.6, 2)}, sizes(), 0.03)
    assert found.smallest is None
    assert not found.steps[1].reached


def test_one_fraction_alone_has_nothing_to_be_compared_with() -> None:
    found = smallest_competitive({1.0: system(0.6, 2)}, sizes(), 0.03)
    assert (found.steps, found.smallest) == ((), None)


def test_no_fraction_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        smallest_competitive({}, sizes(), 0.03)
