"""Verdicts made by hand, and the check that their words are made of their numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from functools import partial
from math import isnan, nan
from typing import Any

from hand_made_evidence import ROBUST, SMALL
from pydantic import BaseModel

from bench.analysis.fraction import Fraction
from bench.claims.above_reference import AboveReferenceVerdict
from bench.claims.better_than import BetterThanVerdict
from bench.claims.competitive import CompetitiveClaim, CompetitiveVerdict
from bench.claims.more_efficient import MoreEfficientVerdict
from bench.claims.retains import RetainsClaim, RetainsVerdict
from bench.claims.robust import RobustVerdict
from bench.protocol.claim import Claim
from bench.stats import DetectableEffect, Estimate, Finding, SeedsNeeded, SeedsStatus, Status, VarianceComponents
from bench.stats.outcomes.power import POWER as POWER_SHOWN
from bench.stats.outcomes.two_way import CONFIDENCE
from bench.text.curve_words import times
from bench.text.numbers import count, exact_points, p_statement, percent, points, probability, share, signed
from bench.verdicts.hypothesis import Decision, Hypothesis
from bench.verdicts.power import Power
from bench.verdicts.statement import qualifications, statement
from bench.verdicts.verdict import Verdict

ALL, HALF, TENTH = Fraction("1", 1200, 1.0), Fraction("0.5", 600, 0.5), Fraction("0.1", 120, 0.1)
SPREAD = VarianceComponents(0.01, 0.2, 0.1)
YES, NO = Decision.supported, Decision.refuted
OPEN, NONE = Decision.inconclusive, Decision.not_testable
OUTCOMES = {YES: Finding.non_inferior, NO: Finding.inferior, OPEN: Finding.inconclusive, NONE: Finding.not_testable}
UNKNOWN = SeedsNeeded(None, nan, SeedsStatus.unknown)
POWER = Power(DetectableEffect(0.0138, 0.005, 9.0, Status.ok), nan, UNKNOWN, 0.025)
UNDEFINED = re.compile(r"\bnan\b|\bNone\b|\binf\b|–|_")
NOT_SHOWN = re.compile(r"no difference|(?<!To )\bequal\b(?!-steps)|identical|\b1 (?:seeds|images)\b")
"""What no sentence may say: that two things are equal, which no test here shows; and a plural of one."""

VERDICTS: dict[str, Callable[..., Verdict]] = {
    "above_reference": AboveReferenceVerdict,
    "better_than": BetterThanVerdict,
    "competitive": CompetitiveVerdict,
    "more_efficient": partial(MoreEfficientVerdict, multipliers=()),
    "retains": partial(RetainsVerdict, last_step=None),
}


def found(
    decision: Decision,
    fraction: Fraction = ALL,
    against: Fraction | None = None,
    *,
    estimate: float = 0.0423,
    p: float = 0.0112,
    adjusted: float | None = None,
    status: Status = Status.one_seed,
    reached: bool = True,
) -> Hypothesis:
    """Make a hypothesis; one that is not testable has no number but its estimate."""
    tested = decision is not NONE
    low, high = (estimate - 0.0181, estimate + 0.0184) if tested else (nan, nan)
    p = p if tested else nan
    basis = Estimate(estimate, 0.008, 9.5, low, high, p, Status.ok if tested else status, 5, 300)
    return Hypothesis(
        fraction=fraction, against=against, basis=basis, components=SPREAD, estimate=estimate, low=low, high=high,
        confidence=0.95, p=p, p_adjusted=p if adjusted is None else adjusted, decision=decision, finding="",
        reached=reached,
    )  # fmt: skip


def verdict(claim: Claim, decision: Decision, *each: Hypothesis, deciding: int = 0, **values: Any) -> Verdict:
    return VERDICTS[claim.kind](
        claim=claim, decision=decision, method="", hypotheses=each, deciding=each[deciding] if each else None,
        family=len(each), seeds_planned=5, images=300, train_images=1200,
        **{"margin": getattr(claim, "margin", 0.0), "seeds": (0, 1, 2, 3, 4), "power": POWER, **values},
    )  # fmt: skip


def competitive(decision: Decision, *each: Hypothesis, deciding: int = 0, **values: Any) -> CompetitiveVerdict:
    smallest = each[deciding].fraction if decision is YES else None
    own = {"reference": ALL, "smallest": smallest, "up_to": None, "prior": None, "last_step": None}
    kept = {name: values.pop(name, value) for name, value in own.items()}
    each = tuple(
        replace(one, confidence=0.9, finding=OUTCOMES[one.decision].value, p_against=1 - one.p) for one in each
    )
    claim = values.pop("claim", SMALL.model_copy(update={"margin": 0.025}))
    made = verdict(claim, decision, *each, deciding=deciding, **values, **kept)
    assert isinstance(made, CompetitiveVerdict)
    return made


def robust(decision: Decision, about: Decision, **controls: Decision) -> RobustVerdict:
    names = {"last-epoch": controls["first"], "equal-steps": controls["second"]}
    judged = {name: competitive(one, found(one, HALF, ALL)) for name, one in names.items()}
    tested = competitive(about, found(about, HALF, ALL))
    return RobustVerdict(
        claim=ROBUST, decision=decision, margin=0.025, method="", hypotheses=(), deciding=None, family=2,
        seeds=(0, 1, 2, 3, 4), seeds_planned=5, images=300, train_images=1200, system="sprm", about=tested,
        controls=judged,
    )  # fmt: skip


def numbers_of(record: object) -> Iterator[float | int]:
    """Yield every number in a record, and how long its sequences are."""
    if isinstance(record, bool | Enum | str) or record is None:
        return
    if isinstance(record, int | float):
        yield record
    elif isinstance(record, list | tuple):
        yield len(record)
        for member in record:
            yield from numbers_of(member)
    elif isinstance(record, dict):
        yield from numbers_of(tuple(record.values()))
    elif isinstance(record, BaseModel):
        yield from numbers_of(record.model_dump())
    elif is_dataclass(record):
        for field in fields(record):
            yield from numbers_of(getattr(record, field.name))


def written(number: float | int) -> set[str]:
    """Return every form in which the report writes a number."""
    if isnan(number):
        return set()
    forms = {f"{number:g}", signed(number), points(number), percent(number), exact_points(number)}
    forms |= {share(number).removesuffix(" %")}
    forms |= {probability(number).removeprefix("< ").removeprefix("> ")} if 0 <= number <= 1 else set()
    forms |= {count(number)} if isinstance(number, int) else {times(number)} if number > 0 else set()
    return forms


def numbers_in(told: str, claim: Claim) -> list[str]:
    """Return the numbers in a text but for those in names."""
    names = [str(value) for value in claim.model_dump().values() if isinstance(value, str)]
    for name in sorted(names, key=len, reverse=True):
        told = told.replace(name, "")
    return re.findall(r"[−+]?\d+(?:,\d{3})*(?:\.\d+)?|\.\d+", told)


def assert_made_of(one: Verdict, *texts: str) -> None:
    """Hold that every number in texts is one of a verdict's."""
    allowed = set().union(*(written(number) for number in numbers_of(one)), written(POWER_SHOWN), written(CONFIDENCE))
    for told in texts:
        assert set(numbers_in(told, one.claim)) <= allowed, told


