"""Verdicts in words."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from math import nan

import numpy as np
import pytest
from hand_made_evidence import ABOVE, BETTER, CLAIMS, KEEPS, SAVES, SMALL, evidence, poor_studies, study
from hypothesis import given, settings
from made_verdicts import (
    ALL,
    HALF,
    NO,
    NONE,
    OPEN,
    POWER,
    TENTH,
    YES,
    assert_in_order,
    assert_made_of,
    assert_sound,
    competitive,
    found,
    robust,
    verdict,
)  # fmt: skip

from bench.claims.competitive import CompetitiveVerdict
from bench.stats import Finding, Status
from bench.verdicts.hypothesis import Decision, Hypothesis
from bench.verdicts.judge import judge
from bench.verdicts.statement import qualifications, statement
from bench.verdicts.verdict import Verdict

BETTERS = {
    "all amounts, supported": (
        verdict(BETTER, YES, found(YES, TENTH, estimate=0.02, p=0.004, adjusted=0.008), found(YES, p=0.0001)),
        "sprm is more accurate than prior with each of 120 and 1,200 training images. Its least certain lead is with "
        "120 images (10 %): +2.0 points (95 % interval 0.2 to 3.8; adjusted p = .008).",
    ),
    "all amounts, refuted": (
        verdict(BETTER, NO, found(NO, TENTH, estimate=-0.03, p=0.004, adjusted=0.008), found(YES)),
        "sprm is not more accurate than prior with 120 images (10 %): the difference is −3.0 points (95 % interval "
        "−4.8 to −1.2; adjusted p = .008). One such fraction refutes the claim.",
    ),
    "some amounts": (
        verdict(BETTER, OPEN, found(OPEN, TENTH, estimate=0.004, p=0.61, adjusted=0.61), found(YES, HALF), found(YES)),
        "sprm is shown to be more accurate than prior with 600 and 1,200 training images, but not with 120. With 120 "
        "images (10 %), the difference is +0.4 points (95 % interval −1.4 to 2.2; adjusted p = .61).",
    ),
    "no amount": (
        verdict(BETTER, OPEN, found(OPEN, TENTH, estimate=0.0, p=1.0, adjusted=1.0), found(OPEN)),
        "sprm is not shown to be more accurate than prior with any of 120 and 1,200 training images. With 120 images "
        "(10 %), the difference is 0.0 points (95 % interval −1.8 to 1.8; adjusted p > .99).",
    ),
    "one amount, supported": (
        verdict(BETTER, YES, found(YES)),
        "sprm is more accurate than prior with all 1,200 images: the difference is +4.2 points (95 % interval 2.4 to "
        "6.1; p = .011).",
    ),
    "one amount, refuted": (
        verdict(BETTER, NO, found(NO, estimate=-0.0423)),
        "sprm is not more accurate than prior with all 1,200 images: the difference is −4.2 points (95 % interval −6.0 "
        "to −2.4; p = .011).",
    ),
    "one amount, open, with a margin": (
        verdict(BETTER.model_copy(update={"margin": 0.015}), OPEN, found(OPEN, HALF, estimate=0.02, p=0.55)),
        "sprm is not shown to be more accurate than prior by more than 1.5 points with 600 images (50 %): the "
        "difference is +2.0 points (95 % interval 0.2 to 3.8; p = .55).",
    ),
    "not testable": (
        verdict(BETTER, NONE, found(YES, TENTH), found(NONE, status=Status.nan), deciding=1),
        "Whether sprm is more accurate than prior with all 1,200 images cannot be tested: trials are missing.",
    ),
}  # fmt: skip
ABOVES = {
    YES: "With all 1,200 images, sprm is above 50 %: the difference is +4.2 points (95 % interval 2.4 to 6.1; p = "
    ".011). The published number is taken as exact.",
    NO: "With all 1,200 images, sprm is not above 50 %: the difference is +4.2 points (95 % interval 2.4 to 6.1; p = "
    ".011). The published number is taken as exact.",
    OPEN: "With all 1,200 images, sprm is not shown to be above 50 %: the difference is +4.2 points (95 % interval 2.4 "
    "to 6.1; p = .011). The published number is taken as exact.",
    NONE: "Whether sprm with all 1,200 images is above 50 % cannot be tested: there is only one seed, so nothing is "
    "known about other trainings.",
}
EFFICIENTS = {
    YES: "refinement needs more than 2 times the data: the lead of sprm with 600 images (50 %) over refinement with "
    "all 1,200 images is +4.2 points (95 % interval 2.4 to 6.1; p = .011).",
    NO: "It is refuted that refinement needs more than 2 times the data. The lead of sprm with 600 images (50 %) over "
    "refinement with all 1,200 images is +4.2 points (95 % interval 2.4 to 6.1; p = .011).",
    OPEN: "It is not shown that refinement needs more than 2 times the data. The lead of sprm with 600 images (50 %) "
    "over refinement with all 1,200 images is +4.2 points (95 % interval 2.4 to 6.1; p = .011).",
    NONE: "Whether refinement needs more than 2 times the data cannot be tested with the lead of sprm with 600 images "
    "(50 %) over refinement with all 1,200 images: there is only one seed, so nothing is known about other trainings.",
}
KEPT = {
    YES: "With 120 images (10 %), sprm keeps 81.2 % of the gain of all 1,200 images over prior (95 % interval 79.4 to "
    "83.0 %), shown to be more than 50 % (p = .011).",
    NO: "With 120 images (10 %), sprm keeps 81.2 % of the gain of all 1,200 images over prior (95 % interval 79.4 to "
    "83.0 %), shown to be less than 50 % (p = .011).",
    OPEN: "With 120 images (10 %), sprm keeps 81.2 % of the gain of all 1,200 images over prior (95 % interval 79.4 to "
    "83.0 %), which may be more or less than 50 % (p = .011).",
    NONE: "Whether sprm with 120 images (10 %) keeps more than 50 % of the gain of all 1,200 images over prior cannot "
    "be tested: there is only one seed, so nothing is known about other trainings.",
}
LOSSES = {
    YES: "With 600 images (50 %), sprm is non-inferior to training on all 1,200 images. Its loss is 0.4 points (90 % "
    "interval −1.4 to 2.3), shown to be less than the margin of 2.5 points (p = .011).",
    NO: "Even with 600 images (50 %), sprm is inferior to training on all 1,200 images. Its loss is 0.4 points (90 % "
    "interval −1.4 to 2.3), shown to be no less than the margin of 2.5 points.",
    OPEN: "With 600 images (50 %), it is open whether sprm is non-inferior to training on all 1,200 images. Its loss "
    "is 0.4 points (90 % interval −1.4 to 2.3), which may be less or more than the margin of 2.5 points (p = .011).",
    NONE: "Whether sprm with 600 images (50 %) is non-inferior to training on all 1,200 images cannot be tested: there "
    "is only one seed, so nothing is known about other trainings.",
}


@pytest.mark.parametrize("name", BETTERS)
def test_a_lead_over_a_rival_is_told_with_its_amounts_interval_and_p(name: str) -> None:
    one, sentence = BETTERS[name]
    assert statement(one) == sentence
    assert_sound(one)


@pytest.mark.parametrize("decision", Decision)
def test_every_verdict_on_a_published_number_has_its_sentence(decision: Decision) -> None:
    one = verdict(ABOVE, decision, found(decision))
    assert statement(one) == ABOVES[decision]
    assert_sound(one)


@pytest.mark.parametrize("decision", Decision)
def test_every_verdict_on_efficiency_has_its_sentence(decision: Decision) -> None:
    one = verdict(SAVES, decision, found(decision, HALF, ALL), margin=2.0)
    assert statement(one) == EFFICIENTS[decision]
    assert_sound(one)


@pytest.mark.parametrize("decision", Decision)
def test_every_verdict_on_a_share_kept_has_its_sentence(decision: Decision) -> None:
    one = verdict(KEEPS, decision, found(decision, TENTH, ALL, estimate=0.8121), margin=0.5)
    assert statement(one) == KEPT[decision]
    assert_sound(one)


@pytest.mark.parametrize("decision", Decision)
def test_every_verdict_on_a_loss_has_its_sentence(decision: Decision) -> None:
    one = competitive(decision, found(decision, HALF, ALL, estimate=0.0042))
    assert statement(one) == LOSSES[decision]
    assert_sound(one)


def test_what_is_claimed_is_told_with_its_margin_and_its_amounts() -> None:
    closer = BETTER.model_copy(update={"margin": 0.02})
    above = ABOVE.model_copy(update={"margin": 0.015, "reference": 0.6143})
    told = {
        verdict(BETTER, YES, found(YES, TENTH), found(YES)).claimed(): (
            "with each of 120 and 1,200 training images, sprm is more accurate than prior."
        ),
        verdict(closer, YES, found(YES, TENTH)).claimed(): (
            "with 120 images (10 %), sprm is more accurate than prior by more than 2 points."
        ),
        competitive(YES, found(YES, HALF, ALL)).claimed(): (
            "trained on a fraction of the data, sprm loses less than 2.5 points of accuracy compared with training on "
            "all 1,200 images."
        ),
        verdict(KEEPS, YES, found(YES, TENTH, ALL)).claimed(): (
            "trained on 120 images (10 %), sprm keeps more than 50 % of the gain over prior that training on all 1,200 "
            "images brings."
        ),
        verdict(ABOVE, YES, found(YES)).claimed(): (
            "trained on all 1,200 images, sprm is more accurate than the 50 % of MAF on the test split of flickr30k."
        ),
        verdict(above, YES, found(YES, HALF)).claimed(): (
            "trained on 600 images (50 %), sprm is more accurate by more than 1.5 points than the 61.43 % of MAF on "
            "the test split of flickr30k."
        ),
        verdict(ABOVE, NONE, untestable="the number was measured elsewhere").claimed(): (
            "trained on the largest fraction, sprm is more accurate than the 50 % of MAF on the test split of "
            "flickr30k."
        ),
        verdict(SAVES, YES, found(YES, HALF, ALL)).claimed(): (
            "to be as accurate as sprm, refinement needs more than 2 times the data, at every fraction for which both "
            "systems were trained."
        ),
        replace(competitive(YES, found(YES, TENTH, ALL)), up_to=HALF).claimed(): (
            "trained on at most 600 images (50 %), sprm loses less than 2.5 points of accuracy compared with training "
            "on all 1,200 images."
        ),
    }
    for sentence, expected in told.items():
        assert sentence == expected


def test_several_amounts_make_a_claim_of_efficiency_tell_the_least_certain() -> None:
    one = verdict(SAVES, YES, found(YES, TENTH, HALF), found(YES, HALF, ALL, estimate=0.03), deciding=1, margin=2.0)
    assert statement(one) == (
        "refinement needs more than 2 times the data: sprm with each of 120 and 600 images is more accurate than "
        "refinement with 2 times as many. The least certain lead is that of sprm with 600 images (50 %) over "
        "refinement with all 1,200 images: +3.0 points (95 % interval 1.2 to 4.8; adjusted p = .011)."
    )
    assert_sound(one)


def test_a_factor_of_one_is_more_data_and_not_once_the_data() -> None:
    claim = SAVES.model_copy(update={"factor": 1.0})
    one = verdict(claim, YES, found(YES, HALF, HALF), found(YES, ALL, ALL), margin=1.0)
    assert one.claimed().startswith("to be as accurate as sprm, refinement needs more data, at every fraction")
    assert statement(one).startswith(
        "refinement needs more data: sprm with each of 600 and 1,200 images is more accurate than refinement with as "
        "many."
    )
    assert_sound(one)


def test_a_claim_of_efficiency_that_fails_somewhere_tells_where_it_holds() -> None:
    holds, fails = found(YES, TENTH, HALF), found(NO, HALF, ALL, estimate=-0.03, p=0.002, adjusted=0.004)
    one = verdict(SAVES, NO, holds, fails, deciding=1, margin=2.0)
    assert statement(one) == (
        "It is refuted that refinement needs more than 2 times the data at every fraction. The lead of sprm with 600 "
        "images (50 %) over refinement with all 1,200 images is −3.0 points (95 % interval −4.8 to −1.2; adjusted p = "
        ".004). For sprm with 120 images, it is shown."
    )
    assert_sound(one)


def test_amounts_that_could_not_be_tested_are_told_apart_from_those_where_nothing_is_shown() -> None:
    each = found(YES, HALF), found(OPEN, TENTH, estimate=0.001, p=0.4), found(NONE, ALL, status=Status.nan)
    one = verdict(BETTER, OPEN, *each, deciding=1)
    assert "with 600 training images, but not with 120. It is not tested with 1,200." in statement(one)
    assert_sound(one)


def test_a_fraction_that_is_competitive_and_not_small_leaves_it_to_the_small_one() -> None:
    passed, failed = found(YES, HALF, ALL, estimate=0.0042), found(NO, TENTH, ALL, estimate=0.0671, p=0.9981)
    plain = competitive(YES, passed, failed)
    one = replace(plain, decision=NO, deciding=plain.hypotheses[1], up_to=TENTH)
    assert statement(one) == (
        "With 600 images (50 %), sprm is non-inferior to training on all 1,200 images. The sequence of tests ends at "
        "120 images (10 %): the loss there is 6.7 points (90 % interval 4.9 to 8.6), shown to be no less than the "
        "margin of 2.5 points."
    )
    assert_sound(one)


def test_a_margin_of_nothing_is_told_of_a_loss_and_left_out_of_a_lead() -> None:
    strict = competitive(
        OPEN, found(OPEN, HALF, ALL, estimate=0.0042), claim=SMALL.model_copy(update={"margin": 0.0}), power=POWER
    )
    assert "the margin of 0 points" in statement(strict)
    assert "margin" not in " ".join([statement(BETTERS["no amount"][0]), *qualifications(BETTERS["no amount"][0])])
    assert_sound(strict)
    assert_sound(BETTERS["no amount"][0])


def test_a_loss_that_is_shown_within_the_margin_is_called_a_loss() -> None:
    one = competitive(YES, found(YES, HALF, ALL, estimate=0.0042))
    (passed,) = (replace(each, finding=Finding.within_margin.value) for each in one.hypotheses)
    assert "shown to be more than 0 but less than the margin" in statement(replace(one, deciding=passed))


def test_all_of_a_gain_kept_in_every_answer_is_told_without_an_interval() -> None:
    all_of_it = replace(found(YES, TENTH, ALL, estimate=1.0), low=nan, high=nan)
    one = verdict(KEEPS, YES, all_of_it, margin=0.5)
    assert statement(one) == (
        "With 120 images (10 %), sprm keeps 100.0 % of the gain of all 1,200 images over prior, shown to be more than "
        "50 % (p = .011)."
    )
    assert_sound(one)


def test_one_amount_of_data_leaves_nothing_to_compare() -> None:
    one = competitive(NONE)
    assert statement(one) == "sprm was trained on one fraction only, so there is nothing to compare it with."
    assert qualifications(one) == []


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.ok])
def test_every_reason_why_there_is_no_test_has_its_words(status: Status) -> None:
    for claim in (BETTER, ABOVE, SAVES):
        one = verdict(claim, NONE, found(NONE, ALL, ALL, status=status))
        assert re.search(r"cannot be tested\b.*: \w.*\.$", statement(one))
        assert_sound(one)


def test_a_claim_that_nothing_here_can_test_says_why() -> None:
    one = verdict(ABOVE, NONE, untestable="the number was measured on flickr30k, and this run was made on scenes")
    assert statement(one) == (
        "The claim cannot be tested: the number was measured on flickr30k, and this run was made on scenes."
    )
    assert_sound(one)


def test_each_control_is_told_with_its_own_statement() -> None:
    one = robust(OPEN, YES, first=YES, second=OPEN)
    assert qualifications(one)[:2] == [
        f"With last-epoch: {statement(one.controls['last-epoch'])}",
        f"With equal-steps: {statement(one.controls['equal-steps'])}",
    ]
    assert "Its loss is 4.2 points (90 % interval 2.4 to 6.1)" in qualifications(one)[1]
    assert_sound(one)


def test_a_gain_that_is_not_shown_is_told_with_its_interval() -> None:
    gain = found(NONE, TENTH, ALL, status=Status.one_seed)
    shown = replace(gain, basis=replace(gain.basis, low=-0.0012, high=0.0858, status=Status.ok), estimate=nan)
    one = verdict(KEEPS, NONE, shown, margin=0.5, untestable="there is no gain to keep a share of")
    assert statement(one) == (
        "The claim cannot be tested: there is no gain to keep a share of (+4.2 points, 95 % interval −0.1 to 8.6)."
    )
    assert_sound(one)
    without = replace(shown, basis=replace(shown.basis, low=nan, high=nan, status=Status.constant))
    assert statement(replace(one, deciding=without)).endswith("no gain to keep a share of (+4.2 points).")


def test_what_holds_under_every_control_stays_so() -> None:
    one = robust(YES, NO, first=NO, second=NO)
    assert one.claimed() == "the verdict on “small” is the same with last-epoch and equal-steps instead of sprm."
    assert statement(one) == "“small” is refuted with sprm. It is also refuted with last-epoch and equal-steps."
    assert_sound(one)


@pytest.mark.parametrize(("decision", "second"), [(NO, NO), (OPEN, OPEN), (OPEN, NONE)])
def test_what_a_control_changes_is_told_for_each(decision: Decision, second: Decision) -> None:
    one = robust(decision, YES, first=YES, second=second)
    assert statement(one) == (
        f"“small” is supported with sprm. It is supported with last-epoch and {second} with equal-steps."
    )
    assert_sound(one)


@pytest.mark.parametrize("about", [OPEN, NONE])
def test_what_settles_nothing_cannot_hold_under_a_control(about: Decision) -> None:
    one = robust(NONE, about, first=YES, second=OPEN)
    assert statement(one) == (
        f"“small” is {about} with sprm, so no verdict could hold under a control. It is supported with last-epoch and "
        "inconclusive with equal-steps."
    )
    assert_sound(one)


PHRASES = np.random.default_rng(4).integers(3, 12, 60)
STUDIES = {
    "far above": study(0.3, {name: (0.5, 0.6, 0.62) for name in ("sprm", "last-epoch")}, PHRASES),
    "far below": study(0.7, {"sprm": (0.3, 0.4, 0.6), "refinement": (0.7, 0.8, 0.9)}, PHRASES),
    "close": study(0.55, {"sprm": (0.5, 0.55, 0.57), "refinement": (0.5, 0.55, 0.57)}, PHRASES),
}


@pytest.mark.parametrize("name", STUDIES)
@pytest.mark.parametrize("margin", [0.0, 0.02, 0.3])
def test_every_number_in_words_is_one_of_the_verdicts(name: str, margin: float) -> None:
    claims = [
        claim.model_copy(update={"margin": margin} if hasattr(claim, "margin") else {})
        for claim in (*CLAIMS, SAVES.model_copy(update={"name": "as-many", "factor": 1.0}))
    ]
    verdicts = judge(claims, evidence(STUDIES[name], PHRASES))
    assert len({one.decision for one in verdicts}) > 1
    for one in verdicts:
        assert_sound(one)


@settings(deadline=None, max_examples=100)
@given(poor_studies())
def test_the_poorest_study_is_told_without_an_undefined_number(
    drawn: tuple[dict[tuple[str, float], dict[int, np.ndarray]], np.ndarray],
) -> None:
    outcomes, phrases = drawn
    for one in judge(CLAIMS, evidence(outcomes, phrases, seeds=3)):
        assert_sound(one)


OF_EACH_KIND = [
    lambda one: verdict(BETTER.model_copy(update={"margin": 0.015}), one.decision, one),
    lambda one: verdict(ABOVE.model_copy(update={"margin": 0.015}), one.decision, one),
    lambda one: verdict(SAVES, one.decision, one, margin=2.0),
    lambda one: verdict(KEEPS, one.decision, one, margin=0.5),
    lambda one: competitive(one.decision, one),
]


@pytest.mark.parametrize("of_kind", OF_EACH_KIND)
@pytest.mark.parametrize("decision", [YES, NO, OPEN])
def test_the_deciding_estimate_its_interval_and_p_stand_in_their_places(
    of_kind: Callable[[Hypothesis], Verdict], decision: Decision
) -> None:
    own = found(decision, HALF, ALL, estimate=0.6213, p=0.0345)
    one = of_kind(own)
    assert_in_order(one, statement(one))
    in_wrong_places = [
        replace(own, estimate=one.margin),
        replace(own, low=own.estimate, estimate=own.low),
        replace(own, low=own.high, high=own.low),
        *([] if isinstance(one, CompetitiveVerdict) and decision is NO else [replace(own, p=0.25, p_adjusted=0.25)]),
    ]
    for wrong in in_wrong_places:
        with pytest.raises(AssertionError):
            assert_in_order(one, statement(of_kind(wrong)))


def test_the_p_value_of_losing_less_is_not_told_where_a_loss_of_the_margin_is_shown() -> None:
    failed = found(NO, TENTH, ALL, estimate=0.0671, p=0.9981)
    for one in (competitive(NO, failed), competitive(YES, found(YES, HALF, ALL, estimate=0.0042), failed)):
        assert "> .99" not in " ".join([statement(one), *qualifications(one)])
        with pytest.raises(AssertionError):
            assert_in_order(competitive(NO, failed), f"{statement(competitive(NO, failed))} (p > .99)")


def test_the_check_of_numbers_notices_one_that_is_of_no_verdict() -> None:
    one = BETTERS["one amount, supported"][0]
    other = verdict(BETTER, YES, replace(found(YES), estimate=0.0777))
    assert_made_of(one, statement(one))
    with pytest.raises(AssertionError, match=r"\+7\.8 points"):
        assert_made_of(one, statement(other))
