"""The numbers of the figures of accuracy, for their CSV files."""

from __future__ import annotations

import pandas as pd

from bench.report.analyse import Analysis
from bench.report.figures.plotted import amount_columns, estimate_columns


def accuracy_numbers(analysis: Analysis) -> pd.DataFrame:
    """Return the accuracy of every system at every amount of data."""
    return pd.DataFrame(
        [
            {"system": point.system, **amount_columns(point.fraction), **estimate_columns("accuracy", point.accuracy)}
            for point in analysis.curve
        ]
    )


def gain_numbers(analysis: Analysis) -> pd.DataFrame:
    """Return the difference from the prior of every trained system at every amount of data."""
    return pd.DataFrame(
        [
            {"system": gain.system, "against": gain.rival, **amount_columns(gain.fraction)}
            | estimate_columns("difference", gain.difference, "points")
            for gain in analysis.gains
        ]
    )


def seed_numbers(analysis: Analysis) -> pd.DataFrame:
    """Return the accuracy of every single trial of the trained systems."""
    return pd.DataFrame(
        [
            {"system": point.system, **amount_columns(point.fraction), "seed": seed, "accuracy_percent": 100 * accuracy}
            for point in analysis.curve
            if point.fraction is not None
            for seed, accuracy in zip(point.seeds, point.by_seed, strict=True)
        ]
    )


def type_numbers(analysis: Analysis) -> pd.DataFrame:
    """Return the accuracy of every system at every amount of data on every entity type."""
    return pd.DataFrame(
        [
            {"entity_type": point.entity_type, "phrases": point.phrases, "system": point.system}
            | amount_columns(point.fraction)
            | estimate_columns("accuracy", point.accuracy)
            for point in analysis.types
        ]
    )
