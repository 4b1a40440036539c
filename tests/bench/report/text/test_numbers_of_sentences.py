"""Every number that a report's sentences state stands in one of the tables beside them."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd
import pytest
from committed_studies import STUDIES, analysed

from bench.report.analyse import Analysis
from bench.report.tables.accuracy import tables
from bench.report.tables.table import Table
from bench.report.text.story import Story, tell
from bench.text.numbers import points

NUMBER = re.compile(r"(?<![\w.])[−+]?(?:\d[\d,]*)?(?:\d|\.\d+)(?![\w])")
BESIDE = {
    "summary": ("curve", "untrained", "neighbours", "gains"),
    "gains": ("gains", "other_gains"),
    "comparisons": ("neighbours", "between_systems"),
    "learning": ("learning_curves", "learning_bands", "data_multipliers", "areas"),
    "sizes": ("corpus_sizes",),
    "variance": ("variance_shares",),
}
"""Sentences, and the tables that hold their numbers."""
LEVELS = {"5", "95", "90"}
"""Levels of tests and intervals, and the share of the full accuracy that learning curves are asked for, in percent."""


@pytest.fixture(scope="module", params=STUDIES, ids=lambda path: path.name)
def told(request: pytest.FixtureRequest) -> tuple[Analysis, Story, dict[str, Table]]:
    analysis = analysed(request.param)
    return analysis, tell(analysis), {table.name: table for table in tables(analysis)}


def numbers_of(text: str) -> set[str]:
    return {number.lstrip("+−") for number in NUMBER.findall(text)}


def written(values: Iterable[float]) -> set[str]:
    """Return numbers as they may be written: whole, as a p-value, in percent or points, to three digits."""
    forms = set()
    for value in np.abs([value for value in values if np.isfinite(value)]):
        forms |= {
            f"{value:,.0f}",
            f"{value:,.1f}",
            f"{100 * value:,.1f}",
            f"{value:.3g}",
            f"{100 * value:.3g}",
            f"{value:,.2f}",
        }
        forms |= {f"{value:.2f}"[1:], f"{value:.3f}"[1:]}
    return forms


def numbers_in(table: Table) -> set[str]:
    data: pd.DataFrame = table.data
    values = [value for name in data for value in pd.to_numeric(data[name], errors="coerce")]
    cells = " ".join(cell for row in table.rows for cell in row)
    each = data.get("points_per_added_image", pd.Series(dtype=float))
    per_images = {points(value / 100 * 10**power) for value in each.abs() for power in range(6)}
    return written(values) | numbers_of(f"{cells} {table.caption}") | per_images | {str(len(data))}


def counted(analysis: Analysis) -> set[str]:
    """Return the seeds, which are named by number, and the trials and looks of the plan."""
    seeds = range(analysis.protocol.design.trainings + 1)
    numbers = {*seeds, analysis.planned, analysis.not_needed, len(analysis.looks)}
    return {str(number) for number in numbers}


@pytest.mark.parametrize("part", BESIDE)
def test_a_number_of_a_sentence_stands_in_a_table_beside_it(
    told: tuple[Analysis, Story, dict[str, Table]], part: str
) -> None:
    analysis, story, made = told
    known = (LEVELS | counted(analysis)).union(*(numbers_in(made[name]) for name in BESIDE[part] if name in made))
    for sentence in getattr(story, part):
        assert numbers_of(sentence) <= known, (sentence, numbers_of(sentence) - known)
