"""Claims about training on a fraction: that it is competitive, and that it keeps a share of the gain."""

from __future__ import annotations

from math import isnan
from typing import Any

import numpy as np
import pytest
from hand_made_evidence import BETTER, KEEPS, SMALL, evidence, study
from made_verdicts import assert_sound

from bench.analysis.evidence import Evidence
from bench.claims.competitive import CompetitiveVerdict
from bench.protocol.claim import Claim
from bench.stats import (
    Finding,
    RetentionStatus,
    Status,
    kept_at_least,
    non_inferiority,
    retention,
    smallest_competitive,
    variance_components,
)
from bench.verdicts.hypothesis import Decision
from bench.verdicts.judge import judge
from bench.verdicts.verdict import Verdict

PHRASES = np.random.default_rng(2).integers(3, 12, 100)
FRACTIONS = (0.1, 0.5, 1.0)


def drawn(*levels: float, prior: float = 0.4) -> Evidence:
    return evidence(study(prior, {"sprm": levels}, PHRASES), PHRASES)


def judged(claim: Claim, on: Evidence, **values: Any) -> Verdict:
    (found,) = judge([claim.model_copy(update=values)], on)
    return found


def competitive(on: Evidence, **values: Any) -> CompetitiveVerdict:
    found = judged(SMALL, on, **values)
    assert isinstance(found, CompetitiveVerdict)
    return found


def counts(on: Evidence, at: float, system: str = "sprm") -> np.ndarray:
    return on.counts(system, on.by_value()[at], (0, 1, 2, 3, 4))


def test_a_claim_of_competitiveness_is_the_fixed_sequence_of_its_counts() -> None:
    on = drawn(0.5, 0.6, 0.62)
    found = competitive(on)
    expected = smallest_competitive({at: counts(on, at) for at in FRACTIONS}, PHRASES, 0.05)
    assert [one.fraction.label for one in found.hypotheses] == [f"{step.fraction:g}" for step in expected.steps]
    for one, step in zip(found.hypotheses, expected.steps, strict=True):
        outcome = step.outcome
        assert (one.basis, one.p, one.low, one.high) == (outcome.loss, outcome.p, outcome.at_least, outcome.at_most)
        assert (one.estimate, one.reached) == (outcome.loss.estimate, step.reached)
    assert {one.against for one in found.hypotheses} == {found.reference}
    assert {one.confidence for one in found.hypotheses} == {0.9}
    assert [one.p_adjusted for one in found.hypotheses] == [one.p for one in found.hypotheses]
    assert (found.reference.label, found.family, found.margin) == ("1", 2, 0.05)


def test_the_smallest_fraction_that_passes_is_named_and_decides() -> None:
    found = competitive(drawn(0.62, 0.62, 0.62), margin=0.08)
    assert (found.decision, found.smallest and found.smallest.label) == (Decision.supported, "0.1")
    assert found.deciding == found.hypotheses[1]
    assert found.stopped_at is None


def test_a_failure_further_down_leaves_the_claim_supported_by_what_passed() -> None:
    found = competitive(drawn(0.4, 0.62, 0.62))
    assert (found.decision, found.smallest and found.smallest.label) == (Decision.supported, "0.5")
    assert found.stopped_at == found.hypotheses[1]
    assert found.hypotheses[1].decision is Decision.refuted


def test_the_first_failure_ends_the_sequence_whatever_comes_after() -> None:
    found = competitive(drawn(0.62, 0.5, 0.62))
    assert [one.decision for one in found.hypotheses] == [Decision.refuted, Decision.supported]
    assert [one.reached for one in found.hypotheses] == [True, False]
    assert (found.decision, found.smallest, found.deciding) == (Decision.refuted, None, found.hypotheses[0])


