"""A comparison of two runs as a page that needs nothing beside itself."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from bench.report.compare import RunsCompared
from bench.report.figures.canvas import Drawing
from bench.report.tables.table import Table
from bench.report.template import filled, unbroken
from bench.report.text.run_comparison import ComparisonScreen, comparison_statements
from bench.report.text.story import SYNTHETIC_IN_SHORT

SECTIONS = {
    "Verdicts": (("verdicts",), "No run has a verdict on a claim."),
    "Accuracy": (("accuracy", "unpaired"), "No run has a complete trial."),
    "Settings": (("settings",), "Nothing differs."),
    "Corpus, code and machine": (("origins",), "Nothing differs."),
}
"""Headings, the tables below each, and what stands there without any."""
LONG = 12
"""Rows of a table that is folded."""


def comparison_page(
    compared: RunsCompared, screen: ComparisonScreen, drawings: Sequence[Drawing], tables: Sequence[Table]
) -> str:
    """Lay out a comparison in the form of a report.

    Args:
        compared: the runs.
        screen: what a reader sees first.
        drawings: its figures.
        tables: its tables.
    """
    by_name = {table.name: table for table in tables}
    page = filled(
        "comparison.html.jinja",
        title=f"{compared.first.name} and {compared.second.name}, compared",
        screen=screen,
        synthetic_in_short=SYNTHETIC_IN_SHORT if compared.is_synthetic else "",
        statements=comparison_statements(compared),
        drawings={drawing.name: drawing for drawing in drawings},
        # The drawings are our own markup; everything else is escaped.
        inline={drawing.name: Markup(drawing.inline) for drawing in drawings},
        long=LONG,
        sections=[
            (heading, [by_name[name] for name in names if name in by_name], otherwise)
            for heading, (names, otherwise) in SECTIONS.items()
        ],
    )
    return unbroken(page)
