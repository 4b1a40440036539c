"""Claims at the looks of a group-sequential plan: their seeds, their level, and when all is decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hand_made_evidence import ABOVE, BETTER, CLAIMS, KEEPS, ROBUST, SAVES, SMALL, TRAINED, counts, evidence, study
from made_verdicts import NONE, NOT_SHOWN, OPEN, UNDEFINED, YES
from numpy.typing import NDArray

from bench.analysis.evidence import Evidence
from bench.analysis.looks import reached, seen_by
from bench.claims.retains import NO_GAIN
from bench.protocol.claim import Claim
from bench.stats import Look, two_way_difference
from bench.trials.status import TrialProgress, TrialStatus, keys_of
from bench.verdicts.hypothesis import Decision
from bench.verdicts.judge import judge, judge_at
from bench.verdicts.statement import qualifications, statement
from bench.verdicts.stopping import Standing, as_needed, standing
from bench.verdicts.verdict import Verdict

LOOKS = (4, 6, 8)
PHRASES = np.random.default_rng(5).integers(3, 12, 60)
LEVELS = {name: (0.55, 0.68, 0.7) for name in ("sprm", "last-epoch", "equal-steps")} | {"refinement": (0.2, 0.3, 0.4)}
Outcomes = dict[tuple[str, float], NDArray[np.float64]]


def complete(prior: float, levels: Mapping[str, Sequence[float]]) -> Outcomes:
    """Draw outcomes of eight seeds of every system."""
    return study(prior, levels, PHRASES, 8) | {("oracle", 0.0): counts(0.9, PHRASES, 1, 99)}


def alike(*levels: float) -> dict[str, Sequence[float]]:
    return dict.fromkeys(TRAINED, levels)


ALL = complete(0.4, LEVELS)
CLOSE = complete(0.4, alike(0.45, 0.45, 0.46))


def of_seeds(seeds: int, outcomes: Outcomes = ALL, looks: tuple[int, ...] = LOOKS) -> Evidence:
    """Evidence of the first so many seeds of a plan."""
    first = {cell: rows[:seeds] for cell, rows in outcomes.items()}
    return evidence(first, PHRASES, seeds=8, looks=looks)


def held(found: Evidence, claims: tuple[Claim, ...]) -> Evidence:
    return replace(found, protocol=found.protocol.model_copy(update={"claims": claims}))


def named(verdicts: tuple[Verdict, ...]) -> dict[str, Verdict]:
    return {verdict.claim.name: verdict for verdict in verdicts}


@pytest.mark.parametrize(("seeds", "number"), [(0, 0), (3, 0), (4, 1), (5, 1), (6, 2), (7, 2), (8, 3)])
def test_a_look_is_reached_when_each_of_its_trials_is_complete(seeds: int, number: int) -> None:
    found = reached(of_seeds(seeds))
    assert found == tuple(Look(LOOKS, each) for each in range(1, number + 1))


def test_one_missing_trial_or_a_missing_prior_holds_a_look_back() -> None:
    gap = ALL | {("sprm", 0.5): {seed: row for seed, row in enumerate(ALL["sprm", 0.5]) if seed != 4}}
    assert reached(evidence(gap, PHRASES, seeds=8, looks=LOOKS)) == (Look(LOOKS, 1),)
    without = {cell: rows for cell, rows in ALL.items() if cell != ("prior", 0.0)}
    assert reached(evidence(without, PHRASES, seeds=8, looks=LOOKS)) == ()


def test_without_a_plan_there_is_one_look_with_all_seeds_whatever_is_complete() -> None:
    assert reached(of_seeds(2, looks=())) == (Look((8,), 1),)


def test_what_was_seen_by_a_look_has_its_seeds_and_all_that_is_not_trained() -> None:
    seen = seen_by(of_seeds(8), 4)
    assert seen.outcomes.seeds("sprm", "1") == (0, 1, 2, 3)
    assert seen.outcomes.seeds("prior", "0") == (0,)
    assert {key.system for key in seen_by(of_seeds(8), 0).outcomes.answers} == {"prior", "oracle"}


def test_before_the_first_look_nothing_is_decided_and_no_number_told() -> None:
    for verdict in judge(CLAIMS, of_seeds(3)):
        told = [verdict.claimed(), statement(verdict), *qualifications(verdict)]
        if verdict.claim is not ROBUST:
            assert "no look of the plan is complete yet; the first needs every trial of 4 seeds" in told[1]
        assert verdict.decision is NONE
        assert verdict.look is None
        assert not any("complete trials for every fraction" in line for line in told)
        assert np.isnan(verdict.estimate)
        assert not any(UNDEFINED.search(line) or NOT_SHOWN.search(line) for line in told)


def test_claims_are_judged_on_the_seeds_of_the_latest_look_though_more_are_there() -> None:
    for found in (judge(CLAIMS, of_seeds(7)), judge_at(Look(LOOKS, 2), CLAIMS, of_seeds(8))):
        for verdict in found:
            assert verdict.seeds == (0, 1, 2, 3, 4, 5)
            assert verdict.seeds_planned == 8
            assert verdict.look == Look(LOOKS, 2)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_numbers_of_a_lead_are_those_of_its_look(number: int) -> None:
    look = Look(LOOKS, number)
    (verdict,) = judge_at(look, [BETTER], of_seeds(8))
    for hypothesis, value in zip(verdict.hypotheses, (0.1, 0.5, 1.0), strict=True):
        prior = np.repeat(ALL["prior", 0.0], look.seeds, axis=0)
        found = two_way_difference(ALL["sprm", value][: look.seeds], prior, PHRASES, look)
        assert [hypothesis.low, hypothesis.high] == pytest.approx([found.low, found.high])
        assert hypothesis.basis.p == pytest.approx(found.p)
        assert hypothesis.p == pytest.approx(look.two_sided_p(found.p))
        assert hypothesis.confidence == 0.95
        # The interval excludes 0 exactly when the look rejects it, for a family of one.
        assert (hypothesis.p < 0.05) == (hypothesis.low > 0 or hypothesis.high < 0)


def test_a_loss_is_decided_as_its_sequential_p_value_and_its_repeated_bound_say() -> None:
    for number in (1, 2, 3):
        (verdict,) = judge_at(Look(LOOKS, number), [SMALL], of_seeds(8))
        for hypothesis in verdict.hypotheses:
            assert (hypothesis.decision is YES) == (hypothesis.p < 0.05) == (hypothesis.high < SMALL.margin)
            assert (hypothesis.decision is Decision.refuted) == (hypothesis.p_against < 0.05)


def test_what_two_looks_decide_differs_only_by_what_each_may_spend() -> None:
    """On the same seeds, an earlier look is the stricter one."""
    strict, lax = (judge_at(Look(looks, 1), [SMALL], of_seeds(8))[0] for looks in ((8, 100), (8, 9)))
    for early, late in zip(strict.hypotheses, lax.hypotheses, strict=True):
        assert early.estimate == late.estimate
        assert early.low < late.low < late.high < early.high
        assert early.p > late.p


def test_a_verdict_says_at_which_look_it_was_reached_and_what_its_intervals_are() -> None:
    for verdict in judge(CLAIMS, of_seeds(4)):
        told = [line for line in qualifications(verdict) if "look 1 of 3" in line]
        if verdict.hypotheses:
            assert told == [
                "This claim is judged at look 1 of 3 of the plan, with 4 of 8 seeds. Its intervals are repeated "
                "confidence intervals and its p-values are sequential: both hold over all looks."
            ]
            assert verdict.method.endswith("at the nominal level of its look, by O'Brien-Fleming-type alpha spending")
        assert not any("complete trials for every fraction" in line for line in qualifications(verdict))


def test_without_a_plan_no_verdict_speaks_of_looks() -> None:
    for verdict in judge(CLAIMS, of_seeds(8, looks=())):
        told = " ".join([statement(verdict), *qualifications(verdict), verdict.method])
        assert "look" not in told.replace("looks", "look")
        assert verdict.look is None


def test_the_power_that_is_told_is_that_of_the_look_and_the_seeds_needed_those_of_the_last() -> None:
    close = complete(0.4, alike(0.5, 0.5, 0.52))
    claim = SMALL.model_copy(update={"margin": 0.02})
    detected = []
    for number in (1, 2, 3):
        (verdict,) = judge_at(Look(LOOKS, number), [claim], of_seeds(8, close))
        assert verdict.decision is OPEN
        assert verdict.power is not None
        assert verdict.power.alpha == Look(LOOKS, number).level(0.05)
        detected.append(verdict.power.detectable.effect)
    assert detected[0] > detected[1] > detected[2] > 0


def test_a_run_that_is_clear_is_decided_at_its_first_look() -> None:
    at = standing(held(of_seeds(4), (BETTER, SMALL.model_copy(update={"margin": 0.15}))))
    assert at is not None
    assert at.look.number == 1
    assert {verdict.decision for verdict in at.verdicts} == {YES}
    assert (at.open, at.is_decided) == ((), True)


def test_a_run_that_is_close_stays_open_to_its_last_look() -> None:
    for seeds in LOOKS:
        at = standing(held(of_seeds(seeds, CLOSE), (SMALL.model_copy(update={"margin": 0.01}), BETTER)))
        assert at is not None
        assert at.look.seeds == seeds
        assert "small" in at.open
        assert not at.is_decided


def test_there_is_no_standing_without_a_plan_and_before_the_first_look() -> None:
    assert standing(held(of_seeds(8, looks=()), (BETTER,))) is None
    assert standing(held(of_seeds(3), (BETTER,))) is None


def test_a_run_without_claims_is_never_decided() -> None:
    at = standing(held(of_seeds(4), ()))
    assert at is not None
    assert not at.is_decided


def test_what_more_seeds_cannot_decide_is_not_open() -> None:
    elsewhere = ABOVE.model_copy(update={"corpus": "referit"})
    at = standing(held(of_seeds(4), (elsewhere,)))
    assert at is not None
    assert at.verdicts[0].decision is NONE
    assert at.is_decided


def test_what_more_seeds_may_decide_is_open_though_it_has_no_test_yet() -> None:
    same_seeds = {cell: np.repeat(rows[:1], 8, axis=0) if len(rows) > 1 else rows for cell, rows in ALL.items()}
    (same,) = judge([BETTER], of_seeds(4, same_seeds))
    assert (same.decision, same.is_open) == (NONE, True)
    flat = complete(0.5, alike(0.5, 0.5, 0.5))
    (no_gain,) = judge([KEEPS], of_seeds(4, flat))
    assert (no_gain.untestable, no_gain.is_open) == (NO_GAIN, True)


def test_a_claim_about_another_is_open_as_long_as_that_is() -> None:
    small = SMALL.model_copy(update={"margin": 0.01})
    about = named(judge([small, ROBUST], of_seeds(4, CLOSE)))
    assert (about["robust"].decision, about["robust"].is_open) == (NONE, True)
    settled = named(judge([SMALL.model_copy(update={"margin": 0.15}), ROBUST], of_seeds(4)))
    assert (settled["robust"].decision, settled["robust"].is_open) == (YES, False)


@pytest.mark.parametrize("status", [TrialStatus.missing, TrialStatus.stale])
def test_trials_beyond_a_look_that_decides_are_not_needed(status: TrialStatus) -> None:
    found = held(of_seeds(4), (BETTER,))
    at = standing(found)
    assert at is not None
    progress = [
        TrialProgress(key, TrialStatus.done if key.seed < 4 else status, "why") for key in keys_of(found.protocol)
    ]
    marked = as_needed(progress, at)
    assert {trial.status for trial in marked if trial.key.seed < 4} == {TrialStatus.done}
    assert {(trial.status, trial.why) for trial in marked if trial.key.seed >= 4} == {
        (TrialStatus.not_needed, "every claim is decided at look 1 of 3")
    }
    assert as_needed(progress, None) == progress
    undecided = Standing(at.look, judge_at(at.look, [SAVES.model_copy(update={"rival": "last-epoch"})], found))
    assert undecided.open
    assert as_needed(progress, undecided) == progress


@pytest.mark.parametrize("status", [TrialStatus.done, TrialStatus.failed])
def test_a_run_that_went_on_beyond_the_look_that_decides_did_not_stop_there(status: TrialStatus) -> None:
    found = held(of_seeds(4), (BETTER,))
    at = standing(found)
    assert at is not None
    assert at.is_decided
    statuses = {seed: TrialStatus.done for seed in range(4)} | {6: status}
    progress = [
        TrialProgress(key, statuses.get(key.seed, TrialStatus.missing), "why") for key in keys_of(found.protocol)
    ]
    assert as_needed(progress, at) == progress
