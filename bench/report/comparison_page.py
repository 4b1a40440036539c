"""A comparison of two runs as a page that needs nothing beside itself."""

from __future__ import annotations

from collections.abc import Sequence

from bench.analysis.run_side import Side
from bench.report.compare import RunsCompared
from bench.report.tables.table import Table
from bench.report.template import filled, unbroken
from bench.report.text.run_comparison import comparison_statements
from bench.report.text.story import SYNTHETIC_IN_SHORT
from bench.text.numbers import count

SECTIONS = {
    "Verdicts": (("verdicts",), "No run has a verdict on a claim."),
    "Accuracy": (("accuracy", "unpaired"), "No run has a complete trial."),
    "Settings": (("settings",), "Nothing differs."),
    "Corpus, code and machine": (("origins",), "Nothing differs."),
}
"""Headings, the tables below each, and what stands there without any."""


def comparison_page(compared: RunsCompared, tables: Sequence[Table]) -> str:
    """Lay out a comparison in the form of a report."""
    by_name = {table.name: table for table in tables}
    sides = (compared.first, compared.second)
    page = filled(
        "comparison.html.jinja",
        title=f"{compared.first.name} and {compared.second.name}, compared",
        runs=[("First run", _run(compared.first)), ("Second run", _run(compared.second))],
        statements=comparison_statements(compared),
        synthetic=[SYNTHETIC_IN_SHORT] if any(side.protocol.corpus.synthetic for side in sides) else [],
        sections=[
            (heading, [by_name[name] for name in names if name in by_name], otherwise)
            for heading, (names, otherwise) in SECTIONS.items()
        ],
    )
    return unbroken(page)


def _run(side: Side) -> str:
    trials = f"{count(len(side.records))} of {count(len(side.progress))} trials done"
    return f"{side.name}: protocol {side.protocol.name} on {side.protocol.corpus.described}, {trials}"
