"""The reliability diagram: how often answers are right against how confident they are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from bench.analysis.reliability import BINS, Reliability
from bench.report.analyse import Analysis
from bench.report.figures.canvas import INK, MUTED, Drawing, canvas, finish, footnote
from bench.report.figures.panels import WIDTH, Series, synthetic_note, used_panels
from bench.report.figures.plotted import amount_columns, estimate_columns
from bench.report.figures.text_width import shortened
from bench.text.numbers import points, share
from bench.text.statuses import cluster_robust

TITLE = 1.2
"""Inches that the title of a panel has for the name of a system."""


def reliability_curves(analysis: Analysis, series: Sequence[Series]) -> Drawing | None:
    """Draw a panel for each system whose answers have a confidence; None without any."""
    if not (systems := analysis.reliabilities):
        return None
    styles = {style.system: style for style in series}
    columns = min(2, len(systems))
    rows = -(-len(systems) // columns)
    figure, grid = canvas(WIDTH, 1.0 + 2.0 * rows, rows=rows, columns=columns, right=0.25, share_y=True)
    panels = used_panels(grid, len(systems))
    for axes, own in zip(panels, systems, strict=True):
        _panel(axes, own, styles.get(own.system))
    for axes in panels[-columns:]:
        axes.set_xlabel("Confidence, %")
    footnote(figure, synthetic_note(analysis))
    alternative = (
        "Share of right answers against their confidence, by system; the numbers are in tables/reliability.csv."
    )
    return finish(figure, "reliability", _caption(systems), alternative, _numbers(systems))


def _panel(axes: Axes, own: Reliability, style: Series | None) -> None:
    colour, marker = (INK, "o") if style is None else (style.colour, style.marker)
    confidence = [100 * each.confidence for each in own.bins]
    heights = np.array([100 * each.accuracy.estimate for each in own.bins])
    ends = np.array([(100 * each.accuracy.low, 100 * each.accuracy.high) for each in own.bins])
    axes.plot((0, 100), (0, 100), color=MUTED, linewidth=0.8, linestyle="--")
    axes.errorbar(
        confidence, heights, yerr=np.nan_to_num(np.abs(ends.T - heights)), color=colour, marker=marker,
        markeredgewidth=0, elinewidth=1.2,
    )  # fmt: skip
    # A softmax over many boxes may keep all confidences within a few points.
    room = max(1.0, 0.08 * (confidence[-1] - confidence[0]))
    axes.set_xlim(max(0.0, confidence[0] - room), min(100.0, confidence[-1] + room))
    axes.set_ylim(0, 100)
    axes.set_title(f"{shortened(own.system, TITLE)}, {points(own.error)} points", loc="left", color=colour)


def _caption(systems: Sequence[Reliability]) -> str:
    bars = cluster_robust(each.accuracy for own in systems for each in own.bins)
    return (
        "Accuracy of answers against their mean confidence, in percent, at each system's largest number of training "
        f"images; exploratory. Up to {BINS} bins of equal numbers of answers. Dashed: confidence that equals accuracy. "
        "Each system has its own scale of confidence. "
        f"Bars: {share(0.95)} intervals, {bars}, not corrected for their number. In each title: the expected "
        "calibration error."
    )


def _numbers(systems: Sequence[Reliability]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "system": own.system,
                **amount_columns(own.fraction),
                "confidence_percent": 100 * each.confidence,
                **estimate_columns("right", each.accuracy),
                "answers": each.phrases,
            }
            for own in systems
            for each in own.bins
        ]
    )
