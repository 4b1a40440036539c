"""Turns of phrase that statements about claims share."""

from __future__ import annotations

from math import isnan

from bench.analysis.fraction import Fraction
from bench.text.numbers import amount, exact_points, p_statement, percent, share, signed, span
from bench.verdicts.hypothesis import Hypothesis


def trained_on(system: str, fraction: Fraction | None) -> str:
    """Name a system with its training data: `sprm with 250 images (25 %)`; the name alone when it is not trained."""
    return system if fraction is None else f"{system} with {amount(fraction)}"


def evidence(hypothesis: Hypothesis, *, family: int) -> str:
    """Write a lead's interval and p-value, as between brackets: `95 % interval 0.4 to 2.0; adjusted p = .011`."""
    adjusted = "adjusted " if family > 1 else ""
    p = "" if isnan(hypothesis.p_adjusted) else f"; {adjusted}{p_statement(hypothesis.p_adjusted)}"
    return f"{share(hypothesis.confidence)} interval {span(hypothesis.low, hypothesis.high)}{p}"


def lead_of(hypothesis: Hypothesis, *, family: int) -> str:
    """Write a lead in points with its evidence: `+1.2 points (95 % interval 0.4 to 2.0; p = .011)`."""
    return f"{signed(hypothesis.estimate)} points ({evidence(hypothesis, family=family)})"


def by_margin(margin: float) -> str:
    """Write a lead's margin as the end of a comparison: nothing for none, else ` by more than 2 points`."""
    return f" by more than {exact_points(margin)} points" if margin else ""


def share_range(low: float, high: float) -> str:
    """Write the ends of an interval of shares in percent: `71.2 to 90.4 %`."""
    return f"{percent(low)} to {percent(high)} %"
