"""Sentences that state what families of comparisons show; every number in them is one of the comparisons' fields."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isnan

from bench.analysis.comparisons import Comparison
from bench.stats import Status
from bench.stats.outcomes.two_way import LEVEL
from bench.text.measures import Measure
from bench.text.numbers import amount, count, hypotheses, listed, p_statement, points, signed, span
from bench.text.statuses import WHY_NOT, reach

CHANGES = ("gains", "loses", "does not change significantly", "is not tested")


def gain_statement(gains: Sequence[Comparison], measure: Measure) -> str:
    """State at which amounts of data one system differs from the prior.

    Args:
        gains: of one system, ascending by amount of data; at least one.
        measure: what is compared.
    """
    return _stated("Compared with the prior", _leads(measure), gains)


def lead_statement(leads: Sequence[Comparison], measure: Measure) -> str:
    """State at which amounts of data one trained system differs from another.

    Args:
        leads: of the same two systems, ascending by amount of data; at least one.
        measure: what is compared.
    """
    return _stated(f"Compared with {leads[0].rival}", _leads(measure), leads)


def change_statement(changes: Sequence[Comparison]) -> str:
    """State which amounts of data change the accuracy of one system against the next smaller amount.

    Args:
        changes: of one system, ascending by amount of data; at least one.
    """
    return _stated("Compared with the next smaller fraction", CHANGES, changes)


def largest_gain_statement(gain: Comparison) -> str:
    """State how much training adds to the prior at one amount of data."""
    difference = gain.difference
    where = f"Trained on {amount(gain.fraction)}, {gain.system}"
    differs = f"{where} differs from the prior by {signed(difference.estimate)} points"
    if not difference.status.has_interval:
        return f"{differs}. There is no interval, because {WHY_NOT[difference.status]}."
    p = f"adjusted {p_statement(gain.p_adjusted)}"
    if not gain.p_adjusted < LEVEL:
        tested = f"{p}: not significant" if difference.status is Status.ok else "not tested"
        between = span(difference.low, difference.high)
        return f"{differs} (95 % interval{reach(difference.status)} {between}; {tested})."
    verb, sign = ("gains", 1) if difference.estimate >= 0 else ("loses", -1)
    between = span(*sorted((sign * difference.low, sign * difference.high)))
    size = points(sign * difference.estimate)
    return f"{where} {verb} {size} points compared with the prior (95 % interval {between}; {p})."


def _leads(measure: Measure) -> tuple[str, ...]:
    return f"is {measure.better}", f"is {measure.worse}", "is not significantly different", "is not tested"


def _stated(scope: str, words: Sequence[str], comparisons: Sequence[Comparison]) -> str:
    """State what is shown of new trainings, then what the very models show where nothing is known of others."""
    first, subject = comparisons[0], comparisons[0].system
    correction = f"{first.family.correction}'s correction over {hypotheses(first.family_size)}, 5 % level"
    tested = any(not isnan(comparison.p_adjusted) for comparison in comparisons)
    statement = f"{scope}, {subject} {_findings(words, comparisons, lambda comparison: comparison.p_adjusted)}"
    statement += f" ({correction})." if tested else "."
    for status in (Status.one_seed, Status.identical_seeds):
        own = [
            comparison
            for comparison in comparisons
            if comparison.difference.status is status and not isnan(comparison.p_fixed_adjusted)
        ]
        if own:
            statement += (
                f" For these trained models on new images, {subject} "
                f"{_findings(words, own, lambda comparison: comparison.p_fixed_adjusted)} (sign flips of whole images, "
                f"{correction}). {WHY_NOT[status][0].upper()}{WHY_NOT[status][1:]}."
            )
    return statement


def _findings(words: Sequence[str], comparisons: Sequence[Comparison], p_of: Callable[[Comparison], float]) -> str:
    """List the fractions by what was found, in a sentence each, of which the first and the last are open-ended.

    Args:
        words: what to say of a gain, a loss, of neither shown, and of no test.
        comparisons: ascending by amount of data; at least one.
        p_of: the p-value to go by.
    """
    groups: dict[str, list[str]] = {finding: [] for finding in words}
    for comparison in comparisons:
        groups[words[_finding(comparison.difference.estimate, p_of(comparison))]].append(
            count(comparison.fraction.images)
        )
    filled = {finding: amounts for finding, amounts in groups.items() if amounts}
    first = next(iter(filled))
    noun = "image" if filled[first] == ["1"] else "images"
    return ". It ".join(
        f"{finding} with {listed(amounts)}{f' training {noun}' if finding == first else ''}"
        for finding, amounts in filled.items()
    )


def _finding(difference: float, p: float) -> int:
    if isnan(p):
        return 3
    if not p < LEVEL:
        return 2
    return 0 if difference > 0 else 1
