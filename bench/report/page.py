"""The same report twice: a page that needs nothing beside itself, and Markdown that reads well where code is hosted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup
from pydantic import BaseModel

from bench.protocol.file_text import protocol_text
from bench.report.analyse import Analysis
from bench.report.figures.canvas import Drawing
from bench.report.gallery.cards import gallery
from bench.report.tables.table import Table
from bench.report.template import filled, unbroken
from bench.report.text.markdown import fence
from bench.report.text.origin import attributions, commands, facts
from bench.report.text.story import SYNTHETIC_IN_SHORT, Story


def html(analysis: Analysis, story: Story, drawings: Sequence[Drawing], tables: Sequence[Table]) -> str:
    """Lay out a report as one self-contained page, for light and dark settings and narrow screens."""
    # The drawings are our own markup; everything else is escaped.
    inline = {drawing.name: Markup(drawing.inline) for drawing in drawings}
    shown = gallery(analysis.examples) if analysis.examples is not None and analysis.examples.examples else None
    return unbroken(_filled("page.html.jinja", analysis, story, drawings, tables, inline=inline, gallery=shown))


def markdown(analysis: Analysis, story: Story, drawings: Sequence[Drawing], tables: Sequence[Table]) -> str:
    """Lay out a report as Markdown beside its figures and tables."""
    return re.sub(r"\n{3,}", "\n\n", _filled("report.md.jinja", analysis, story, drawings, tables))


def without_places(text: str, settings: BaseModel) -> str:
    """Leave of each absolute path of a corpus' settings its last name, for a page is shown to others."""
    for path in sorted(_absolute(settings), key=lambda path: -len(str(path))):
        text = text.replace(str(path), f".../{path.name}")
    return text


def _absolute(settings: BaseModel) -> Iterator[Path]:
    for _, value in settings:
        if isinstance(value, Path) and value.is_absolute():
            yield value
        elif isinstance(value, BaseModel):
            yield from _absolute(value)


def _filled(
    template: str,
    analysis: Analysis,
    story: Story,
    drawings: Sequence[Drawing],
    tables: Sequence[Table],
    **more: Any,
) -> str:
    # As it was written down; loading makes its paths those of this machine.
    written = protocol_text(analysis.run / "protocol.yaml")
    protocol = without_places(written, analysis.protocol.corpus)
    return filled(
        template,
        story=story,
        synthetic_in_short=SYNTHETIC_IN_SHORT,
        drawings={drawing.name: drawing for drawing in drawings},
        tables={table.name: table for table in tables},
        facts=facts(analysis),
        commands=commands(analysis),
        attributions=attributions(analysis),
        protocol=protocol,
        fence=fence(protocol),
        **more,
    )
