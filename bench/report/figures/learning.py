"""The figure of learning curves: what was measured, the power law through it, and how far that is followed.

Where there is no power law, lines between the points show what amounts are read off.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from bench.analysis.learning import Learning
from bench.report.analyse import Analysis
from bench.report.figures.canvas import INK, MUTED, PAPER, Drawing, finish
from bench.report.figures.panels import DASHES, Series, keep_to_percentages, system_panels
from bench.report.figures.plotted import amount_columns, interval_columns
from bench.report.figures.point_words import band_told
from bench.report.figures.points import Points
from bench.stats.curves.learning_curve import EXTRAPOLATION
from bench.systems.system import Role
from bench.text.curve_words import WHY_NO_CURVE
from bench.text.numbers import percent
from bench.text.statuses import cluster_robust

STEPS = 60
"""Points of a drawn curve."""
LINE = 34
"""Characters that fit into a panel beside each other."""
BLANK = {"facecolor": PAPER, "edgecolor": "none", "pad": 1}
"""What words stand on, so that no line runs through them."""
ROOM = 0.28
"""Of a panel's height, kept free above all data for what is said of the curve."""


def learning_curves(analysis: Analysis, series: Sequence[Series]) -> Drawing:
    """Draw a panel for each trained system: points, their band, and the fitted curve where there is one."""
    learned = {learning.system: learning for learning in analysis.learning}
    is_any_fitted = any(learning.curve.law is not None for learning in analysis.learning)
    figure, panels, lowest = system_panels(analysis, series, ahead=EXTRAPOLATION if is_any_fitted else 1)
    points = Points()
    for axes, style in zip(panels, series, strict=True):
        learning = learned[style.system]
        _prior(axes, analysis)
        _measured(axes, learning, style)
        told = points.of(style.system, style.colour)
        for fraction, point, ends in zip(
            learning.fractions, learning.curve.points, learning.band.intervals, strict=True
        ):
            told.at(axes, fraction.images, 100 * point.estimate, band_told(style.system, fraction, point, ends))
        _fitted(axes, learning, style)
        _joined(axes, learning, style)
        axes.set_title(f"{style.system}, %", loc="left", color=style.colour)
        _say(axes, _fit_in_words(learning))
    for axes in lowest:
        axes.set_xlabel("Training images")
    alternative = (
        "Learning curve of each trained system against training images; the numbers are in tables/learning_curves.csv "
        "and tables/learning_bands.csv."
    )
    return finish(figure, "learning_curves", _caption(analysis, is_any_fitted), alternative, _numbers(analysis), points)


def _prior(axes: Axes, analysis: Analysis) -> None:
    for point in analysis.curve:
        if point.role is Role.prior:
            axes.axhline(100 * point.accuracy.estimate, color=INK, linestyle=DASHES[Role.prior], linewidth=1.2)


def _measured(axes: Axes, learning: Learning, series: Series) -> None:
    """Draw the points, and their band where there is one."""
    heights = [100 * point.estimate for point in learning.curve.points]
    low, high = np.array([(100 * ends.low, 100 * ends.high) for ends in learning.band.intervals]).T
    axes.fill_between(learning.curve.amounts, low, high, color=series.colour, alpha=0.2, linewidth=0)
    axes.plot(
        learning.curve.amounts, heights, color=series.colour, marker=series.marker, markeredgewidth=0, linestyle="none"
    )


