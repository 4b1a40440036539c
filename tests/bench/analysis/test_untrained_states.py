"""A system that answers with random initial weights: a trial a seed, and one accuracy for all amounts of data."""

from __future__ import annotations

import numpy as np
import pytest
from hand_made_evidence import counts, evidence, study

from bench.analysis.comparisons import other_gains
from bench.analysis.curves import curve
from bench.analysis.evidence import Evidence
from bench.analysis.looks import seen_by
from bench.claims.better_than import BetterThanClaim
from bench.stats import two_way_difference, two_way_mean
from bench.systems.system import Role
from bench.trials.status import keys_of
from bench.verdicts.hypothesis import Decision
from bench.verdicts.judge import judge

PHRASES = np.full(80, 5)
START = counts(0.35, PHRASES, 5, 99)
RISING = study(0.4, {"sprm": (0.45, 0.55, 0.65)}, PHRASES)


def with_start(seeds: int = 5) -> Evidence:
    start = {"kind": "sprm", "untrained": True}
    return evidence({**RISING, ("start", 0.0): START[:seeds]}, PHRASES, more_systems={"start": start})


def test_it_has_a_trial_for_each_seed_and_none_for_a_fraction() -> None:
    own = [key for key in keys_of(with_start().protocol) if key.system == "start"]
    assert [(key.fraction, key.seed) for key in own] == [("0", seed) for seed in range(5)]
    assert "start" not in with_start().protocol.trained
    assert with_start().protocol.prior == "prior"


def test_its_accuracy_is_the_mean_over_seeds_with_their_spread() -> None:
    (point,) = (point for point in curve(with_start()) if point.system == "start")
    assert (point.fraction, point.seeds, point.role) == (None, (0, 1, 2, 3, 4), Role.prior)
    assert point.accuracy == two_way_mean(START, PHRASES)
    assert point.by_seed == pytest.approx(tuple(START.sum(axis=1) / PHRASES.sum()))
    assert point.seed_sd > 0


def test_what_is_trained_is_compared_with_it_seed_by_seed() -> None:
    found = other_gains(with_start(seeds=3))
    assert {(gain.system, gain.rival) for gain in found} == {("sprm", "start")}
    for gain in found:
        ours = RISING["sprm", gain.fraction.share][:3]
        assert gain.difference == two_way_difference(ours, START[:3], PHRASES)


def test_it_can_be_the_rival_of_a_claim() -> None:
    claim = BetterThanClaim(name="better", kind="better_than", system="sprm", rival="start")
    (verdict,) = judge([claim], with_start())
    assert verdict.decision is Decision.supported
    assert verdict.seeds == (0, 1, 2, 3, 4)


def test_a_look_sees_its_first_seeds() -> None:
    seen = seen_by(with_start(), 2)
    assert seen.outcomes.seeds("start", "0") == (0, 1)
    assert seen.outcomes.seeds("prior", "0") == (0,)
