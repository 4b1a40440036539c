from __future__ import annotations

import math

import numpy as np
import pytest
from simulated_curve import drawn

from bench.stats.curves.curve_bootstrap import crossed_resamples, interval_of
from bench.stats.outcomes.bootstrap import crossed_draws


def test_systems_drawn_one_after_the_other_are_drawn_as_if_together() -> None:
    correct, phrases = drawn(np.random.default_rng(1), images=40)
    resamples = crossed_resamples(5, phrases, np.random.default_rng(2), draws=300)
    together = resamples.accuracies(list(correct))
    for at, counts in enumerate(correct):
        assert (resamples.accuracies([counts])[:, 0] == together[:, at]).all()


def test_a_system_drawn_against_itself_never_differs_and_two_sets_of_draws_do() -> None:
    correct, phrases = drawn(np.random.default_rng(1), images=40)
    rng = np.random.default_rng(2)
    one, other = crossed_resamples(5, phrases, rng), crossed_resamples(5, phrases, rng)
    assert (one.accuracies([correct[0]]) == one.accuracies([correct[0]])).all()
    assert (one.accuracies([correct[0]]) != other.accuracies([correct[0]])).any()
    assert one != other


def test_the_draws_are_those_of_the_crossed_bootstrap() -> None:
    correct, phrases = drawn(np.random.default_rng(1), images=40)
    resamples = crossed_resamples(5, phrases, np.random.default_rng(2), draws=300)
    expected = crossed_draws(list(correct), phrases, np.random.default_rng(resamples.origin), 300)
    assert (resamples.accuracies(list(correct)) == expected).all()


def test_the_same_generator_gives_equal_resamples() -> None:
    one, other = (crossed_resamples(3, [1, 2], np.random.default_rng(4)) for _ in range(2))
    assert one == other


def test_an_interval_holds_the_central_95_percent_of_draws_and_without_any_has_no_ends() -> None:
    found = interval_of(np.empty(0))
    assert math.isnan(found.low)
    assert math.isnan(found.high)
    ends = interval_of(np.arange(1001.0))
    assert (ends.low, ends.high) == pytest.approx((25, 975))


@pytest.mark.parametrize(
    ("seeds", "phrases", "draws", "message"),
    [
        (0, [1, 2], 10, "at least one seed"),
        (3, [1, 2], 0, "one draw"),
        (3, [1, -2], 10, "at least 0"),
        (3, [[1, 2]], 10, "phrases"),
    ],
)
def test_draws_from_nothing_are_refused(seeds: int, phrases: object, draws: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        crossed_resamples(seeds, phrases, np.random.default_rng(0), draws)  # type: ignore[arg-type]
