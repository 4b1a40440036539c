"""The figure of a group-sequential plan: what decides each claim, at each look."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from bench.report.analyse import Analysis
from bench.report.figures.canvas import INK, MUTED, SERIES, Drawing, canvas, finish, footnote
from bench.report.figures.panels import DASHES, WIDTH, synthetic_note, used_panels
from bench.report.figures.points import Points, SeriesPoints
from bench.systems.system import Role
from bench.text.numbers import share
from bench.verdicts.look_series import LookSeries

ROOM = 0.5
"""Of the distance between the interval and the margin, or of the latest interval, that is kept free around both."""


def look_curves(analysis: Analysis, series: Sequence[LookSeries]) -> Drawing:
    """Draw a panel for each claim: the estimate with its repeated confidence interval at each look, and the margin."""
    columns = min(2, len(series))
    rows = -(-len(series) // columns)
    figure, grid = canvas(WIDTH, 0.8 + 1.75 * rows, rows=rows, columns=columns, right=0.25)
    panels, points = used_panels(grid, len(series)), Points()
    assert analysis.protocol.sequential is not None
    for axes, own in zip(panels, series, strict=True):
        _panel(axes, own, analysis.protocol.sequential.looks, points.of(own.verdict.claim.name, SERIES[0]))
    for axes in panels[-columns:]:
        axes.set_xlabel("Seeds")
    footnote(figure, synthetic_note(analysis))
    confidences = sorted({test.confidence for own in series for _, _, test in own.at_looks})
    levels = " or ".join(share(confidence) for confidence in confidences)
    caption = (
        "What decides each claim, at each look of the plan that is complete, in the unit that its panel names. Bars: "
        f"repeated confidence intervals ({levels} over all looks, two-way cluster-robust t over seeds and test images "
        "at each look's nominal level; cut where they leave the panel). Dashed line: the margin. Ticks: all planned "
        "looks."
    )
    alternative = "Estimate and interval of each claim at each look; the numbers are in tables/looks.csv."
    return finish(figure, "looks", caption, alternative, _numbers(series), points)


def _numbers(series: Sequence[LookSeries]) -> pd.DataFrame:
    """Return the estimate of each claim at each look, in points of accuracy or in percent of a gain."""
    rows = []
    for own in series:
        quantity = own.verdict.claim.quantity
        assert quantity is not None
        unit = "percent" if quantity.unit == "%" else quantity.unit
        for at, _, test in own.at_looks:
            numbers = {"estimate": test.estimate, "low": test.low, "high": test.high, "margin": own.verdict.threshold}
            rows.append(
                {"claim": own.verdict.claim.name, "quantity": quantity.title.lower(), "seeds": at.look.seeds}
                | {"training_images": test.fraction.images, "confidence_percent": 100 * test.confidence}
                | {f"{name}_{unit}": 100 * value for name, value in numbers.items()}
            )
    return pd.DataFrame(rows)


def _panel(axes: Axes, own: LookSeries, looks: Sequence[int], told: SeriesPoints) -> None:
    verdict, quantity = own.verdict, own.verdict.claim.quantity
    assert quantity is not None
    margin = 100 * verdict.threshold
    axes.axhline(margin, color=INK, linestyle=DASHES[Role.prior], linewidth=1.2)
    seeds = [at.look.seeds for at, _, _ in own.at_looks]
    heights = np.array([100 * test.estimate for _, _, test in own.at_looks])
    reaches = np.array([(100 * test.low, 100 * test.high) for _, _, test in own.at_looks]).reshape(-1, 2)
    reach = np.nan_to_num(np.abs(reaches.T - heights))
    axes.errorbar(seeds, heights, yerr=reach, color=SERIES[0], marker="o", markeredgewidth=0, elinewidth=1.2)
    for at, _, test in own.at_looks:
        value = f"{quantity.write(test.estimate)} {quantity.unit} {quantity.interval(test)}".rstrip()
        where = f"{verdict.claim.name}, look {at.look.number} with {at.look.seeds} seeds"
        text = f"{where}: {quantity.title.lower()} {value}"
        told.at(axes, at.look.seeds, 100 * test.estimate, text)
    axes.set_xticks(list(looks), [str(look) for look in looks])
    span = looks[-1] - looks[0]
    axes.set_xlim(looks[0] - 0.08 * span, looks[-1] + 0.08 * span)
    _limit(axes, [margin, *heights, *reaches[-1]], list(heights))
    axes.grid(axis="y", color=MUTED, alpha=0.3)
    axes.set_axisbelow(True)
    axes.set_title(f"{verdict.claim.name}, {quantity.title.lower()}, {quantity.unit}", loc="left", fontsize="small")


def _limit(axes: Axes, shown: Sequence[float], heights: Sequence[float]) -> None:
    """Keep the margin, every estimate and the latest interval in sight; the first look's may be very wide."""
    known = [value for value in shown if np.isfinite(value)]
    low, high = min(known), max(known)
    room = ROOM * (high - low) or 1.0
    axes.set_ylim(low - room, high + room)
