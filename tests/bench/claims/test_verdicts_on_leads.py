"""Claims that come down to a lead: better than a rival, above a published number, more efficient than a rival."""

from __future__ import annotations

from math import isnan
from typing import Any

import numpy as np
import pytest
from hand_made_evidence import ABOVE, BETTER, SAVES, counts, evidence, study
from made_verdicts import assert_sound
from scipy import stats

from bench.analysis.evidence import Evidence
from bench.claims.more_efficient import MoreEfficientVerdict
from bench.protocol.claim import Claim
from bench.stats import Status, holm, minimum_detectable_effect, two_way_difference, two_way_mean
from bench.verdicts.hypothesis import Decision
from bench.verdicts.judge import judge
from bench.verdicts.statement import statement
from bench.verdicts.verdict import SystemClaim, Verdict

PHRASES = np.random.default_rng(1).integers(3, 12, 100)
LEVELS = {"sprm": (0.52, 0.58, 0.62), "refinement": (0.2, 0.35, 0.5)}
OUTCOMES = study(0.4, LEVELS, PHRASES)
EVIDENCE = evidence(OUTCOMES, PHRASES)
PRIOR = np.repeat(OUTCOMES["prior", 0], 5, axis=0)


def judged(claim: Claim, on: Evidence = EVIDENCE, **values: Any) -> Verdict:
    """Judge a claim with some of its values changed."""
    (found,) = judge([claim.model_copy(update=values)], on)
    return found


def drawn(prior: float = 0.4, **levels: tuple[float, float, float]) -> Evidence:
    return evidence(study(prior, {**LEVELS, **levels}, PHRASES), PHRASES)


def decisions(verdict: Verdict) -> list[Decision]:
    return [one.decision for one in verdict.hypotheses]


def test_a_lead_is_tested_at_every_amount_and_adjusted_over_them() -> None:
    found = judged(BETTER)
    expected = [two_way_difference(OUTCOMES["sprm", at], PRIOR, PHRASES) for at in (0.1, 0.5, 1.0)]
    assert [one.basis for one in found.hypotheses] == expected
    assert [one.p for one in found.hypotheses] == [one.p for one in expected]
    assert [one.p_adjusted for one in found.hypotheses] == list(holm([one.p for one in expected]))
    assert [(one.estimate, one.low, one.high) for one in found.hypotheses] == [
        (one.estimate, one.low, one.high) for one in expected
    ]
    assert [one.fraction.images for one in found.hypotheses] == [100, 500, 1000]
    assert {one.against for one in found.hypotheses} == {None}
    assert (found.decision, found.family, found.seeds, found.images) == (Decision.supported, 3, (0, 1, 2, 3, 4), 100)


def test_against_a_margin_the_lead_stays_and_the_p_value_changes() -> None:
    found = judged(BETTER, margin=0.1, at=(0.5,))
    (one,) = found.hypotheses
    plain = two_way_difference(OUTCOMES["sprm", 0.5], PRIOR, PHRASES)
    assert (one.estimate, one.low, one.high) == pytest.approx((plain.estimate, plain.low, plain.high))
    assert one.p == pytest.approx(2 * stats.t.sf(abs(plain.estimate - 0.1) / plain.se, plain.df))
    assert found.margin == 0.1


def test_a_trained_rival_is_met_at_the_same_amount_with_the_same_seeds() -> None:
    found = judged(BETTER, rival="refinement", at=(1.0,))
    (one,) = found.hypotheses
    assert one.basis == two_way_difference(OUTCOMES["sprm", 1.0], OUTCOMES["refinement", 1.0], PHRASES)
    assert one.against == one.fraction


def test_amounts_that_are_left_out_are_no_part_of_the_family() -> None:
    found = judged(BETTER, at=(1.0, 0.1))
    assert [one.fraction.label for one in found.hypotheses] == ["0.1", "1"]
    assert found.family == 2


def test_one_counterexample_refutes_a_lead_at_every_amount() -> None:
    found = judged(BETTER, drawn(sprm=(0.2, 0.6, 0.6)))
    assert decisions(found) == [Decision.refuted, Decision.supported, Decision.supported]
    assert found.decision is Decision.refuted
    assert found.deciding == found.hypotheses[0]


def test_a_lead_that_is_shown_at_some_amounts_only_is_left_open() -> None:
    found = judged(BETTER, drawn(sprm=(0.4, 0.6, 0.6)))
    assert decisions(found) == [Decision.inconclusive, Decision.supported, Decision.supported]
    assert found.decision is Decision.inconclusive
    assert found.deciding == found.hypotheses[0]
    assert found.power is not None
    assert isnan(found.power.effect)