@pytest.mark.parametrize(
    ("level", "margin", "decision", "finding"),
    [
        (0.62, 0.08, Decision.supported, Finding.non_inferior),
        (0.55, 0.15, Decision.supported, Finding.within_margin),
        (0.50, 0.05, Decision.refuted, Finding.inferior),
        (0.50, 0.0, Decision.refuted, Finding.inferior),
        (0.62, 0.0, Decision.inconclusive, Finding.inconclusive),
        (0.60, 0.01, Decision.inconclusive, Finding.inconclusive),
    ],
)
def test_each_outcome_of_the_deciding_test_has_its_verdict(
    level: float, margin: float, decision: Decision, finding: Finding
) -> None:
    found = competitive(drawn(level, level, 0.62), margin=margin)
    assert (found.decision, found.hypotheses[0].finding) == (decision, finding.value)
    assert found.p == found.hypotheses[1 if decision is Decision.supported else 0].p


def test_the_prior_is_held_against_the_reference_by_the_same_margin_outside_the_sequence() -> None:
    on = drawn(0.5, 0.6, 0.62)
    found = competitive(on)
    assert found.prior == non_inferiority(counts(on, 1.0), counts(on, 1.0, "prior"), PHRASES, 0.05)
    assert found.family == len(found.hypotheses) == 2
    without = evidence({("sprm", at): counts(on, at) for at in FRACTIONS}, PHRASES)
    lost = competitive(without)
    assert lost.hypotheses == found.hypotheses
    assert lost.prior is not None
    assert (lost.prior.verdict, lost.prior.loss.status) == (Finding.not_testable, Status.nan)


def test_one_amount_of_data_leaves_nothing_to_compare() -> None:
    on = drawn(0.5, 0.6, 0.62)
    found = competitive(evidence({("sprm", 1.0): counts(on, 1.0)}, PHRASES, fractions=(1.0,)))
    assert (found.decision, found.hypotheses, found.deciding, found.smallest) == (Decision.not_testable, (), None, None)
    assert isnan(found.p)
    assert found.power is None


def test_missing_trials_of_the_reference_leave_no_test() -> None:
    on = drawn(0.6, 0.6, 0.6)
    found = competitive(evidence({("sprm", at): counts(on, at) for at in (0.1, 0.5)}, PHRASES))
    assert {one.basis.status for one in found.hypotheses} == {Status.nan}
    assert found.decision is Decision.not_testable
    assert found.seeds == (0, 1, 2, 3, 4)


def test_a_fraction_without_trials_ends_the_sequence() -> None:
    on = drawn(0.62, 0.62, 0.62)
    found = competitive(evidence({("sprm", at): counts(on, at) for at in (0.1, 1.0)}, PHRASES), margin=0.1)
    assert [(one.decision, one.reached) for one in found.hypotheses] == [
        (Decision.not_testable, True),
        (Decision.supported, False),
    ]
    assert (found.decision, found.smallest) == (Decision.not_testable, None)


def test_a_fraction_of_as_many_images_as_the_largest_is_no_step_of_the_sequence() -> None:
    on = drawn(0.5, 0.6, 0.6)
    same = {("sprm", 0.1): counts(on, 0.1), ("sprm", 0.5): counts(on, 1.0), ("sprm", 1.0): counts(on, 1.0)}
    found = competitive(evidence(same, PHRASES, train_images=2))
    assert found.reference.label == "1"
    assert [(one.fraction.label, one.fraction.images) for one in found.hypotheses] == [("0.5", 1)]
    alone = competitive(evidence(same, PHRASES, train_images=1))
    assert (alone.hypotheses, alone.decision) == ((), Decision.not_testable)


def test_fractions_of_as_many_images_are_one_step_that_does_not_end_the_sequence() -> None:
    on = drawn(0.3, 0.62, 0.62)
    two = evidence(study(0.4, {"sprm": (0.3, 0.62, 0.62)}, PHRASES), PHRASES, train_images=2)
    found = competitive(two, up_to=0.1)
    assert [one.fraction.label for one in found.hypotheses] == ["0.5"]
    assert found.hypotheses[0].basis == competitive(on).hypotheses[0].basis
    # A tenth of two images is one image, and so is a half: the fraction that counts as small is reached.
    assert (found.decision, found.up_to and found.up_to.images) == (Decision.supported, 1)


