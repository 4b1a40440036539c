"""What verdicts of every kind have in common: how hypotheses combine, what has no test, what a study can show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import isnan, nan
from typing import Any

import numpy as np
import pytest
from hand_made_evidence import ABOVE, BETTER, CLAIMS, KEEPS, ROBUST, SAVES, SMALL, evidence, poor_studies, study
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.claims.robust import RobustVerdict
from bench.protocol.claim import CLAIMS as KINDS
from bench.protocol.claim import Claim
from bench.stats import (
    SeedsStatus,
    Status,
    minimum_detectable_effect,
    seeds_needed,
    two_way_difference,
    variance_components,
)
from bench.verdicts.hypothesis import Decision, Hypothesis, all_hold, deciding
from bench.verdicts.judge import judge
from bench.verdicts.verdict import Verdict

PHRASES = np.random.default_rng(3).integers(3, 12, 60)
LEVELS = {
    "sprm": (0.5, 0.58, 0.62),
    "refinement": (0.2, 0.35, 0.5),
    "last-epoch": (0.5, 0.58, 0.6),
    "equal-steps": (0.5, 0.52, 0.6),
}
OUTCOMES = study(0.4, LEVELS, PHRASES)
SYSTEM_CLAIMS: tuple[Claim, ...] = (BETTER, SMALL, KEEPS, ABOVE, SAVES)
Cells = Mapping[tuple[str, float], Any]


def judged(outcomes: Cells = OUTCOMES, claims: Sequence[Claim] = CLAIMS, **options: Any) -> dict[str, Verdict]:
    return {
        one.claim.name: one for one in judge(claims, evidence(outcomes, options.pop("phrases", PHRASES), **options))
    }


def statuses(found: Mapping[str, Verdict]) -> set[Status]:
    return {one.basis.status for verdict in found.values() for one in verdict.hypotheses}


def assert_no_test(found: Mapping[str, Verdict]) -> None:
    """Hold that nothing was decided, and that no p-value came out of nothing."""
    for verdict in found.values():
        assert verdict.decision is Decision.not_testable
        assert isnan(verdict.p)
        assert all(isnan(one.p) and isnan(one.p_adjusted) for one in verdict.hypotheses)
        assert {one.decision for one in verdict.hypotheses} <= {Decision.not_testable}


@pytest.fixture(scope="module")
def hypothesis() -> Hypothesis:
    (found,) = judge([SAVES], evidence(OUTCOMES, PHRASES))
    return found.hypotheses[0]


def some(like: Hypothesis, *each: tuple[Decision, float]) -> tuple[Hypothesis, ...]:
    return tuple(replace(like, decision=decision, p=p, p_adjusted=p) for decision, p in each)


YES, NO = Decision.supported, Decision.refuted
OPEN, NONE = Decision.inconclusive, Decision.not_testable


@pytest.mark.parametrize(
    ("each", "decision", "place"),
    [
        ([(YES, 0.01)], YES, 0),
        ([(YES, 0.01), (YES, 0.04), (YES, 0.001)], YES, 1),
        ([(YES, 0.01), (OPEN, 0.3), (OPEN, 0.8)], OPEN, 1),
        ([(YES, 0.01), (NO, 0.03), (NO, 0.002)], NO, 2),
        ([(OPEN, 0.9), (NONE, nan), (NO, 0.02)], NO, 2),
        ([(YES, 0.01), (NONE, nan), (NONE, nan)], NONE, 1),
        ([(OPEN, 0.2), (NONE, nan)], OPEN, 0),
        ([], NONE, None),
    ],
)
def test_one_counterexample_refutes_and_it_takes_all_to_support(
    hypothesis: Hypothesis, each: list[tuple[Decision, float]], decision: Decision, place: int | None
) -> None:
    hypotheses = some(hypothesis, *each)
    assert all_hold(hypotheses) is decision
    assert deciding(hypotheses, decision) is (None if place is None else hypotheses[place])


def test_what_is_left_open_hangs_on_the_lowest_estimate_whatever_the_p_values(hypothesis: Hypothesis) -> None:
    def lying_at(estimate: float, p: float, decision: Decision) -> Hypothesis:
        return replace(
            hypothesis, basis=replace(hypothesis.basis, estimate=estimate), p=p, p_adjusted=p, decision=decision
        )

    # The one that is shown, and the ones that have no test, are lower still, and decide nothing.
    hypotheses = [
        lying_at(0.001, 0.9, OPEN), lying_at(-0.02, 0.06, OPEN), lying_at(0.03, 0.2, OPEN), lying_at(-0.9, 0.01, YES),
        lying_at(-0.8, nan, NONE),
    ]  # fmt: skip
    assert deciding(hypotheses, OPEN) is hypotheses[1]


def test_every_kind_is_tried_here() -> None:
    assert {claim.kind for claim in CLAIMS} == set(KINDS.by_name())


def test_claims_are_judged_in_their_order() -> None:
    assert list(judged()) == [claim.name for claim in CLAIMS]
    assert judged(claims=()) == {}


def test_a_complete_run_states_seeds_images_and_family_of_each_claim() -> None:
    for verdict in judged().values():
        assert verdict.seeds == (0, 1, 2, 3, 4)
        assert (verdict.seeds_planned, verdict.images) == (5, 60)
        assert verdict.family == (2 if verdict.claim is ROBUST else len(verdict.hypotheses))
        assert verdict.untestable is None


def test_one_seed_leaves_an_interval_over_images_and_no_test() -> None:
    found = judged({cell: rows[:1] for cell, rows in OUTCOMES.items()}, seeds=1)
    assert_no_test(found)
    assert statuses(found) == {Status.one_seed}
    assert not isnan(found["better"].hypotheses[0].low)
    assert isnan(found["small"].hypotheses[0].low)


def test_one_image_leaves_no_test() -> None:
    found = judged({cell: rows[:, :1] for cell, rows in OUTCOMES.items()}, phrases=PHRASES[:1])
    assert_no_test(found)
    assert statuses(found) == {Status.one_image}


@pytest.mark.parametrize("share", [0, 1])
def test_all_wrong_and_all_right_leave_no_test(share: int) -> None:
    found = judged({cell: np.broadcast_to(share * PHRASES, rows.shape) for cell, rows in OUTCOMES.items()})
    assert_no_test(found)
    assert statuses(found) == {Status.constant}


def test_a_system_that_draws_no_lots_leaves_no_test() -> None:
    found = judged({cell: np.broadcast_to(rows[:1], rows.shape) for cell, rows in OUTCOMES.items()})
    assert_no_test(found)
    assert statuses(found) == {Status.identical_seeds}


def test_a_run_of_the_prior_alone_leaves_no_test() -> None:
    found = judged({("prior", 0): OUTCOMES["prior", 0]})
    assert_no_test(found)
    assert statuses(found) == {Status.empty}
    assert {verdict.seeds for verdict in found.values()} == {()}
    assert all(verdict.power is None or verdict.power.detectable.status is Status.empty for verdict in found.values())


def test_outcomes_that_are_no_numbers_leave_no_test() -> None:
    spoiled = {cell: np.where(np.arange(60) == 7, nan, rows) for cell, rows in OUTCOMES.items() if cell[0] != "prior"}
    found = judged({**spoiled, ("prior", 0): OUTCOMES["prior", 0]})
    assert_no_test(found)
    assert statuses(found) == {Status.nan}


def test_without_the_prior_only_what_needs_it_has_no_test() -> None:
    without = {cell: rows for cell, rows in OUTCOMES.items() if cell[0] != "prior"}
    found, whole = judged(without), judged()
    assert_no_test({name: found[name] for name in ("better", "keeps")})
    assert {name: found[name].decision for name in ("small", "above", "saves")} == {
        name: whole[name].decision for name in ("small", "above", "saves")
    }


def test_systems_with_different_seeds_are_compared_on_those_that_both_have() -> None:
    fewer = {**OUTCOMES, **{("refinement", at): {3: rows[3], 1: rows[1], 7: rows[0]} for at in (0.1, 0.5, 1.0)
                            for rows in [OUTCOMES["refinement", at]]}}  # fmt: skip
    found = judged(fewer, seeds=8)["saves"]
    assert (found.seeds, found.seeds_planned) == ((1, 3), 8)
    expected = two_way_difference(OUTCOMES["sprm", 0.5][[1, 3]], OUTCOMES["refinement", 1.0][[1, 3]], PHRASES)
    assert found.hypotheses[0].basis == expected


def test_systems_without_a_seed_in_common_have_no_test() -> None:
    apart = {(system, at): dict(enumerate(rows, start=10 if system == "refinement" else 0))
             for (system, at), rows in OUTCOMES.items()}  # fmt: skip
    found = judged(apart, claims=[SAVES])
    assert_no_test(found)
    assert found["saves"].seeds == ()


def test_a_missing_trial_takes_its_seed_out_of_every_comparison_that_its_amount_is_part_of() -> None:
    without = {**OUTCOMES, ("sprm", 0.1): dict(enumerate(OUTCOMES["sprm", 0.1][:4]))}
    found, four = judged(without), judged({cell: rows[:4] for cell, rows in OUTCOMES.items()})
    touched = [name for name, verdict in judged(OUTCOMES).items() if verdict.hypotheses != found[name].hypotheses]
    assert {"better", "small"} <= set(touched)
    assert "above" not in touched
    assert {found[name].seeds for name in touched} == {(0, 1, 2, 3)}
    assert [found[name].hypotheses for name in touched] == [four[name].hypotheses for name in touched]


def robust(*controls: tuple[float, float, float], own: tuple[float, float, float] = (0.5, 0.62, 0.62)) -> RobustVerdict:
    """Judge whether competitiveness with a margin of 10 points is robust; a control may lose less or more."""
    levels = {"sprm": own, **dict(zip(("last-epoch", "equal-steps"), controls, strict=True))}
    claim = SMALL.model_copy(update={"margin": 0.1})
    found = judged(study(0.4, levels, PHRASES), claims=[claim, ROBUST])["robust"]
    assert isinstance(found, RobustVerdict)
    return found


HOLDS, FAILS, BETWEEN = (0.5, 0.62, 0.62), (0.1, 0.3, 0.62), (0.5, 0.52, 0.62)


@pytest.mark.parametrize(
    ("own", "controls", "decision"),
    [
        (HOLDS, (HOLDS, HOLDS), Decision.supported),
        (FAILS, (FAILS, FAILS), Decision.supported),
        (HOLDS, (HOLDS, FAILS), Decision.refuted),
        (HOLDS, (BETWEEN, FAILS), Decision.refuted),
        (FAILS, (FAILS, HOLDS), Decision.refuted),
        (HOLDS, (HOLDS, BETWEEN), Decision.inconclusive),
        (BETWEEN, (HOLDS, HOLDS), Decision.not_testable),
        (BETWEEN, (BETWEEN, BETWEEN), Decision.not_testable),
    ],
)
def test_a_verdict_is_robust_when_no_control_changes_it(
    own: tuple[float, float, float], controls: tuple[tuple[float, float, float], ...], decision: Decision
) -> None:
    found = robust(*controls, own=own)
    expected = {HOLDS: Decision.supported, FAILS: Decision.refuted, BETWEEN: Decision.inconclusive}
    assert found.about.decision is expected[own]
    assert [one.decision for one in found.controls.values()] == [expected[control] for control in controls]
    assert found.decision is decision
    assert (found.family, found.margin, found.hypotheses, found.deciding) == (2, 0.1, (), None)


def test_a_control_is_judged_as_the_claims_own_system_would_be() -> None:
    found = judged()
    assert isinstance(found["robust"], RobustVerdict)
    for name, control in found["robust"].controls.items():
        swapped = {**OUTCOMES, **{("sprm", at): OUTCOMES[name, at] for at in (0.1, 0.5, 1.0)}}
        expected = judged(swapped)["small"]
        assert control.hypotheses == expected.hypotheses
        assert control.claim == SMALL.model_copy(update={"system": name})
    assert found["robust"].about == found["small"]


def test_a_control_without_trials_leaves_robustness_open() -> None:
    levels = {"sprm": HOLDS, "last-epoch": HOLDS}
    claim = SMALL.model_copy(update={"margin": 0.1})
    found = judged(study(0.4, levels, PHRASES), claims=[claim, ROBUST])["robust"]
    assert isinstance(found, RobustVerdict)
    assert found.controls["equal-steps"].decision is Decision.not_testable
    assert (found.decision, found.seeds) == (Decision.inconclusive, ())


@pytest.mark.parametrize("about", SYSTEM_CLAIMS, ids=lambda claim: claim.kind)
def test_a_claim_of_any_other_kind_can_be_robust(about: Claim) -> None:
    found = judged(claims=[about, ROBUST.model_copy(update={"claim": about.name})])
    assert isinstance(found["robust"], RobustVerdict)
    assert found["robust"].about == found[about.name]
    assert list(found["robust"].controls) == ["last-epoch", "equal-steps"]


def test_power_is_that_of_the_difference_behind_the_deciding_hypothesis() -> None:
    found = judged()
    loss = variance_components(OUTCOMES["sprm", 1.0] - OUTCOMES["sprm", 0.5], PHRASES)
    small = found["small"].power
    assert small is not None
    assert found["small"].deciding == found["small"].hypotheses[0]
    assert small.detectable == minimum_detectable_effect(loss, 5, 60, alpha=0.05)
    assert small.needed == seeds_needed(loss, 60, 0.05, alpha=0.05)
    assert (small.effect, small.alpha) == (0.05, 0.05)
    saves = found["saves"].power
    lead = variance_components(OUTCOMES["sprm", 0.5] - OUTCOMES["refinement", 1.0], PHRASES)
    assert saves is not None
    assert saves.detectable == minimum_detectable_effect(lead, 5, 60, alpha=0.025)
    assert (saves.needed.status, saves.needed.seeds, saves.alpha) == (SeedsStatus.unknown, None, 0.025)
    assert isnan(saves.effect)


def test_a_margin_of_nothing_implies_no_effect_to_plan_for() -> None:
    found = judged(claims=[SMALL.model_copy(update={"margin": 0.0})])["small"].power
    assert found is not None
    assert isnan(found.effect)
    assert found.detectable.effect > 0
    assert found.needed.status is SeedsStatus.unknown


def test_a_margin_takes_nothing_from_the_spread_that_power_is_reckoned_from() -> None:
    plain, beyond = (judged(claims=[BETTER.model_copy(update={"margin": margin})])["better"] for margin in (0.0, 0.1))
    for one, other in zip(plain.hypotheses, beyond.hypotheses, strict=True):
        assert vars(one.components) == pytest.approx(vars(other.components))


def told(found: Mapping[str, Verdict]) -> list[tuple[Any, ...]]:
    """Return everything of verdicts that an order of rows must not change, and the numbers rounded."""
    return [
        (
            name, one.fraction.label, one.against and one.against.label, one.decision, one.finding, one.basis.status,
            *(round(value, 9) for value in (one.estimate, one.low, one.high, one.p, one.p_adjusted)),
        )
        for name, verdict in found.items()
        for one in verdict.hypotheses
    ]  # fmt: skip


@settings(deadline=None, max_examples=25)
@given(st.permutations(range(5)), st.permutations(range(60)))
def test_the_order_of_seeds_and_images_does_not_matter(seeds: list[int], images: list[int]) -> None:
    turned = {(system, at): rows[:, images] if system == "prior" else rows[seeds][:, images]
              for (system, at), rows in OUTCOMES.items()}  # fmt: skip
    found, expected = judged(turned, phrases=PHRASES[images]), judged()
    assert {name: one.decision for name, one in found.items()} == {name: one.decision for name, one in expected.items()}
    assert np.array_equal(np.array(told(found), dtype=object), np.array(told(expected), dtype=object))


@settings(deadline=None, max_examples=150)
@given(poor_studies())
def test_whatever_is_missing_or_alike_has_a_named_status_and_a_verdict(
    drawn: tuple[dict[tuple[str, float], dict[int, np.ndarray]], np.ndarray],
) -> None:
    outcomes, phrases = drawn
    for verdict in judged(outcomes, phrases=phrases, seeds=3).values():
        for one in verdict.hypotheses:
            tested = one.decision is not Decision.not_testable
            assert isnan(one.p) == isnan(one.p_adjusted) == (not tested)
            assert not tested or one.basis.status is Status.ok
            assert not tested or 0 <= one.p <= one.p_adjusted <= 1
        if verdict.deciding is not None:
            assert verdict.deciding in verdict.hypotheses
            assert verdict.deciding.decision is verdict.decision
        elif not isinstance(verdict, RobustVerdict):
            assert (verdict.hypotheses, verdict.decision) == ((), Decision.not_testable)
