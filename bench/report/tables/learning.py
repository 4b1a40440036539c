"""The tables of learning curves: what is read off each, and what two of them say of each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from math import isnan
from typing import Any

import pandas as pd

from bench.analysis.efficiency import Multiplier
from bench.analysis.learning import Learning
from bench.report.analyse import Analysis
from bench.report.tables.columns import amount_fields, difference_cells, estimate_cell, estimate_fields
from bench.report.tables.table import Table
from bench.stats import AmountNeeded, CurveStatus, Interval, NeededStatus
from bench.text.curve_words import WHY_NO_CURVE, needed_cell, times, whole
from bench.text.measures import Measure
from bench.text.numbers import NONE, count, cut, hypotheses, listed, percent, probability

LAW, READ = ("Exponent", "Limit"), ("For 95 %", "For the prior", "Area", "p (rise)")
LAW_BY_TYPE, READ_BY_TYPE = ("Exponent",), ("For 95 %", "For the prior", "Area")
"""The rest is left to the data: a table with two names in front would be too wide for the page."""
OF_LAW = "Exponent and limit of the fitted power law; the limit is the {measure} in percent that it approaches."
MEANING = (
    "For 95 %: training images needed for 95 % of the {measure} at the largest fraction. For the prior: training "
    "images needed to match the {measure} of the prior. {bounds} Area: {measure.mean} in percent over the logarithm of "
    "the number of images, without a fitted curve. p (rise): Page's test that {measure} rises with the number of "
    "images, for new trainings on these test images, with Holm's correction over {family}. In brackets: 95 % intervals."
)
BOUNDS = (
    "Less than or more than: a bound of the 95 % interval, if the {measure} is already reached at the smallest "
    "fraction, or not reached at the largest. (beyond): extrapolated beyond the largest fraction."
)
BETWEEN = (
    "Without a power law, values are interpolated linearly between the measured points on a log scale of images; "
    "points where {measure} falls are pooled. The intervals assume that the curve follows these lines."
)


def learning_tables(analysis: Analysis) -> list[Table]:
    """Make the tables of learning curves; those of a run without trained systems have no rows."""
    return [
        learning_curves(analysis.learning, analysis.measure),
        learning_bands(analysis.learning, analysis.measure),
        data_multipliers(analysis.multipliers, analysis.measure),
        areas(analysis),
        learning_by_type(analysis),
    ]


def learning_curves(learned: Sequence[Learning], measure: Measure) -> Table:
    """What is read off the curve of each trained system."""
    family = learned[0].family if learned else 0
    columns = _columns(learned, LAW, READ)
    sentences = [OF_LAW.format(measure=measure)] if LAW[0] in columns else []
    sentences += [
        MEANING.format(family=hypotheses(family), bounds=BOUNDS.format(measure=measure), measure=measure),
        *_refused(learned, measure),
    ]
    return Table(
        name="learning_curves",
        caption=" ".join(sentences),
        header=("System", *columns),
        rows=tuple((learning.system, *_read(learning, columns)) for learning in learned),
        data=pd.DataFrame([_fields(learning) for learning in learned]),
    )


def learning_bands(learned: Sequence[Learning], measure: Measure) -> Table:
    """The simultaneous band of each trained system."""
    rows, data = [], []
    for learning in learned:
        for fraction, point, band in zip(
            learning.fractions, learning.curve.points, learning.band.intervals, strict=True
        ):
            shown = " ".join(filter(None, (percent(point.estimate), _cut(band))))
            rows.append((learning.system, count(fraction.images), shown))
            own = {"system": learning.system, **amount_fields(fraction), "accuracy": point.estimate}
            data.append(
                {**own, **asdict(band), "pointwise_level": learning.band.level, "status": learning.band.status.value}
            )
    return Table(
        name="learning_bands",
        caption=f"{measure.title} in percent with a 95 % band that holds for all fractions of a system at once.",
        header=("System", "Training images", measure.title),
        rows=tuple(rows),
        data=pd.DataFrame(data),
    )


def data_multipliers(multipliers: Sequence[Multiplier], measure: Measure) -> Table:
    """How much more data each system needs to equal another; a pair without a curve has one row."""
    rows = []
    for (system, rival), members in groupby(multipliers, key=lambda multiplier: (multiplier.system, multiplier.rival)):
        own = list(members)
        if all(multiplier.needed.status is NeededStatus.no_curve for multiplier in own):
            rows.append((rival, system, "all", NONE, "no curve"))
            continue
        for multiplier in own:
            images, accuracy = count(multiplier.fraction.images), percent(multiplier.needed.accuracy)
            rows.append((rival, system, images, accuracy, needed_cell(multiplier.needed, times)))
    without = [multiplier.rival for multiplier in multipliers if multiplier.status is not CurveStatus.ok]
    between = f" {_without_law(list(dict.fromkeys(without)))} {BETWEEN.format(measure=measure)}" if without else ""
    data = [
        {
            "system": multiplier.system,
            "rival": multiplier.rival,
            **amount_fields(multiplier.fraction),
            "seeds": _spaced(multiplier.seeds),
        }
        | {
            "accuracy": multiplier.needed.accuracy,
            "multiple": multiplier.needed.value,
            **asdict(multiplier.needed.interval),
        }
        | {"status": multiplier.needed.status.value, "rival_curve": multiplier.status.value}
        for multiplier in multipliers
    ]
    return Table(
        name="data_multipliers",
        caption=(
            f"How many times as many images a system needs, according to its curve, to match the measured {measure} of "
            f"another. Below 1, it needs fewer images. {BOUNDS.format(measure=measure)}{between} In brackets: 95 % "
            "intervals."
        ),
        header=("System", "To match", "Trained on", measure.title, "Times the data"),
        rows=tuple(rows),
        data=pd.DataFrame(data),
        words=2,
    )


def areas(analysis: Analysis) -> Table:
    """Every two trained systems over all amounts that both have."""
    rows, data = [], []
    for area in analysis.areas:
        p = probability(area.difference.p), probability(area.p_holm)
        images = [fraction.images for fraction in area.fractions]
        amounts = listed([count(number) for number in images]) or NONE
        rows.append((area.system, area.rival, amounts, *difference_cells(area.difference), *p))
        own = {
            "system": area.system,
            "rival": area.rival,
            "amounts": _spaced(images),
            "seed_numbers": _spaced(area.seeds),
        }
        data.append({**own, **estimate_fields(area.difference), "p_holm": area.p_holm, "family": area.family})
    family = analysis.areas[0].family if analysis.areas else 0
    return Table(
        name="areas",
        caption=(
            f"Difference in points between the mean {analysis.measure.several} over the logarithm of the number of "
            f"images, paired by seed and image; Holm's correction over {hypotheses(family)}."
        ),
        header=("System", "Rival", "Training images", "Difference", "95 % interval", "p", "p (Holm)"),
        rows=tuple(rows),
        data=pd.DataFrame(data),
        words=3,
    )


def learning_by_type(analysis: Analysis) -> Table:
    """What is read off the curve of each trained system on each entity type; exploratory."""
    learned = analysis.learning_by_type
    family = learned[0].family if learned else 0
    kept = len({learning.entity_type for learning in learned})
    total = len({point.entity_type for point in analysis.types})
    tested = f", and trends, with Benjamini and Hochberg's correction over {hypotheses(family)}" if family else ""
    columns = _columns(learned, LAW_BY_TYPE, READ_BY_TYPE)
    refused = sum(learning.curve.law is None for learning in learned)
    law = f" No power law for {refused} of the {len(learned)} curves; the CSV file has the reasons." if refused else ""
    which = f" Shown: the {kept} most frequent of {total} entity types." if kept < total else ""
    return Table(
        name="learning_by_type",
        caption=(
            f"Exploratory: the same for each entity type; a phrase of several types counts in each.{which}{law} "
            f"The CSV file also has the limits{tested}."
        ),
        header=("Entity type", "System", *columns),
        rows=tuple((str(learning.entity_type), learning.system, *_read(learning, columns)) for learning in learned),
        data=pd.DataFrame([{"entity_type": learning.entity_type, **_fields(learning)} for learning in learned]),
        words=2,
    )


def _columns(learned: Sequence[Learning], of_law: Sequence[str], others: Sequence[str]) -> tuple[str, ...]:
    """Leave the columns of power laws out where every fit is refused."""
    return (*(of_law if any(learning.curve.law is not None for learning in learned) else ()), *others)


def _refused(learned: Sequence[Learning], measure: Measure) -> list[str]:
    """Say which systems have no power law and why, and how their amounts are read; nothing when all have one."""
    systems: dict[str, list[str]] = {}
    for learning in learned:
        if learning.curve.law is None:
            systems.setdefault(WHY_NO_CURVE[learning.curve.status], []).append(learning.system)
    sentences = [f"{_without_law(names)[:-1]}: {why}." for why, names in systems.items()]
    return [*sentences, BETWEEN.format(measure=measure)] if sentences else []


def _without_law(systems: Sequence[str]) -> str:
    return f"No power law for {listed(systems)}."


def _read(learning: Learning, columns: Sequence[str]) -> list[str]:
    law = learning.curve.law
    cells = {
        "Exponent": "none" if law is None else f"{law.b:.2f}",
        "Limit": NONE if law is None else f"{percent(law.c)} {_cut(learning.curve.limit)}",
        "For 95 %": needed_cell(learning.n_95, whole),
        "For the prior": NONE if learning.to_match_prior is None else needed_cell(learning.to_match_prior, whole),
        "Area": estimate_cell(learning.area),
        "p (rise)": probability(learning.p_adjusted),
    }
    return [cells[column] for column in columns]


def _cut(interval: Interval) -> str:
    return "" if isnan(interval.low) else cut(interval.low, interval.high)


def _fields(learning: Learning) -> dict[str, Any]:
    law, limit, twice = learning.curve.law, learning.curve.limit, learning.twice
    return {
        "system": learning.system,
        "phrases": learning.phrases,
        "amounts": _spaced([fraction.images for fraction in learning.fractions]),
        "seeds": _spaced(learning.seeds),
        "status": learning.curve.status.value,
        "reason": learning.curve.fit.reason,
        **({"c": None, "a": None, "b": None} if law is None else asdict(law)),
        **{f"c_{name}": value for name, value in asdict(limit).items()},
        **_needed("n_95", learning.n_95),
        **({} if learning.to_match_prior is None else _needed("prior", learning.to_match_prior)),
        "twice_images": twice.amount,
        "twice_accuracy": twice.accuracy,
        **{f"twice_{name}": value for name, value in asdict(twice.interval).items()},
        **{f"area_{name}": value for name, value in asdict(learning.area).items() if name != "p"},
        **{f"trend_{name}": value for name, value in asdict(learning.trend).items()},
        "trend_p_adjusted": learning.p_adjusted,
        "family": learning.family,
    }


def _needed(name: str, needed: AmountNeeded) -> dict[str, Any]:
    ends = {f"{name}_{end}": value for end, value in asdict(needed.interval).items()}
    amount = {f"{name}_accuracy": needed.accuracy, f"{name}_images": needed.value}
    return {**amount, **ends, f"{name}_status": needed.status.value}


def _spaced(numbers: Sequence[int]) -> str:
    return " ".join(map(str, numbers))
