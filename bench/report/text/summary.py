"""What a practitioner asks first: what training is worth, and what more of it."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, isnan, log10

from bench.analysis.comparisons import Comparison
from bench.analysis.curves import CurvePoint
from bench.analysis.fraction import Fraction
from bench.report.analyse import Analysis
from bench.stats import Status
from bench.stats.outcomes.two_way import LEVEL
from bench.text.measures import Measure
from bench.text.numbers import amount, count, images, listed, percent, points, span
from bench.text.statuses import WHY_NOT

SYSTEMS = 2
"""Trained systems that are summed up, the first of the protocol; the rest of the report has all."""
STEPS = 2
"""Largest steps from one amount to the next that are summed up; the table of neighbouring amounts has all."""


def summary(analysis: Analysis) -> list[str]:
    """Sum up what training is worth: accuracies without and with it, then each system's steps and its first lead.

    Of many trained systems, it is also said which is best at which amount.

    Only differences that are tested are stated, and one that is not shown is called so. Nothing without a trained
    system.
    """
    largest = {point.system: point for point in analysis.curve if point.fraction is not None}
    systems = list(largest)[:SYSTEMS]
    if not systems:
        return []
    prior = next((point for point in analysis.curve if point.system == analysis.protocol.prior), None)
    lines = [_levels(prior, [largest[system] for system in systems], analysis.measure), _standings(analysis)]
    for system in systems:
        steps = [step for step in analysis.neighbours if step.system == system][-STEPS:]
        leads = [lead for lead in analysis.gains if lead.system == system]
        lines.append(" ".join([*_steps(steps), *_first_lead(leads, analysis.measure)]))
    return [line for line in lines if line]


def _levels(prior: CurvePoint | None, trained: Sequence[CurvePoint], measure: Measure) -> str:
    levels = [
        f"{percent(point.accuracy.estimate)} % for {point.system} with {amount(_fraction(point))}" for point in trained
    ]
    if prior is None:
        return f"{measure.title}: {listed(levels)}."
    untrained = f"{percent(prior.accuracy.estimate)} % for {prior.system} (not trained)"
    return f"{measure.title}: {listed([untrained, *levels])}."


def _standings(analysis: Analysis) -> str:
    """Name the trained system with the best estimate at each amount; nothing where all are summed up anyway."""
    trained = [point for point in analysis.curve if point.fraction is not None and not isnan(point.accuracy.estimate)]
    if len({point.system for point in trained}) <= SYSTEMS:
        return ""
    best: dict[str, list[str]] = {}
    for fraction in dict.fromkeys(map(_fraction, trained)):
        points_there = [point for point in trained if point.fraction == fraction]
        first = max(points_there, key=lambda point: point.accuracy.estimate)
        best.setdefault(first.system, []).append(count(fraction.images))
    amounts = [f"{system} with {listed(own)}" for system, own in best.items()]
    return f"Highest {analysis.measure} of the trained systems: {'; '.join(amounts)} training images."


def _steps(steps: Sequence[Comparison]) -> list[str]:
    """State what each amount of data adds to the next smaller one, from the largest down."""
    shown = [step for step in reversed(steps) if step.p_adjusted < LEVEL]
    open_ = [step for step in steps if step.p_adjusted >= LEVEL]
    untested = [step for step in steps if isnan(step.p_adjusted)]
    sentences = []
    if shown:
        first, *others = shown
        sentences += [_step(first, name=True), *(_step(step, name=False) for step in others)]
    if open_:
        ranges = listed([_range(step) for step in open_])
        of = "" if shown else f" of {open_[0].system}"
        sentences.append(f"The change{of} is not significant {ranges} images.")
    for status in dict.fromkeys(step.difference.status for step in untested):
        ranges = listed([_range(step) for step in untested if step.difference.status is status])
        sentences.append(f"Whether {untested[0].system} gains {ranges} images is not tested: {WHY_NOT[status]}.")
    return sentences


def _step(step: Comparison, *, name: bool) -> str:
    """State one step that is shown; with the system's name, or as one of several."""
    verb, sign = ("gains", 1) if step.difference.estimate >= 0 else ("loses", -1)
    size = sign * step.difference.estimate
    reach = span(*sorted((sign * step.difference.low, sign * step.difference.high)))
    unit = 10 ** floor(log10(step.added_images))
    each = f"{points(sign * step.per_added_image * unit)} points per {'image' if unit == 1 else images(unit)} added"
    who = step.system if name else "it"
    return f"{_capital(_range(step))} images, {who} {verb} {points(size)} points (95 % interval {reach}), {each}."


def _first_lead(leads: Sequence[Comparison], measure: Measure) -> list[str]:
    """State with how few images a system is shown to be above the prior."""
    if not leads:
        return []
    system, prior = leads[0].system, leads[0].rival
    shown = [lead for lead in leads if lead.p_adjusted < LEVEL and lead.difference.estimate > 0]
    if shown:
        return [
            f"The smallest fraction with which {system} is significantly {measure.better} than {prior} is "
            f"{amount(shown[0].fraction)}."
        ]
    if not all(isnan(lead.p_adjusted) for lead in leads):
        return [f"{system} is not significantly {measure.better} than {prior} at any fraction."]
    why: Status = leads[-1].difference.status
    return [f"Whether {system} is {measure.better} than {prior} is not tested: {WHY_NOT[why]}."]


def _range(step: Comparison) -> str:
    return f"from {count(_rival(step).images)} to {count(step.fraction.images)}"


def _rival(step: Comparison) -> Fraction:
    assert step.rival_fraction is not None
    return step.rival_fraction


def _fraction(point: CurvePoint) -> Fraction:
    assert point.fraction is not None
    return point.fraction


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