def test_a_lead_that_is_shown_to_be_below_its_margin_is_refuted() -> None:
    found = judged(BETTER, drawn(sprm=(0.4, 0.4, 0.4)), margin=0.15)
    assert found.decision is Decision.refuted
    assert all(one.high < 0.15 for one in found.hypotheses)
    assert {one.finding for one in found.hypotheses} == {"below"}


def test_a_family_makes_each_of_its_members_harder_to_show() -> None:
    close = drawn(sprm=(0.4, 0.485, 0.4))
    alone, together = judged(BETTER, close, at=(0.5,)), judged(BETTER, close)
    assert alone.p < 0.05 < together.hypotheses[1].p_adjusted
    assert (alone.decision, decisions(together)[1]) == (Decision.supported, Decision.inconclusive)


def test_an_amount_without_trials_keeps_its_place_in_the_family_and_the_rest_is_judged() -> None:
    without = {key: rows for key, rows in OUTCOMES.items() if key != ("sprm", 0.5)}
    found = judged(BETTER, evidence(without, PHRASES))
    whole = judged(BETTER)
    assert decisions(found) == [Decision.supported, Decision.not_testable, Decision.supported]
    assert found.decision is Decision.not_testable
    assert found.hypotheses[1].basis.status is Status.nan
    assert found.hypotheses[0].p_adjusted == whole.hypotheses[0].p_adjusted


def test_a_published_number_is_held_against_the_accuracy_with_all_the_data() -> None:
    found = judged(ABOVE)
    (one,) = found.hypotheses
    plain = two_way_mean(OUTCOMES["sprm", 1.0], PHRASES)
    assert one.fraction.label == "1"
    assert one.against is None
    assert (one.estimate, one.low, one.high) == pytest.approx((plain.estimate - 0.5, plain.low - 0.5, plain.high - 0.5))
    assert one.p == pytest.approx(2 * stats.t.sf((plain.estimate - 0.5) / plain.se, plain.df))
    assert found.family == 1


@pytest.mark.parametrize(
    ("reference", "margin", "decision"),
    [
        (0.5, 0.0, Decision.supported),
        (0.5, 0.05, Decision.supported),
        (0.5, 0.12, Decision.inconclusive),
        (0.5, 0.3, Decision.refuted),
        (0.62, 0.0, Decision.inconclusive),
        (0.8, 0.0, Decision.refuted),
    ],
)
def test_a_published_number_is_passed_by_the_margin_or_not(reference: float, margin: float, decision: Decision) -> None:
    assert judged(ABOVE, reference=reference, margin=margin).decision is decision


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"corpus": "referit"}, "measured on referit, but this run uses flickr30k"),
        ({"split": "val"}, "measured on the val split, but runs use the test split"),
    ],
)
def test_a_number_of_another_corpus_or_split_is_tested_by_nothing_here(values: dict[str, str], why: str) -> None:
    found = judged(ABOVE, **values)
    assert found.decision is Decision.not_testable
    assert found.untestable is not None
    assert why in found.untestable
    assert (found.hypotheses, found.deciding, found.family, found.power) == ((), None, 0, None)
    assert isnan(found.p)
    assert isnan(found.estimate)


def test_a_rival_with_so_many_times_the_data_is_met_at_every_two_amounts_so_far_apart() -> None:
    found = judged(SAVES)
    (one,) = found.hypotheses
    assert (one.fraction.label, one.against and one.against.label) == ("0.5", "1")
    assert one.basis == two_way_difference(OUTCOMES["sprm", 0.5], OUTCOMES["refinement", 1.0], PHRASES)
    assert found.decision is Decision.supported
    assert found.margin == 2
    five, ten = judged(SAVES, factor=5.0), judged(SAVES, factor=10.0)
    assert [(one.fraction.label, one.against and one.against.label) for one in five.hypotheses] == [("0.1", "0.5")]
    assert [(one.fraction.label, one.against and one.against.label) for one in ten.hypotheses] == [("0.1", "1")]
    assert isinstance(found, MoreEfficientVerdict)
    assert found.multipliers == ()


def test_a_factor_of_one_meets_the_rival_at_each_amount() -> None:
    found = judged(SAVES, factor=1.0)
    assert [one.basis for one in found.hypotheses] == [
        two_way_difference(OUTCOMES["sprm", at], OUTCOMES["refinement", at], PHRASES) for at in (0.1, 0.5, 1.0)
    ]


@pytest.mark.parametrize(
    ("rival", "decision"),
    [
        ((0.2, 0.35, 0.5), Decision.supported),
        ((0.2, 0.35, 0.58), Decision.inconclusive),
        ((0.2, 0.35, 0.7), Decision.refuted),
    ],
)
def test_a_rival_that_is_as_good_with_more_data_refutes_it(
    rival: tuple[float, float, float], decision: Decision
) -> None:
    assert judged(SAVES, drawn(refinement=rival)).decision is decision


