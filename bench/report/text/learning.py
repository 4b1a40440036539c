"""Sentences that state how trained systems learn; every number in them is one of the records' fields."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

from bench.analysis.efficiency import AreaDifference, Multiplier
from bench.analysis.learning import Learning
from bench.report.analyse import Analysis
from bench.report.text.pairs import told_pairs, untold
from bench.stats import AmountNeeded, NeededStatus, Status, TrendStatus
from bench.stats.outcomes.two_way import LEVEL
from bench.text.amounts import interval_of, multiplier_statement
from bench.text.curve_words import WHY_NO_CURVE, WHY_NO_TREND, whole
from bench.text.measures import Measure
from bench.text.numbers import images, listed, p_statement, percent, points, signed, span
from bench.text.statuses import IMAGES_ONLY, WHY_NOT, reach


def learning_statements(analysis: Analysis) -> list[str]:
    """State how each trained system learns, and how two of them compare."""
    sentences = [learning_statement(learning, analysis.measure) for learning in analysis.learning]
    areas = {(area.system, area.rival): area for area in analysis.areas}
    learned = [learning.system for learning in analysis.learning]
    for pair in told_pairs(learned):
        area = areas[pair]
        leader = pair[::-1] if area.difference.estimate < 0 else pair
        sentences += [
            area_statement(area, analysis.measure),
            multiplier_statement(telling(analysis.multipliers, *leader)),
        ]
    return sentences + untold(learned)


def learning_statement(learning: Learning, measure: Measure) -> str:
    """State how the curve of one system stands: what it takes, where it heads, whether it rises."""
    return " ".join([*_law(learning, measure), _trend(learning, measure), *_lost_seeds(learning)])


def telling(multipliers: Sequence[Multiplier], leader: str, other: str) -> Multiplier:
    """Choose the multiplier that says most of two systems.

    It is the one at the largest amount of the leader at which the other's need is a number, or else of the other at
    which the leader's is. Where neither ever is, the leader's smallest amount says most: if that cannot be equalled,
    none can.

    Args:
        multipliers: of every ordered pair, ascending by amount.
        leader: the system that is more accurate over all amounts.
        other: the one that is compared with it.
    """
    of_leader, of_other = (
        [multiplier for multiplier in multipliers if (multiplier.system, multiplier.rival) == pair]
        for pair in ((leader, other), (other, leader))
    )
    useful = [[multiplier for multiplier in own if not isnan(multiplier.needed.value)] for own in (of_leader, of_other)]
    return next((own[-1] for own in useful if own), of_leader[0])


def area_statement(area: AreaDifference, measure: Measure) -> str:
    """State which of two systems is the more accurate over all amounts of data."""
    difference = area.difference
    if not difference.status.has_interval:
        return f"{area.system} and {area.rival} cannot be compared over all fractions: {WHY_NOT[difference.status]}."
    average = "Averaged over the curve (log scale of images),"
    if not area.p_holm < LEVEL:
        p = f"adjusted {p_statement(area.p_holm)}: not significant"
        between = f"{reach(difference.status)} {span(difference.low, difference.high)}"
        return (
            f"{average} {area.system} differs from {area.rival} by {signed(difference.estimate)} points (95 % "
            f"interval{between}; {p if difference.status is Status.ok else 'not tested'})."
        )
    sign = 1 if difference.estimate >= 0 else -1
    better, other = (area.system, area.rival)[::sign]
    between = span(*sorted((sign * difference.low, sign * difference.high)))
    return (
        f"{average} {better} is {points(sign * difference.estimate)} points {measure.better} than {other} (95 % "
        f"interval {between}; adjusted {p_statement(area.p_holm)})."
    )


def _law(learning: Learning, measure: Measure) -> list[str]:
    system, law, twice = learning.system, learning.curve.law, learning.twice
    if law is None:
        why = WHY_NO_CURVE[learning.curve.status]
        if learning.n_95.status is NeededStatus.no_curve:
            return [f"No power law is fitted to {system}: {why}."]
        return [*_levels("By interpolation", learning, measure), f"No power law is fitted: {why}."]
    limit = f"{percent(learning.curve.limit.low)} to {percent(learning.curve.limit.high)}"
    ahead = f"{percent(twice.interval.low)} to {percent(twice.interval.high)}"
    return [
        *_levels(f"According to the curve fitted to its {len(learning.fractions)} points", learning, measure),
        f"The limit of the curve is {percent(law.c)} % (95 % interval{_only(learning)} {limit}).",
        f"Extrapolated to {images(round(twice.amount))}, the curve predicts {percent(twice.accuracy)} % (95 % interval"
        f"{_only(learning)} {ahead}).",
    ]


def _levels(source: str, learning: Learning, measure: Measure) -> list[str]:
    """State what it takes for 95 % of the full accuracy and, where there is a prior, for the prior's."""
    full = f"95 % of its {measure} at {images(learning.fractions[-1].images)}"
    sentences = [f"{source}, {learning.system} {_reaching(learning.n_95, full, learning)}."]
    matched = learning.to_match_prior
    if matched is None:
        return sentences
    prior = f"the {measure} of the prior"
    level = prior if isnan(matched.accuracy) else f"{prior} ({percent(matched.accuracy)} %)"
    return [*sentences, f"It {_reaching(matched, level, learning)}."]


def _reaching(needed: AmountNeeded, level: str, learning: Learning) -> str:
    least, most = images(learning.fractions[0].images), images(learning.fractions[-1].images)
    furthest = images(round(learning.twice.amount))
    estimated = "" if isnan(needed.value) else images(round(needed.value))
    interval = interval_of(needed, whole, f"95 % interval{_only(learning)}")
    return {
        NeededStatus.ok: f"reaches {level} with {estimated}{interval}",
        NeededStatus.extrapolated: f"would reach {level} with {estimated}, beyond its largest fraction{interval}",
        NeededStatus.interpolated: f"reaches {level} with {estimated}{interval}",
        NeededStatus.already: f"already reaches {level} with {least}, its smallest fraction{interval}",
        NeededStatus.not_reached: f"does not reach {level} with {most}, its largest fraction{interval}",
        NeededStatus.beyond: f"does not reach {level} with {furthest}, the limit of extrapolation{interval}",
        NeededStatus.never: f"never reaches {level}, because the limit of its curve is not higher{interval}",
        NeededStatus.no_level: f"cannot be compared with {level}, which is not known",
        NeededStatus.unequal_seeds: f"cannot be compared with {level}, which has other seeds",
    }[needed.status]


def _trend(learning: Learning, measure: Measure) -> str:
    trend = learning.trend
    if trend.status is not TrendStatus.ok:
        return f"Whether its {measure} rises with more data is not tested: {WHY_NO_TREND[trend.status]}."
    shown = "rises significantly" if learning.p_adjusted < LEVEL else "does not rise significantly"
    return (
        f"Its {measure} {shown} with more data (Page's test over {trend.seeds} seeds, adjusted "
        f"{p_statement(learning.p_adjusted)})."
    )


def _lost_seeds(learning: Learning) -> list[str]:
    if not 0 < len(learning.seeds) < learning.seeds_planned:
        return []
    return [
        f"These numbers use {len(learning.seeds)} of {learning.seeds_planned} seeds, those with complete trials for "
        f"every fraction ({listed([str(seed) for seed in learning.seeds])})."
    ]


def _only(learning: Learning) -> str:
    """Say after "interval" that no point of the curve covers other trainings; nothing where one does."""
    reaches = {reach(point.status) for point in learning.curve.points if point.status.has_interval}
    return IMAGES_ONLY if reaches == {IMAGES_ONLY} else ""
