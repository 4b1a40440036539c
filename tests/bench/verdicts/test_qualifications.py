"""What a reader has to know beside a verdict: where a sequence stopped, the prior, power, lost seeds, late claims."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from math import nan

import pytest
from hand_made_evidence import BETTER, KEEPS, SAVES
from made_verdicts import (
    ALL,
    HALF,
    NO,
    NONE,
    OPEN,
    POWER,
    TENTH,
    UNKNOWN,
    YES,
    assert_sound,
    competitive,
    found,
    verdict,
)  # fmt: skip

from bench.analysis.efficiency import Multiplier
from bench.analysis.fraction import Fraction
from bench.stats import (
    AmountNeeded,
    CurveStatus,
    DetectableEffect,
    Estimate,
    Finding,
    Interval,
    NeededStatus,
    NonInferiority,
    SeedsNeeded,
    SeedsStatus,
    Status,
)
from bench.verdicts.hypothesis import Decision
from bench.verdicts.power import Power
from bench.verdicts.stated import StatedClaim
from bench.verdicts.statement import qualifications, statement, statement_time
from bench.verdicts.verdict import Verdict


def prior(outcome: Finding, estimate: float) -> NonInferiority:
    loss = Estimate(estimate, 0.004, 6.5, estimate - 0.009, estimate + 0.009, 0.2, Status.ok, 5, 300)
    return NonInferiority(loss, 0.025, 0.5, estimate - 0.0074, estimate + 0.0083, outcome)


def test_where_the_sequence_stops_is_told_with_its_numbers() -> None:
    stop = found(NO, TENTH, ALL, estimate=0.0671, p=0.9981)
    one = competitive(YES, found(YES, HALF, ALL, estimate=0.0042), stop, prior=prior(Finding.inferior, 0.0952))
    assert qualifications(one) == [
        "The sequence of tests ends at 120 images (10 %): the loss there is 6.7 points (90 % interval 4.9 to 8.6), "
        "shown to be no less than the margin of 2.5 points.",
        "Without training, the prior loses 9.5 points (90 % interval 8.8 to 10.4) compared with all 1,200 images. This "
        "loss is shown to be no less than the margin, so training is needed to be non-inferior.",
    ]
    assert_sound(one)


def test_amounts_below_the_stop_are_said_to_be_untested() -> None:
    first = found(YES, Fraction("0.75", 900, 0.75), ALL, estimate=0.001)
    below = found(NO, TENTH, ALL, estimate=0.06, reached=False)
    for decision, words in ((OPEN, "not shown to be less than the margin"), (NONE, "there is only one seed")):
        one = competitive(YES, first, found(decision, HALF, ALL, estimate=0.02), below)
        told, below_it = qualifications(one)
        assert told.startswith("The sequence of tests ends at 600 images (50 %): ")
        assert words in told
        assert below_it == "Smaller fractions are therefore not tested, and no conclusion is drawn about them."
        assert_sound(one)


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Finding.inferior, "shown to be no less than the margin, so training is needed to be non-inferior."),
        (Finding.non_inferior, "shown to be less than the margin: the prior is non-inferior without any training."),
        (Finding.within_margin, "shown to be less than the margin: the prior is non-inferior without any training."),
        (Finding.inconclusive, "less or more than the margin: it is not shown that training is needed at all."),
    ],
)
def test_the_prior_is_held_against_the_same_margin(outcome: Finding, words: str) -> None:
    one = competitive(NO, found(NO, HALF, ALL), prior=prior(outcome, 0.02))
    (told,) = qualifications(one)
    assert told.endswith(words)
    assert_sound(one)


def test_what_needs_no_training_is_told_with_the_statement_itself() -> None:
    one = competitive(YES, found(YES, HALF, ALL, estimate=0.0042), prior=prior(Finding.non_inferior, 0.0012))
    assert statement(one).endswith("less than the margin: the prior is non-inferior without any training.")
    assert qualifications(one) == []
    assert_sound(one)


def test_of_a_prior_that_cannot_be_tested_nothing_is_said() -> None:
    assert qualifications(competitive(NO, found(NO, HALF, ALL), prior=prior(Finding.not_testable, 0.02))) == []


def test_a_reference_that_is_not_all_the_data_is_told() -> None:
    one = competitive(NO, found(NO, TENTH, HALF), reference=HALF)
    assert qualifications(one) == [
        "The comparison is with the largest fraction of this protocol: 600 images, 50 % of the training images."
    ]
    assert_sound(one)


@pytest.mark.parametrize("seeds", [(3,), (0, 3)])
def test_lost_seeds_are_told_whatever_their_number(seeds: tuple[int, ...]) -> None:
    one = verdict(BETTER, YES, found(YES), seeds=seeds)
    assert qualifications(one) == [
        f"The comparison uses {len(seeds)} of 5 seeds, those with complete trials for every fraction that is compared "
        f"({' and '.join(map(str, seeds))})."
    ]
    assert_sound(one)


def test_seeds_of_which_none_is_common_are_told() -> None:
    one = verdict(BETTER, NONE, found(NONE), seeds=(), power=None)
    assert qualifications(one) == ["No seed has complete trials for every fraction that is compared."]
    untested = verdict(BETTER, NONE, seeds=(), power=None, untestable="the number was measured elsewhere")
    assert qualifications(untested) == []
    assert_sound(one)


def needed(effect: float, answer: SeedsNeeded) -> Power:
    return Power(POWER.detectable, effect, answer, 0.05)


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (
            verdict(BETTER, OPEN, found(OPEN)),
            "A study of this size (5 seeds, 300 test images) has 80 % power to show the claim if the true lead is "
            "1.4 points or more.",
        ),
        (
            verdict(BETTER.model_copy(update={"margin": 0.02}), OPEN, found(OPEN)),
            "A study of this size (5 seeds, 300 test images) has 80 % power to show the claim if the true lead is "
            "1.4 points or more above the margin.",
        ),
        (
            verdict(BETTER, OPEN, found(OPEN), found(YES, HALF)),
            "A study of this size (5 seeds, 300 test images) has 80 % power to show a single one of the 2 leads if the "
            "true lead is 1.4 points or more.",
        ),
        (
            competitive(
                OPEN, found(OPEN, HALF, ALL, estimate=0.02),
                power=needed(0.025, SeedsNeeded(7, 0.009, SeedsStatus.found)),
            ),
            "A study of this size (5 seeds, 300 test images) has 80 % power to show the claim if the true loss is "
            "1.4 points or more below the margin. If the true loss were 0, 7 seeds would have the same power to show "
            "the claim.",
        ),
        (
            verdict(
                KEEPS, OPEN, found(OPEN, TENTH, ALL, estimate=0.6), margin=0.5,
                power=needed(0.02, SeedsNeeded(None, 0.031, SeedsStatus.images_too_few)),
            ),
            "A study of this size (5 seeds, 300 test images) has 80 % power to show the claim if the true "
            "accuracy is 1.4 points or more above what the claim asks for. If all of the gain were kept, no number of "
            "seeds would have the same power to show the claim: it takes more test images. With infinitely many seeds, "
            "the smallest effect shown is 3.1 points.",
        ),
    ],
)  # fmt: skip
def test_what_the_study_can_show_is_told_where_a_claim_is_inconclusive(one: Verdict, told: str) -> None:
    assert qualifications(one) == [told]
    assert_sound(one)


def test_power_that_is_not_known_is_passed_over() -> None:
    unknown = Power(DetectableEffect(nan, nan, nan, Status.constant), nan, UNKNOWN, 0.025)
    assert qualifications(verdict(BETTER, OPEN, found(OPEN), power=unknown)) == []


@pytest.mark.parametrize("decision", [YES, NO, NONE])
def test_a_claim_that_is_not_inconclusive_has_no_word_on_power(decision: Decision) -> None:
    assert qualifications(verdict(BETTER, decision, found(decision))) == []


def test_a_claim_of_efficiency_comes_with_the_multiple_that_a_curve_gives() -> None:
    needs = AmountNeeded(0.5412, 4.2, Interval(2.12, 8.4), NeededStatus.ok)
    multiplier = Multiplier("sprm", "refinement", HALF, (0, 1, 2, 3, 4), needs, CurveStatus.ok)
    one = verdict(SAVES, YES, found(YES, HALF, ALL), margin=2.0, multipliers=(multiplier,))
    (told,) = qualifications(one)
    assert "refinement needs 4.20 times as many" in told
    assert_sound(one)


def test_a_claim_that_was_made_beforehand_needs_no_word_on_it() -> None:
    assert statement_time(StatedClaim("small", "f", datetime(2026, 1, 2, tzinfo=UTC), 0, 33)) == []


def test_a_claim_that_was_made_after_results_is_told_so_in_universal_time() -> None:
    east = datetime(2026, 1, 2, 5, 4, tzinfo=timezone(timedelta(hours=2)))
    assert statement_time(StatedClaim("small", "f", east, 12, 1033)) == [
        "This claim was first stated for this run on 2026-01-02 at 03:04 UTC. At that time, 12 of 1,033 trials were "
        "finished, so the claim was not fixed before all results."
    ]


def test_a_claim_of_unknown_age_does_not_count_as_made_beforehand() -> None:
    (told,) = statement_time(StatedClaim("small", "f", None, 33, 33))
    assert told.startswith("This run does not record when the claim was stated")
