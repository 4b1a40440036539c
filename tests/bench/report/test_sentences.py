from __future__ import annotations

import re
from dataclasses import replace
from math import nan

import pytest

from bench.analysis import CompetitiveDecision, CompetitiveStep, Decision, Gain, Portion
from bench.report.sentences import gain_statement, largest_gain_statement, qualifications, statement
from bench.stats import Estimate, NonInferiority, Status, Verdict

FULL, HALF, TENTH = Portion("1", 1200, 1.0), Portion("0.5", 600, 0.5), Portion("0.1", 120, 0.1)


def loss(estimate: float, status: Status = Status.ok) -> Estimate:
    return Estimate(estimate, 0.004, 6.5, estimate - 0.009, estimate + 0.009, 0.2, status, 5, 300)


def step(portion: Portion, verdict: Verdict, estimate: float, p: float, *, reached: bool = True) -> CompetitiveStep:
    outcome = NonInferiority(loss(estimate), 0.025, p, estimate - 0.0074, estimate + 0.0083, verdict)
    return CompetitiveStep(portion, outcome, reached)


SUPPORTED = CompetitiveDecision(
    system="sprm",
    margin=0.025,
    decision=Decision.supported,
    reference=FULL,
    steps=(step(HALF, Verdict.non_inferior, 0.0042, 0.0112), step(TENTH, Verdict.inferior, 0.0671, 0.9981)),
    smallest=HALF,
    seeds=(0, 1, 2, 3, 4),
    seeds_planned=5,
    prior=step(FULL, Verdict.inferior, 0.0952, 0.99999).outcome,
)


def numbers(sentence: str) -> list[str]:
    return re.findall(r"[−+]?(?:\d[\d,]*)?\.?\d+", sentence)


def test_a_supported_claim_names_amounts_loss_interval_margin_and_p() -> None:
    told = statement(SUPPORTED)
    assert numbers(told) == ["600", "50", "1,200", "0.4", "90", "−0.3", "1.2", "2.5", ".011"]
    assert "competitive" in told
    assert "shown to be less than the margin" in told


def test_a_loss_that_is_shown_within_the_margin_is_called_a_loss() -> None:
    lower = step(HALF, Verdict.within_margin, 0.0142, 0.0112)
    assert "more than nothing but less than the margin" in statement(replace(SUPPORTED, steps=(lower,)))


def test_where_the_sequence_stops_is_told_with_its_numbers() -> None:
    stop, prior = qualifications(SUPPORTED)
    assert numbers(stop) == ["120", "10", "6.7", "90", "6.0", "7.5", "2.5", ".99"]
    assert "no less than the margin" in stop
    assert "Smaller amounts" not in stop
    assert numbers(prior) == ["9.5", "90", "8.8", "10.4", "1,200"]
    assert "it takes training" in prior


def test_amounts_below_the_stop_are_said_to_be_untested() -> None:
    failed = step(HALF, Verdict.inconclusive, 0.02, 0.07)
    first = step(Portion("0.75", 900, 0.75), Verdict.non_inferior, 0.001, 0.001)
    below = step(TENTH, Verdict.inferior, 0.06, 0.99, reached=False)
    told = qualifications(replace(SUPPORTED, steps=(first, failed, below), smallest=first.portion))
    assert "ends at 600 images" in told[0]
    assert "Smaller amounts are therefore not tested." in told[0]


@pytest.mark.parametrize(
    ("verdict", "decision", "words"),
    [
        (Verdict.inferior, Decision.refuted, "no less than the margin"),
        (Verdict.inconclusive, Decision.inconclusive, "left open"),
        (Verdict.not_testable, Decision.not_testable, "cannot be tested"),
    ],
)
def test_every_other_decision_has_its_own_words_and_never_says_competitive_is_shown(
    verdict: Verdict, decision: Decision, words: str
) -> None:
    first = step(HALF, verdict, 0.031, 0.61)
    if verdict is Verdict.not_testable:
        first = CompetitiveStep(HALF, NonInferiority(loss(0.031, Status.one_seed), 0.025, nan, nan, nan, verdict), True)
    told = statement(replace(SUPPORTED, decision=decision, steps=(first,), smallest=None))
    assert words in told
    assert "2.5 points" in told
    assert "600 images (50 %)" in told
    assert "shown to be less" not in told
    assert "nan" not in told


def test_a_margin_that_the_prior_meets_is_called_out() -> None:
    prior = step(FULL, Verdict.non_inferior, 0.004, 0.01).outcome
    told = qualifications(replace(SUPPORTED, prior=prior))
    assert any("no training at all is competitive too" in line for line in told)


def test_lost_seeds_and_a_smaller_reference_are_told() -> None:
    told = qualifications(replace(SUPPORTED, seeds=(0, 3), reference=HALF))
    assert any("Only 2 of 5 seeds" in line and "(0 and 3)" in line for line in told)
    assert any("600 images, is 50 %" in line for line in told)


def test_one_amount_of_data_leaves_nothing_to_compare() -> None:
    told = statement(replace(SUPPORTED, decision=Decision.not_testable, steps=(), smallest=None))
    assert "nothing to compare" in told


def gain(portion: Portion, estimate: float, p_holm: float, status: Status = Status.ok) -> Gain:
    return Gain("sprm", "prior", portion, loss(estimate, status), p_holm, 12)


def test_gains_are_grouped_by_what_was_shown() -> None:
    told = gain_statement([gain(TENTH, -0.02, 0.01), gain(HALF, 0.01, 0.31), gain(FULL, 0.04, 0.0001)])
    assert "more accurate with 1,200" in told
    assert "less accurate with 120" in told
    assert "not shown to differ with 600" in told
    assert "family of 12" in told


def test_a_gain_is_stated_with_interval_and_adjusted_p() -> None:
    told = largest_gain_statement(gain(FULL, 0.0412, 0.0213))
    assert numbers(told) == ["1,200", "4.1", "95", "3.2", "5.0", ".021"]
    assert "gains" in told


def test_a_significant_deficit_is_stated_as_a_loss_with_its_interval_the_right_way_round() -> None:
    told = largest_gain_statement(gain(FULL, -0.0412, 0.0213))
    assert "loses 4.1 points" in told
    assert "3.2 to 5.0" in told


def test_an_undecided_difference_is_neither_gain_nor_loss() -> None:
    told = largest_gain_statement(gain(FULL, 0.0042, 0.4))
    assert "differs from the prior by +0.4 points" in told
    assert "no difference is shown" in told


@pytest.mark.parametrize("status", [Status.one_seed, Status.one_image, Status.constant])
def test_what_was_not_tested_is_not_called_undecided(status: Status) -> None:
    one = gain(FULL, 0.04, nan, status)
    assert "not tested with 1,200" in gain_statement([one])
    assert "p =" not in largest_gain_statement(one)