def assert_in_order(one: Verdict, told: str) -> None:
    """Hold that a statement tells the deciding estimate, the ends of its interval and its p-value, in this order.

    A loss that is shown to be no less than its margin has no p-value to tell: that of losing less would be near 1.
    """
    own = one.deciding
    if own is None or own.decision is NONE:
        return
    is_share, is_loss = isinstance(one.claim, RetainsClaim), isinstance(one.claim, CompetitiveClaim)
    estimate = percent(own.estimate) if is_share else f"{(points if is_loss else signed)(own.estimate)} points"
    ends = [percent(end) if is_share else points(end) for end in (own.low, own.high)]
    interval = "" if isnan(own.low) else f"({share(own.confidence)} interval {ends[0]} to {ends[1]}"
    p = "" if is_loss and own.decision is NO else p_statement(own.p_adjusted)
    parts = [re.escape(part) for part in (estimate, interval, p) if part]
    assert re.search(rf"(?<![\d.+−]){'.*?'.join(parts)}", told) is not None, told
    assert p or not re.search(r"\bp [=<>]", told), told


def assert_sound(one: Verdict) -> None:
    """Hold that a verdict's words are made of its numbers, each in its place, undefined ones left out."""
    texts = one.claimed(), statement(one), *qualifications(one)
    assert_made_of(one, *texts)
    assert_in_order(one, statement(one))
    for told in texts:
        told = told.replace(str(getattr(one.claim, "source", None)), "its source")
        assert UNDEFINED.search(told) is None, told
        assert NOT_SHOWN.search(told) is None, told
        assert told.endswith(".")
        assert ".." not in told
        assert "  " not in told
