"""The tables of a report."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from itertools import groupby
from typing import Any

import pandas as pd

from bench.analysis import Analysis, CurvePoint, Portion, TypePoint
from bench.report.entity_types import shown, which
from bench.report.numbers import (
    NONE,
    count,
    exact_points,
    interval,
    percent,
    points,
    probability,
    share,
    signed,
)
from bench.report.reading import left_out, unknown_words, words
from bench.report.tabulation import Table
from bench.report.throughput import effort
from bench.stats import Estimate, Status


def tables(analysis: Analysis) -> list[Table]:
    """Make every table that the run has something for."""
    made = [curve(analysis), untrained(analysis), gains(analysis), *competition(analysis), types(analysis)]
    read = [words(analysis.manifest), unknown_words(analysis.manifest), left_out(analysis.manifest)]
    return [table for table in [*made, composition(analysis), *read, effort(analysis)] if table.rows]


def curve(analysis: Analysis) -> Table:
    """Accuracy of trained systems by amount of data; the data also has the prior, repeated at each amount."""
    found = {(point.system, point.portion): point for point in analysis.curve}
    trained = _unique(point.system for point in analysis.curve if point.portion is not None)
    rows = tuple(
        (count(portion.images), share(portion.share), *(_accuracy(found.get((name, portion))) for name in trained))
        for portion in analysis.portions
    )
    data = [_point(point, portion) for point in analysis.curve for portion in _amounts(point, analysis.portions)]
    return Table(
        name="curve",
        caption="Accuracy in percent with its 95 % interval (cut at 0 and 100), by training images.",
        header=("Training images", "Share", *trained),
        rows=rows if trained else (),
        data=pd.DataFrame(data),
        words=0,
    )


def untrained(analysis: Analysis) -> Table:
    """What needs no training: chance, the prior, the upper bound."""
    points_ = [point for point in analysis.curve if point.portion is None]
    return Table(
        name="untrained",
        caption="Systems that are not trained: accuracy and pointing accuracy in percent, with 95 % intervals.",
        header=("System", "Accuracy", "Pointing"),
        rows=tuple((_title(point), _accuracy(point), _estimate(point.pointing)) for point in points_),
        data=pd.DataFrame([_point(point, None) for point in points_]),
    )


def gains(analysis: Analysis) -> Table:
    """Trained systems against the prior."""
    rows, data = [], []
    for gain in analysis.gains:
        difference = gain.difference
        rows.append(
            (
                gain.system,
                count(gain.portion.images),
                signed(difference.estimate),
                f"[{signed(difference.low)}, {signed(difference.high)}]" if difference.status.has_interval else NONE,
                probability(difference.p),
                probability(gain.p_holm),
            )
        )
        own = {"system": gain.system, "prior": gain.prior, **_amount(gain.portion), **_numbers(difference)}
        data.append({**own, "p_holm": gain.p_holm, "family": gain.family})
    family = analysis.gains[0].family if analysis.gains else 0
    return Table(
        name="gains",
        caption=f"Difference to the prior in points, paired by image; Holm's correction over a family of {family}.",
        header=("System", "Training images", "Difference", "95 % interval", "p", "p (Holm)"),
        rows=tuple(rows),
        data=pd.DataFrame(data),
    )


def competition(analysis: Analysis) -> list[Table]:
    """The fixed sequence of each claim, from the largest fraction down."""
    made = []
    for number, decision in enumerate(analysis.decisions, start=1):
        rows, data = [], []
        for step in decision.steps:
            outcome = step.outcome
            tested = outcome.loss.status is Status.ok
            rows.append(
                (
                    outcome.verdict.value if step.reached else "not reached",
                    count(step.portion.images),
                    share(step.portion.share),
                    points(outcome.loss.estimate),
                    f"[{points(outcome.at_least)}, {points(outcome.at_most)}]" if tested else NONE,
                    probability(outcome.p) if step.reached else NONE,
                )
            )
            own = {"system": decision.system, **_amount(step.portion), "reference_images": decision.reference.images}
            bounds = {"at_least": outcome.at_least, "at_most": outcome.at_most, "p_margin": outcome.p}
            verdict = {"verdict": outcome.verdict.value, "reached": step.reached, "margin": decision.margin}
            data.append({**own, **_numbers(outcome.loss), **bounds, **verdict})
        made.append(
            Table(
                name="competition" if len(analysis.decisions) == 1 else f"competition-{number}",
                caption=(
                    f"{decision.system}: loss in points against {count(decision.reference.images)} training images, "
                    f"margin {exact_points(decision.margin)} points, tested from the largest fraction down."
                ),
                header=("Verdict", "Training images", "Share", "Loss", "90 % interval", "p"),
                rows=tuple(rows),
                data=pd.DataFrame(data),
            )
        )
    return made


def types(analysis: Analysis) -> Table:
    """Accuracy by entity type: untrained systems, and trained ones with the most data they have."""
    largest = {point.system: point.portion for point in analysis.types}
    all_types = [point.entity_type for point in analysis.types]
    kept = [point for point in analysis.types if point.portion == largest[point.system]]
    by_type = [
        list(own) for name, own in groupby(kept, key=lambda point: point.entity_type) if name in shown(all_types)
    ]
    bounds = {name for name, own in analysis.protocol.systems.items() if own.kind in ("random", "oracle")}
    rows = tuple(
        (own[0].entity_type, count(own[0].phrases), *(_by_type(one, bounds) for one in own)) for own in by_type
    )
    titles = [f"{name} ({count(amount.images)})" if amount else name for name, amount in largest.items()]
    data = [
        {"entity_type": one.entity_type, "phrases": one.phrases, "system": one.system}
        | _amount(one.portion)
        | _numbers(one.accuracy)
        for one in analysis.types
    ]
    return Table(
        name="entity_types",
        caption=(
            "Accuracy in percent by entity type, with the largest training set; exploratory, so without tests. "
            f"A phrase of several types counts in each.{which(all_types)}"
        ),
        header=("Entity type", "Phrases", *titles),
        rows=rows,
        data=pd.DataFrame(data),
    )


def composition(analysis: Analysis) -> Table:
    """Realised shares of the entity types in the subsets."""
    names = sorted(analysis.shares, key=lambda name: -analysis.shares[name])
    columns = shown(names)
    rows = [
        (count(one.portion.images), *(_range(one.low[name], one.high[name]) for name in columns))
        for one in analysis.composition
        if one.portion.share < 1
    ]
    total = (
        "all " + count(analysis.manifest.splits["train"].images),
        *(f"{100 * analysis.shares[name]:.0f}" for name in columns),
    )
    data = [
        {**_amount(one.portion), "entity_type": name, "low": one.low[name], "high": one.high[name]}
        | {"whole_training_set": analysis.shares[name]}
        for one in analysis.composition
        for name in names
    ]
    return Table(
        name="composition",
        caption=(
            "Share of a subset's images that show each entity type, in percent; lowest and highest over the seeds."
            + which(names)
        ),
        header=("Training images", *columns),
        rows=(*rows, total),
        data=pd.DataFrame(data),
        words=0,
    )


def _point(point: CurvePoint, portion: Portion | None) -> dict[str, Any]:
    pointing = {f"pointing_{name}": getattr(point.pointing, name) for name in ("estimate", "low", "high")}
    own = {"system": point.system, "kind": point.kind, **_amount(portion)}
    accuracy = _numbers(point.accuracy)
    # The p-value of an accuracy tests that it is nought, which nobody asks.
    del accuracy["p"]
    return {**own, "accuracy": accuracy.pop("estimate"), **accuracy, "seed_sd": point.seed_sd, **pointing}


def _numbers(estimate: Estimate) -> dict[str, Any]:
    """Name an estimate's fields as columns beside those of its training data."""
    return {"test_images" if name == "images" else name: value for name, value in asdict(estimate).items()}