def test_a_fraction_of_as_many_images_as_all_keeps_no_share() -> None:
    found = judged(KEEPS, evidence(study(0.4, {"sprm": (0.6, 0.6, 0.62)}, PHRASES), PHRASES, train_images=1))
    assert (found.decision, len(found.hypotheses)) == (Decision.not_testable, 1)
    assert found.untestable is not None
    assert found.untestable.startswith("the fraction has as many images as the largest one")
    assert isnan(found.estimate)
    assert isnan(found.p)
    assert_sound(found)


def test_a_share_kept_is_fiellers_and_its_test_that_of_the_excess() -> None:
    on = drawn(0.55, 0.6, 0.62)
    found = judged(KEEPS, on)
    (one,) = found.hypotheses
    full, part, prior = counts(on, 1.0), counts(on, 0.1), counts(on, 1.0, "prior")
    kept = retention(part, full, prior, PHRASES)
    assert kept.share is not None
    assert (one.estimate, one.low, one.high) == (kept.share.estimate, kept.share.low, kept.share.high)
    assert one.basis == kept_at_least(part, full, prior, PHRASES, 0.5)
    assert one.p == one.p_adjusted == one.basis.p
    assert (one.fraction.label, one.against and one.against.label) == ("0.1", "1")
    assert (found.family, found.margin) == (1, 0.5)


@pytest.mark.parametrize(
    ("level", "share", "decision"),
    [
        (0.62, 0.5, Decision.supported),
        (0.62, 0.9, Decision.inconclusive),
        (0.50, 0.5, Decision.inconclusive),
        (0.45, 0.8, Decision.refuted),
        (0.30, 0.1, Decision.refuted),
    ],
)
def test_a_share_is_kept_or_not(level: float, share: float, decision: Decision) -> None:
    found = judged(KEEPS, drawn(level, 0.6, 0.62), share=share)
    (one,) = found.hypotheses
    assert found.decision is decision
    # The decision and the interval are the same test.
    assert (one.low > share) == (decision is Decision.supported)
    assert (one.high < share) == (decision is Decision.refuted)


def test_the_power_of_a_share_is_that_of_all_the_gain_being_kept() -> None:
    on = drawn(0.62, 0.6, 0.62)
    found = judged(KEEPS, on, share=0.9)
    full, part, prior = counts(on, 1.0), counts(on, 0.1), counts(on, 1.0, "prior")
    gain = retention(part, full, prior, PHRASES).gain.estimate
    assert found.power is not None
    assert found.power.effect == pytest.approx(0.1 * gain)
    assert found.hypotheses[0].components == variance_components((part - prior) - 0.9 * (full - prior), PHRASES)


def test_without_a_gain_there_is_nothing_to_keep_a_share_of() -> None:
    on = drawn(0.62, 0.5, 0.41)
    found = judged(KEEPS, on)
    (one,) = found.hypotheses
    kept = retention(counts(on, 0.1), counts(on, 1.0), counts(on, 1.0, "prior"), PHRASES)
    assert kept.status is RetentionStatus.no_gain
    assert found.decision is one.decision is Decision.not_testable
    assert found.untestable is not None
    assert "not shown to gain anything" in found.untestable
    assert one.basis == kept.gain
    assert np.isnan([one.estimate, one.low, one.high, one.p, one.p_adjusted, found.estimate, found.p]).all()


def test_a_gain_that_is_the_same_everywhere_has_no_interval_and_leaves_the_share_without_a_test() -> None:
    # The prior is all wrong and the full training all right; the fraction is neither, so an excess would have a test.
    right, wrong = np.tile(PHRASES, (5, 1)), np.zeros((1, len(PHRASES)))
    part = counts(drawn(0.6, 0.6, 0.6), 0.1)
    found = judged(KEEPS, evidence({("prior", 0): wrong, ("sprm", 0.1): part, ("sprm", 1.0): right}, PHRASES))
    assert kept_at_least(part, right, np.repeat(wrong, 5, axis=0), PHRASES, 0.5).status is Status.ok
    assert (found.decision, found.hypotheses[0].basis.status) == (Decision.not_testable, Status.constant)
    assert isnan(found.estimate)
    assert isnan(found.p)
    assert found.untestable is None


