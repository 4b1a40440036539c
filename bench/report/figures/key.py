"""A key at the head of a figure: what each colour, marker and dash stands for, in as few rows as fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from bench.report.figures.canvas import INK
from bench.report.figures.text_width import text_inches

ROW = 0.2
"""Inches for a row."""
SAMPLE = 0.26
"""Inches for the sample of a mark."""
GAP = 0.06
"""Inches between a sample and its name."""
APART = 0.2
"""Inches between a name and the next sample."""
EDGE = 0.06
"""Inches between the figure's left edge and the first sample."""


@dataclass(frozen=True)
class Mark:
    """An entry of a key.

    Attributes:
        label: what it stands for.
        colour: of the sample and of the label.
        style: of the sample, as `Line2D` takes it.
    """

    label: str
    colour: str
    style: dict[str, Any]


def key_height(marks: Sequence[Mark], width: float) -> float:
    """Return the inches that a key needs in a figure of a width."""
    return ROW * len(_rows(marks, width))


def draw_key(figure: Figure, marks: Sequence[Mark]) -> None:
    """Draw a key along the upper edge of a figure."""
    width, height = figure.get_size_inches()
    for row, placed in enumerate(_rows(marks, width)):
        y = 1 - (0.12 + ROW * row) / height
        for left, mark in placed:
            ends = left / width, (left + SAMPLE) / width
            style = {"color": mark.colour, "linewidth": 1.6, "markersize": 4.5, **mark.style}
            figure.add_artist(Line2D([ends[0], sum(ends) / 2, ends[1]], [y] * 3, markevery=[1], **style))
            figure.text(ends[1] + GAP / width, y, mark.label, color=mark.colour, va="center_baseline")


def _rows(marks: Sequence[Mark], width: float) -> list[list[tuple[float, Mark]]]:
    """Place marks one beside another, in inches from the left edge, until a row is full."""
    rows: list[list[tuple[float, Mark]]] = []
    left = width
    for mark in marks:
        needed = SAMPLE + GAP + text_inches(mark.label)
        if left + needed > width - EDGE:
            rows.append([])
            left = EDGE
        rows[-1].append((left, mark))
        left += needed + APART
    return rows


def line_mark(label: str, dashes: Any) -> Mark:
    """Return the entry of a line of a system that is not trained."""
    return Mark(label, INK, {"linestyle": dashes, "linewidth": 1.2})