def test_shots_are_amounts_of_data_like_fractions() -> None:
    phrases = PHRASES[:40]
    outcomes = {("prior", 0): counts(0.4, phrases, 1, 0)} | {
        (system, shots): counts(level, phrases, 3, stream)
        for stream, (system, shots, level) in enumerate(
            [("sprm", 16, 0.6), ("sprm", 64, 0.7), ("refinement", 16, 0.1), ("refinement", 64, 0.3)]
        )
    }
    on = evidence(outcomes, phrases, fractions=(16, 64), seeds=3)
    saves, better = judge([SAVES.model_copy(update={"factor": 4.0}), BETTER.model_copy(update={"at": (64,)})], on)
    assert [(one.fraction.label, one.against and one.against.label) for one in saves.hypotheses] == [
        ("16-images", "64-images")
    ]
    assert [one.fraction.images for one in better.hypotheses] == [64]
    assert {saves.decision, better.decision} == {Decision.supported}


def test_of_two_fractions_that_round_to_one_number_of_images_the_larger_stands_for_both() -> None:
    on = evidence(OUTCOMES, PHRASES, train_images=2)
    found = judged(BETTER, on)
    assert [(one.fraction.label, one.fraction.images) for one in found.hypotheses] == [("0.5", 1), ("1", 2)]
    assert [one.basis for one in found.hypotheses] == [one.basis for one in judged(BETTER).hypotheses[1:]]
    assert found.family == 2


@pytest.mark.parametrize("at", [(0.1,), (0.5,), (0.1, 0.5)])
def test_fractions_of_as_many_images_are_one_hypothesis_by_whichever_they_are_named(at: tuple[float, ...]) -> None:
    found = judged(BETTER, evidence(OUTCOMES, PHRASES, train_images=2), at=at)
    assert [one.fraction.label for one in found.hypotheses] == ["0.5"]
    assert (found.family, found.decision) == (1, Decision.supported)


def test_so_few_images_that_no_two_amounts_are_so_far_apart_leave_efficiency_untested() -> None:
    found = judged(SAVES, evidence(OUTCOMES, PHRASES, train_images=2), factor=5.0)
    assert (found.decision, found.hypotheses, found.power) == (Decision.not_testable, (), None)
    assert statement(found) == (
        "The claim cannot be tested: with so few training images, no two fractions are as far apart as the claim "
        "requires."
    )
    assert_sound(found)


@pytest.mark.parametrize("claim", [BETTER, ABOVE, SAVES])
@pytest.mark.parametrize(
    ("system", "rival", "status"),
    [("all right", "all wrong", Status.constant), ("all right", "all right", Status.constant)],
)
def test_systems_that_are_all_right_or_all_wrong_leave_no_spread_to_go_by(
    claim: SystemClaim, system: str, rival: str, status: Status
) -> None:
    rows = {"all right": np.tile(PHRASES, (5, 1)), "all wrong": np.zeros((5, len(PHRASES)))}
    outcomes = {(name, at): rows[rows_of] for name, rows_of in (("sprm", system), ("refinement", rival))
                for at in (0.1, 0.5, 1.0)}  # fmt: skip
    found = judged(claim, evidence({**outcomes, ("prior", 0): rows[rival][:1]}, PHRASES))
    assert found.decision is Decision.not_testable
    assert {one.basis.status for one in found.hypotheses} == {status}
    assert found.deciding is not None
    assert found.estimate == pytest.approx(0.5 if claim is ABOVE else 1.0 if rival == "all wrong" else 0.0)
    assert isnan(found.p)


@pytest.mark.parametrize("images", [1, len(PHRASES) // 2, 2 * len(PHRASES)])
def test_a_number_of_another_count_of_images_is_not_comparable(images: int) -> None:
    found = judged(ABOVE.model_copy(update={"images": images}))
    assert found.decision is Decision.not_testable
    assert found.untestable == (
        f"the published accuracy was measured on {images:,} images, but this run has {len(PHRASES):,} test images"
    )


def test_a_few_images_that_could_not_be_used_leave_a_number_comparable() -> None:
    found = judged(ABOVE.model_copy(update={"images": len(PHRASES) + 1}))
    assert found.hypotheses == judged(ABOVE).hypotheses


def test_power_is_that_of_the_hardest_step_of_holms_method() -> None:
    found = judged(BETTER)
    assert found.deciding is not None
    assert found.power is not None
    expected = minimum_detectable_effect(found.deciding.components, 5, len(PHRASES), alpha=0.05 / 2 / 3)
    assert found.power.detectable == expected
