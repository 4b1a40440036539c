"""Accuracy by what phrases are like, as a table."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from bench.analysis.fraction import Fraction
from bench.analysis.phrase_properties import PropertyPoint
from bench.analysis.phrase_strata import BINS, Property
from bench.report.tables.columns import amount_fields, estimate_cell, estimate_fields
from bench.report.tables.table import Table
from bench.text.measures import Measure
from bench.text.numbers import NONE, count, listed
from bench.text.statuses import cluster_robust


def phrase_properties(properties: Sequence[PropertyPoint], measure: Measure) -> Table:
    """Accuracy of the prior and of the first trained system by bin; the data also have the other trained systems."""
    trained = list(dict.fromkeys(point.system for point in properties if point.fraction is not None))
    shown = [point for point in properties if point.fraction is None or point.system == trained[0]]
    columns = list(dict.fromkeys((point.system, point.fraction) for point in shown))
    method = cluster_robust(point.accuracy for point in shown if point.fraction is not None)
    rows = []
    for name in BINS:
        for label in BINS[name]:
            own = [point for point in shown if (point.property, point.bin) == (name, label)]
            # By heads every amount has phrases of its own.
            for subset in dict.fromkeys(point.subset for point in own):
                rows.append(_row(name, label, [point for point in own if point.subset == subset], columns))
    return Table(
        name="phrase_properties",
        caption=(
            f"{measure.title} in percent with its 95 % interval ({method}, cut at 0 and 100, not corrected for their "
            "number) by what a phrase is like; exploratory. Same-label boxes: boxes of the image with the label of the "
            "box that covers the target best, that box included. Noun in the label set: whether the detector has "
            "a label with the phrase's head, as it stands or without the ending of a plural. Head in the subset: "
            "phrases of the training subset with the phrase's head, counted for each seed; the number of test phrases "
            "is the mean over seeds. "
            f"{measure.title} is then a ratio of sums, its variance linearised."
            + (f" The CSV file also has {listed(trained[1:])}." if trained[1:] else "")
        ),
        header=("Property", "Bin", "Subset", "Phrases", *(_title(*column) for column in columns)),
        rows=tuple(rows),
        data=pd.DataFrame(
            [
                {"property": point.property.value, "bin": point.bin, "phrases": point.phrases, "system": point.system}
                | amount_fields(point.fraction)
                | {"subset_images": None if point.subset is None else point.subset.images}
                | estimate_fields(point.accuracy)
                for point in properties
            ]
        ),
        words=3,
    )


def _row(
    name: Property, label: str, own: Sequence[PropertyPoint], columns: Sequence[tuple[str, Fraction | None]]
) -> tuple[str, ...]:
    cells = {(point.system, point.fraction): estimate_cell(point.accuracy) for point in own}
    subset = own[0].subset
    amount = NONE if subset is None else count(subset.images)
    return name.value, label, amount, count(round(own[0].phrases)), *(cells.get(column, NONE) for column in columns)


def _title(system: str, fraction: Fraction | None) -> str:
    return system if fraction is None else f"{system} ({count(fraction.images)})"