def test_a_fraction_that_answers_as_all_the_data_do_keeps_all_of_the_gain_without_an_interval() -> None:
    on = drawn(0.6, 0.6, 0.6)
    same = {("prior", 0): counts(on, 1.0, "prior")[:1], ("sprm", 0.1): counts(on, 1.0), ("sprm", 1.0): counts(on, 1.0)}
    found = judged(KEEPS, evidence(same, PHRASES))
    assert (found.decision, found.estimate) == (Decision.supported, 1.0)
    assert found.p < 0.001
    assert np.isnan([found.hypotheses[0].low, found.hypotheses[0].high]).all()


def test_a_gain_can_be_counted_over_a_trained_rival_at_the_largest_amount() -> None:
    on = evidence(study(0.4, {"sprm": (0.6, 0.6, 0.62), "refinement": (0.1, 0.2, 0.45)}, PHRASES), PHRASES)
    (one,) = judged(KEEPS, on, rival="refinement").hypotheses
    full, part, rival = counts(on, 1.0), counts(on, 0.1), counts(on, 1.0, "refinement")
    assert one.basis == kept_at_least(part, full, rival, PHRASES, 0.5)


@pytest.mark.parametrize("missing", [("prior", 0), ("sprm", 0.1), ("sprm", 1.0)])
def test_a_share_with_missing_trials_has_no_test_and_no_number(missing: tuple[str, float]) -> None:
    outcomes = study(0.4, {"sprm": (0.6, 0.6, 0.62)}, PHRASES)
    del outcomes[missing]
    found = judged(KEEPS, evidence(outcomes, PHRASES))
    assert (found.decision, found.hypotheses[0].basis.status) == (Decision.not_testable, Status.nan)
    assert isnan(found.estimate)
    assert isnan(found.p)


def test_a_deterministic_system_has_an_interval_over_images_and_no_p_value() -> None:
    on = drawn(0.5, 0.6, 0.62)
    same: dict[tuple[str, float], np.ndarray] = {("prior", 0): counts(on, 1.0, "prior")[:1]}
    same |= {("sprm", at): np.repeat(counts(on, at)[:1], 5, axis=0) for at in FRACTIONS}
    for found in judge([SMALL, KEEPS, BETTER], evidence(same, PHRASES)):
        assert found.decision is Decision.not_testable
        assert {one.basis.status for one in found.hypotheses} == {Status.identical_seeds}
        assert isnan(found.p)
        assert found.power is not None
        assert (found.power.detectable.status, found.power.needed.seeds) == (Status.identical_seeds, None)


@pytest.mark.parametrize(
    ("levels", "decision", "decides", "smallest"),
    [
        ((0.60, 0.62, 0.62), Decision.supported, "0.1", "0.1"),
        ((0.40, 0.62, 0.62), Decision.refuted, "0.1", "0.5"),
        ((0.40, 0.45, 0.62), Decision.refuted, "0.5", None),
        ((0.62, 0.57, 0.62), Decision.inconclusive, "0.5", None),
    ],
)
def test_only_a_small_fraction_supports_a_claim_about_small_ones(
    levels: tuple[float, ...], decision: Decision, decides: str, smallest: str | None
) -> None:
    found = competitive(drawn(*levels), up_to=0.1)
    assert found.decision is decision
    assert found.deciding is not None
    assert found.deciding.fraction.label == decides
    assert (found.smallest and found.smallest.label) == smallest
    assert found.up_to is not None
    assert found.up_to.label == "0.1"


def test_any_fraction_supports_a_claim_that_names_none() -> None:
    found = competitive(drawn(0.40, 0.62, 0.62))
    assert (found.decision, found.up_to) == (Decision.supported, None)
    assert found.deciding is not None
    assert found.deciding.fraction.label == "0.5"
