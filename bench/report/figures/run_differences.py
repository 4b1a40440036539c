"""The differences between two runs, each with its interval, as a forest plot."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from bench.analysis.run_pairing import Cell
from bench.report.compare import RunsCompared
from bench.report.figures.canvas import MUTED, PAPER, SERIES, STYLE, Drawing, finish, footnote
from bench.report.figures.panels import SYNTHETIC_NOTE, WIDTH
from bench.report.figures.plotted import estimate_columns
from bench.report.figures.points import Points, SeriesPoints
from bench.report.figures.text_width import shortened, text_inches
from bench.report.text.run_comparison import is_clear, where
from bench.stats import Estimate
from bench.text.numbers import signed
from bench.text.statuses import cluster_robust

MOST = 30
"""Differences that fit into a figure that one still reads."""
RIGHT, HEAD, FOOT, ROW = 1.3, 0.35, 0.75, 0.21
"""Inches: for the numbers, for the title, for the ticks and their label, for a difference."""
EDGE = 0.06
"""Inches between the figure's edge and its text."""


def run_differences(compared: RunsCompared) -> Drawing | None:
    """Draw the difference in accuracy of each system at each amount of data that has other inputs or outcomes.

    None where no shared trial has.
    """
    cells = [cell for cell in compared.cells if cell.is_hypothesis and cell.difference is not None]
    if not cells:
        return None
    # Of many, those that lie furthest from 0, in their own order.
    furthest = sorted(range(len(cells)), key=lambda place: -abs(_difference(cells[place]).estimate))[:MOST]
    shown = [cells[place] for place in sorted(furthest)]
    with mpl.rc_context(STYLE):
        return _draw(compared, shown, cells)


def _draw(compared: RunsCompared, shown: Sequence[Cell], cells: Sequence[Cell]) -> Drawing:
    names = [shortened(where(cell, compared), 2.0) for cell in shown]
    left = max(map(text_inches, names)) + 0.2
    height = HEAD + ROW * len(shown) + FOOT
    figure, points = Figure(figsize=(WIDTH, height)), Points()
    inside = WIDTH - left - RIGHT
    axes = figure.add_axes((left / WIDTH, FOOT / height, inside / WIDTH, ROW * len(shown) / height))
    _scale(axes, [_difference(cell) for cell in shown])
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.axvline(0, color=MUTED, linewidth=0.8)
    axes.set_xlabel("Second run minus first, points")
    axes.set_title("Difference in accuracy", loc="left", x=(EDGE - left) / inside)
    colours = {name: SERIES[i % len(SERIES)] for i, name in enumerate(dict.fromkeys(cell.system for cell in cells))}
    for row, (name, cell) in enumerate(zip(names, shown, strict=True)):
        told = points.of(cell.system, colours[cell.system])
        numbers = _bar(axes, row, cell, told)
        told.at(axes, 100 * _difference(cell).estimate, row, f"{where(cell, compared)}: {numbers} points")
        weight = "bold" if is_clear(cell) else "normal"
        for x, text, align in (((EDGE - left) / inside, name, "left"), (1 + (RIGHT - EDGE) / inside, numbers, "right")):
            axes.text(x, row, text, transform=axes.get_yaxis_transform(), va="center", ha=align, fontweight=weight)
    footnote(figure, SYNTHETIC_NOTE if compared.is_synthetic else "")
    data = pd.DataFrame([_row(cell, compared) for cell in cells])
    return finish(figure, "differences", _caption(shown, cells), _alternative(shown, compared), data, points)


def _bar(axes: Axes, row: int, cell: Cell, told: SeriesPoints) -> str:
    """Draw a difference with its interval and return its numbers."""
    difference, colour, clear = _difference(cell), told.colour, is_clear(cell)
    if difference.status.has_interval:
        ends = 100 * difference.low, 100 * difference.high
        told.owns(*axes.plot(ends, [row, row], color=colour, linewidth=2.2 if clear else 1.2))
    inside = colour if clear else PAPER
    told.owns(*axes.plot(100 * difference.estimate, row, marker="o", color=colour, markerfacecolor=inside))
    ends_in_words = f" [{signed(difference.low)}, {signed(difference.high)}]" if difference.status.has_interval else ""
    return f"{signed(difference.estimate)}{ends_in_words}"


def _difference(cell: Cell) -> Estimate:
    assert cell.difference is not None
    return cell.difference


def _scale(axes: Axes, differences: Sequence[Estimate]) -> None:
    ends = [0.0, *(difference.estimate for difference in differences)]
    ends += [end for own in differences if own.status.has_interval for end in (own.low, own.high)]
    low, high = 100 * min(ends), 100 * max(ends)
    room = 0.06 * (high - low) or 1.0
    axes.set_xlim(low - room, high + room)
    axes.xaxis.set_major_locator(MaxNLocator(5))


def _numbers(difference: Estimate) -> str:
    ends = f" [{signed(difference.low)}, {signed(difference.high)}]" if difference.status.has_interval else ""
    return f"{signed(difference.estimate)}{ends}"


def _row(cell: Cell, compared: RunsCompared) -> dict[str, object]:
    return {
        "system": cell.system,
        "fraction": cell.fraction,
        **_images(cell, compared),
        **estimate_columns("difference", _difference(cell), "points"),
        "p_adjusted": cell.p_adjusted,
    }


def _images(cell: Cell, compared: RunsCompared) -> dict[str, int | None]:
    first, second = compared.fractions(cell)
    return {
        "first_training_images": None if first is None else first.images,
        "second_training_images": None if second is None else second.images,
    }


def _caption(shown: Sequence[Cell], cells: Sequence[Cell]) -> str:
    bars = cluster_robust(map(_difference, shown))
    sentences = [
        "Difference in accuracy, second run minus first, in percentage points, paired by seed and test image. "
        f"Bars: 95 % intervals, {bars}, not corrected for their number. Filled and bold: significant at the 5 % level "
        "after Holm's correction."
    ]
    if len(shown) < len(cells):
        sentences.append(f"Shown: the {len(shown)} largest; the CSV file has all {len(cells)}.")
    return " ".join(sentences)


def _alternative(shown: Sequence[Cell], compared: RunsCompared) -> str:
    parts = (f"{where(cell, compared)} {_numbers(_difference(cell))} points" for cell in shown)
    return f"Differences in accuracy, second run minus first: {'; '.join(parts)}."