def _fitted(axes: Axes, learning: Learning, series: Series) -> None:
    """Draw the fitted curve, and beyond the largest amount apart, with an interval of its own."""
    if learning.curve.law is None:
        return
    smallest, largest = learning.curve.amounts[0], learning.curve.amounts[-1]
    measured = np.geomspace(smallest, largest, STEPS)
    axes.plot(measured, 100 * learning.curve.law.predict(measured), color=series.colour)
    beyond = learning.curve.predict(np.geomspace(largest, learning.twice.amount, STEPS))
    images = [prediction.amount for prediction in beyond]
    low, high = np.array([(100 * prediction.interval.low, 100 * prediction.interval.high) for prediction in beyond]).T
    axes.axvline(largest, ymax=1 - ROOM, color=MUTED, linewidth=0.8, linestyle=":")
    axes.fill_between(images, low, high, color=series.colour, alpha=0.35, linewidth=0)
    axes.plot(images, [100 * prediction.accuracy for prediction in beyond], color=series.colour, linestyle="--")
    axes.annotate(
        "not measured", (largest, 0), xycoords=axes.get_xaxis_transform(), xytext=(3, 3), textcoords="offset points",
        rotation=90, color=MUTED, fontsize="x-small", va="bottom", ha="left", bbox=BLANK,
    )  # fmt: skip


def _joined(axes: Axes, learning: Learning, series: Series) -> None:
    """Draw the lines on which amounts are read off where no curve is fitted; the axis is logarithmic, as they are."""
    joined = learning.curve.interpolation
    if joined is not None:
        axes.plot(joined.amounts, 100 * joined.accuracies[0], color=series.colour, linewidth=0.8)


def _say(axes: Axes, text: str) -> None:
    """Write into the top of a panel, in room that is made for it."""
    keep_to_percentages(axes)
    low, high = axes.get_ylim()
    axes.set_ylim(low, low + (high - low) / (1 - ROOM))
    axes.text(
        0.03, 0.97, textwrap.fill(text, LINE), transform=axes.transAxes,
        color=MUTED, fontsize="small", va="top", bbox=BLANK,
    )  # fmt: skip


def _fit_in_words(learning: Learning) -> str:
    law = learning.curve.law
    if law is None:
        return f"no power law: {WHY_NO_CURVE[learning.curve.status]}"
    return f"limit {percent(law.c)} %, exponent {law.b:.2f}"


def _numbers(analysis: Analysis) -> pd.DataFrame:
    """Return the measured points with their band, and the end of each fitted curve, which nobody measured."""
    rows = []
    for learning in analysis.learning:
        for fraction, point, band in zip(
            learning.fractions, learning.curve.points, learning.band.intervals, strict=True
        ):
            own = {"system": learning.system, "what": "measured", **amount_columns(fraction)}
            rows.append(own | {"accuracy_percent": 100 * point.estimate} | interval_columns(band, "percent", 100))
        if learning.curve.law is not None:
            twice = learning.twice
            share = 100 * learning.fractions[-1].share * twice.amount / learning.fractions[-1].images
            own = {"system": learning.system, "what": "extrapolated, not measured"}
            own |= {"training_images": twice.amount, "training_set_percent": share}
            ends = interval_columns(twice.interval, "percent", 100)
            rows.append(own | {"accuracy_percent": 100 * twice.accuracy} | ends)
    return pd.DataFrame(rows)


def _caption(analysis: Analysis, is_any_fitted: bool) -> str:
    """Explain what is drawn, and of bands and curves those that are there."""
    sentences = [f"{analysis.measure.title} in percent against the number of training images (log scale)."]
    accuracies = [point.accuracy for point in analysis.curve if point.fraction is not None]
    if any(learning.band.level > 0 for learning in analysis.learning):
        sentences.append(
            f"Shaded: a 95 % band that holds for all measured fractions at once ({cluster_robust(accuracies)}, widened "
            "by a bootstrap over the same)."
        )
    if is_any_fitted:
        sentences.append(
            "Line: the fitted power law c − a n^(−b); dashed, with its own 95 % bootstrap interval: the same curve up "
            "to twice the largest number of images, an extrapolation, not measured."
        )
    if any(learning.curve.interpolation is not None for learning in analysis.learning):
        sentences.append(
            f"Thin line, where no power law is fitted: the points joined, and pooled where {analysis.measure} falls; "
            "values are interpolated on it."
        )
    if any(point.role is Role.prior for point in analysis.curve):
        sentences.append("Horizontal dashed line: the prior.")
    return " ".join([*sentences, "Each system has its own scale."])