def _amounts(point: CurvePoint, portions: tuple[Portion, ...]) -> tuple[Portion | None, ...]:
    if point.kind == "prior":
        return portions
    return () if point.portion is None else (point.portion,)


def _amount(portion: Portion | None) -> dict[str, Any]:
    if portion is None:
        return {"fraction": "0", "training_images": 0, "share": 0.0}
    return {"fraction": portion.label, "training_images": portion.images, "share": portion.share}


def _title(point: CurvePoint) -> str:
    role = {"random": "chance", "oracle": "upper bound"}.get(point.kind)
    return f"{point.system} ({role})" if role else point.system


def _accuracy(point: CurvePoint | None) -> str:
    return NONE if point is None else _estimate(point.accuracy)


def _estimate(estimate: Estimate) -> str:
    if not estimate.status.has_interval:
        return percent(estimate.estimate)
    return f"{percent(estimate.estimate)} {interval(estimate)}"


def _by_type(point: TypePoint, bounds: set[str]) -> str:
    return percent(point.accuracy.estimate) if point.system in bounds else _estimate(point.accuracy)


def _range(low: float, high: float) -> str:
    ends = f"{100 * low:.0f}", f"{100 * high:.0f}"
    return ends[0] if ends[0] == ends[1] else "–".join(ends)


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
