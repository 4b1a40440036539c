"""The tables of a report."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import groupby
from typing import Any

import pandas as pd

from bench.analysis.curves import CurvePoint, TypePoint
from bench.analysis.fraction import Fraction
from bench.report.analyse import Analysis
from bench.report.tables.claims import hypotheses, verdicts
from bench.report.tables.columns import amount_fields, estimate_cell, estimate_fields
from bench.report.tables.comparisons import comparison_tables
from bench.report.tables.corpus import left_out, unknown_words, words
from bench.report.tables.corpus_sizes import corpus_sizes
from bench.report.tables.examples import example_rates
from bench.report.tables.fair_play import fair_play, tuning
from bench.report.tables.learning import learning_tables
from bench.report.tables.looks import looks
from bench.report.tables.phrase_properties import phrase_properties
from bench.report.tables.published import published
from bench.report.tables.reliability import reliability
from bench.report.tables.table import Table
from bench.report.tables.throughput import effort
from bench.report.tables.ties import ties
from bench.report.tables.training import training, variance_table
from bench.report.tables.where_gained import where_gained_tables
from bench.report.text.entity_types import shown, which
from bench.systems.system import BOUNDS, Role
from bench.text.numbers import NONE, count, percent, share_of
from bench.verdicts.look_series import look_series
from sprm.evaluation.metric import METRICS


def tables(analysis: Analysis) -> list[Table]:
    """Make every table that the run has something for."""
    made = [
        curve(analysis),
        untrained(analysis),
        ties(analysis.ties, analysis.measure),
        *comparison_tables(analysis),
        types(analysis),
    ]
    made += [corpus_sizes(analysis.by_size), *learning_tables(analysis)]
    made += [
        phrase_properties(analysis.properties, analysis.measure),
        *where_gained_tables(analysis.where, analysis.measure),
        training(analysis.courses),
        variance_table(analysis.variances, analysis.measure),
        fair_play(analysis),
        tuning(analysis),
    ]
    tested = (verdict for verdict in analysis.verdicts if verdict.hypotheses)
    judged = [verdicts(analysis.verdicts), *map(hypotheses, tested), looks(look_series(analysis.looks))]
    read = [words(analysis.manifest), unknown_words(analysis.manifest), left_out(analysis.manifest)]
    shown = [] if analysis.examples is None else [example_rates(analysis.examples)]
    shown.append(reliability(analysis.reliabilities))
    rest = [*shown, published(analysis), composition(analysis), *read, effort(analysis)]
    every = [table for table in [*judged, *made, *rest] if table.rows]
    return [replace(table, data=table.data.rename(columns=analysis.measure.column)) for table in every]


def curve(analysis: Analysis) -> Table:
    """Accuracy of trained systems by amount of data; the data also has the prior, repeated at each amount."""
    points = {(point.system, point.fraction): point for point in analysis.curve}
    trained = _unique(point.system for point in analysis.curve if point.fraction is not None)
    rows = tuple(
        (count(fraction.images), share_of(fraction), *(_accuracy(points.get((name, fraction))) for name in trained))
        for fraction in analysis.fractions
    )
    data = [_point(point, fraction) for point in analysis.curve for fraction in _amounts(point, analysis.fractions)]
    return Table(
        name="curve",
        caption=(
            f"{analysis.measure.title} in percent with its 95 % interval (cut at 0 and 100), by number of training "
            "images."
        ),
        header=("Training images", "Fraction", *trained),
        rows=rows if trained else (),
        data=pd.DataFrame(data),
        words=0,
    )


def untrained(analysis: Analysis) -> Table:
    """What needs no training: chance, the prior, the upper bound."""
    points_ = [point for point in analysis.curve if point.fraction is None]
    shown = [METRICS.by_name()[name] for name in analysis.protocol.metrics]
    return Table(
        name="untrained",
        caption=(
            "Untrained systems, in percent, with 95 % intervals. "
            + " ".join(f"{metric.title}: {metric.definition}." for metric in shown)
        ),
        header=("System", *(metric.title for metric in shown)),
        rows=tuple(
            (_title(point), _accuracy(point), *(estimate_cell(own) for own in point.others.values()))
            for point in points_
        ),
        data=pd.DataFrame([_point(point, None) for point in points_]),
    )


def types(analysis: Analysis) -> Table:
    """Accuracy by entity type: untrained systems, and trained ones with the most data they have."""
    largest = {point.system: point.fraction for point in analysis.types}
    all_types = [point.entity_type for point in analysis.types]
    kept = [point for point in analysis.types if point.fraction == largest[point.system]]
    by_type = [
        list(own) for name, own in groupby(kept, key=lambda point: point.entity_type) if name in shown(all_types)
    ]
    bounds = {name for name, own in analysis.protocol.systems.items() if own.role in BOUNDS}
    rows = tuple(
        (own[0].entity_type, count(own[0].phrases), *(_by_type(point, bounds) for point in own)) for own in by_type
    )
    titles = [f"{name} ({count(amount.images)})" if amount else name for name, amount in largest.items()]
    data = [
        {"entity_type": point.entity_type, "phrases": point.phrases, "system": point.system}
        | amount_fields(point.fraction)
        | estimate_fields(point.accuracy)
        for point in analysis.types
    ]
    return Table(
        name="entity_types",
        caption=(
            f"{analysis.measure.title} in percent by entity type, with the largest training set; exploratory. "
            f"A phrase of several types counts in each.{which(all_types)}"
        ),
        header=("Entity type", "Phrases", *titles),
        rows=rows,
        data=pd.DataFrame(data),
    )


def composition(analysis: Analysis) -> Table:
    """Shares of the entity types in the subsets as drawn."""
    names = sorted(analysis.shares, key=lambda name: -analysis.shares[name])
    columns = shown(names)
    rows = [
        (count(subsets.fraction.images), *(_range(subsets.low[name], subsets.high[name]) for name in columns))
        for subsets in analysis.composition
        if subsets.fraction.share < 1
    ]
    total = (
        "all " + count(analysis.manifest.splits["train"].images),
        *(f"{100 * analysis.shares[name]:.0f}" for name in columns),
    )
    data = [
        {**amount_fields(subsets.fraction), "entity_type": name, "low": subsets.low[name], "high": subsets.high[name]}
        | {"whole_training_set": analysis.shares[name]}
        for subsets in analysis.composition
        for name in names
    ]
    return Table(
        name="composition",
        caption=(
            "Percentage of a subset's images that show each entity type; lowest and highest over the seeds."
            + which(names)
        ),
        header=("Training images", *columns),
        rows=(*rows, total),
        data=pd.DataFrame(data),
        words=0,
    )


def _point(point: CurvePoint, fraction: Fraction | None) -> dict[str, Any]:
    others = {
        f"{metric}_{name}": getattr(estimate, name)
        for metric, estimate in point.others.items()
        for name in ("estimate", "low", "high")
    }
    own = {"system": point.system, "kind": point.kind, **amount_fields(fraction)}
    accuracy = estimate_fields(point.accuracy)
    # The p-value of an accuracy tests that it is 0, which nobody asks.
    del accuracy["p"]
    return {**own, "accuracy": accuracy.pop("estimate"), **accuracy, "seed_sd": point.seed_sd, **others}


def _amounts(point: CurvePoint, fractions: tuple[Fraction, ...]) -> tuple[Fraction | None, ...]:
    if point.role is Role.prior:
        return fractions
    return () if point.fraction is None else (point.fraction,)


def _title(point: CurvePoint) -> str:
    return f"{point.system} ({point.role})" if point.role in BOUNDS else point.system


def _accuracy(point: CurvePoint | None) -> str:
    return NONE if point is None else estimate_cell(point.accuracy)


def _by_type(point: TypePoint, bounds: set[str]) -> str:
    return percent(point.accuracy.estimate) if point.system in bounds else estimate_cell(point.accuracy)


def _range(low: float, high: float) -> str:
    ends = f"{100 * low:.0f}", f"{100 * high:.0f}"
    return ends[0] if ends[0] == ends[1] else "–".join(ends)


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
