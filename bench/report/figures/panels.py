"""Panels over an axis of training images, which the figures of trained systems have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.analysis.fraction import Fraction
from bench.report.analyse import Analysis
from bench.report.figures.canvas import canvas, footnote
from bench.systems.system import Role
from bench.text.numbers import count, share_of

DASHES = {Role.prior: (0, (5, 2)), Role.chance: (0, (1, 2)), Role.upper_bound: (0, (6, 2, 1, 2))}
SYNTHETIC_NOTE = "Synthetic corpus: proves nothing about the paper's numbers."
WIDTH = 5.0
"""Inches; small, so that text stays legible where a narrow screen scales it down."""
TICK_INCHES = 0.42
"""Width that the label of an amount of data needs."""


@dataclass(frozen=True)
class Series:
    """How a trained system is drawn."""

    system: str
    colour: str
    marker: str


def system_panels(
    analysis: Analysis, series: Sequence[Series], *, ahead: float = 1
) -> tuple[Figure, list[Axes], list[Axes]]:
    """Make a figure with a panel for each trained system; return it, its panels and the lowest of them.

    Args:
        analysis: the run.
        series: the systems.
        ahead: how many times the largest amount of data the axes reach.
    """
    columns = min(2, len(series))
    rows = -(-len(series) // columns)
    figure, grid = canvas(WIDTH, 1.2 + 1.9 * rows, rows=rows, columns=columns, right=0.25)
    panels = used_panels(grid, len(series))
    for axes in panels:
        amount_axis(axes, analysis.fractions, ahead=ahead)
    footnote(figure, synthetic_note(analysis))
    return figure, panels, panels[-columns:]


def amount_axis(axes: Axes, fractions: Sequence[Fraction], *, shares: bool = True, ahead: float = 1) -> None:
    """Lay out a logarithmic axis of training images with a tick at each amount of data.

    Args:
        axes: to be laid out.
        fractions: the amounts, ascending.
        shares: whether each tick tells the amount's share, too.
        ahead: how many times the largest amount the axis reaches.
    """
    images = [fraction.images for fraction in fractions]
    axes.set_xscale("log")
    low, high = min(images) / 1.25, ahead * max(images) * 1.25
    axes.set_xlim(low, high)
    inches = axes.bbox.width / axes.figure.dpi
    at = {fraction.images: inches * np.log(fraction.images / low) / np.log(high / low) for fraction in fractions}
    labelled: list[Fraction] = []
    for fraction in reversed(fractions):
        # The smallest amount keeps its label; those that would touch a neighbour's have a bare tick.
        clear = all(abs(at[fraction.images] - at[other.images]) >= TICK_INCHES for other in labelled)
        from_first = at[fraction.images] - at[images[0]]
        if clear and (from_first == 0 or from_first >= TICK_INCHES):
            labelled.append(fraction)
    names = [_tick(fraction, shares=shares) if fraction in labelled else "" for fraction in fractions]
    axes.set_xticks(images, names)
    axes.minorticks_off()
    axes.grid(axis="y")
    axes.set_axisbelow(True)


def used_panels(grid: Sequence[Sequence[Axes]], number: int) -> list[Axes]:
    """Take away the panels that a grid has too many, and return the others, row by row."""
    panels = [panel for row in grid for panel in row]
    for axes in panels[number:]:
        axes.remove()
    return panels[:number]


def keep_to_percentages(axes: Axes) -> None:
    """Cut an axis of accuracies at 0 and 100; intervals of few seeds reach beyond."""
    low, high = axes.get_ylim()
    axes.set_ylim(max(0.0, low), min(100.0, high))


def synthetic_note(analysis: Analysis) -> str:
    """Return what a figure of a synthetic corpus says at its foot; nothing for a real one."""
    return SYNTHETIC_NOTE if analysis.protocol.corpus.synthetic else ""


def _tick(fraction: Fraction, *, shares: bool) -> str:
    return f"{count(fraction.images)}\n{share_of(fraction)}" if shares else count(fraction.images)
