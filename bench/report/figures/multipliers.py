"""The figure of data multipliers: how many times the data one system needs to match another."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isfinite

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from bench.analysis.efficiency import Multiplier
from bench.claims.more_efficient import MoreEfficientClaim
from bench.report.analyse import Analysis
from bench.report.figures.canvas import INK, MUTED, PAPER, Drawing, canvas, finish, footnote
from bench.report.figures.key import Mark, draw_key, key_height
from bench.report.figures.panels import DASHES, WIDTH, Series, amount_axis, synthetic_note, used_panels
from bench.report.figures.plotted import amount_columns, interval_columns
from bench.report.figures.point_words import multiple_told
from bench.report.figures.points import Points, SeriesPoints
from bench.report.figures.text_width import shortened
from bench.report.text.pairs import FEW
from bench.stats import NeededStatus
from bench.systems.system import Role
from bench.text.curve_words import WHY_NO_CURVE
from bench.text.numbers import listed

ASIDE = 0.035
"""Share of an axis by which rivals stand beside each other."""
TWO_FIVE = 30
"""Ratio of the ends of an axis up to which 2 and 5 times the powers of ten have ticks, too."""
TITLE = 2.0
"""Inches that the title of a panel has."""


def data_multipliers(analysis: Analysis, series: Sequence[Series]) -> Drawing | None:
    """Draw a panel for each trained system that others are to match; None where nothing is known of any.

    Of many systems, only the first one is to be matched; the CSV file has every pair.
    """
    few = [style.system for style in series][: 1 if len(series) > FEW else None]
    known = [own for own in analysis.multipliers if _ends(own) is not None and own.system in few]
    matched = [style for style in series if any(own.system == style.system for own in known)]
    if not matched:
        return None
    rivals = [style for style in series if any(own.rival == style.system for own in known)]
    marks = [Mark(own.system, own.colour, {"marker": own.marker, "linestyle": "none"}) for own in rivals]
    marks = marks if len(series) > 2 else []
    columns, head = min(2, len(matched)), 0.35 + key_height(marks, WIDTH)
    rows = -(-len(matched) // columns)
    figure, grid = canvas(
        WIDTH, head + 0.85 + 1.9 * rows, top=head, rows=rows, columns=columns, right=0.25, share_y=True
    )
    draw_key(figure, marks)
    panels, limits, points = used_panels(grid, len(matched)), _limits(known, analysis), Points()
    for axes, style in zip(panels, matched, strict=True):
        beside = [own for own in rivals if own.system != style.system]
        amount_axis(axes, analysis.fractions)
        _scale(axes, limits, len(beside))
        _factors(axes, analysis, style.system)
        for place, rival in enumerate(beside):
            aside = ASIDE * (place - (len(beside) - 1) / 2)
            own = [one for one in known if (one.system, one.rival) == (style.system, rival.system)]
            _rival(axes, own, rival, aside, points.of(rival.system, rival.colour))
        who = f"{beside[0].system} to match {style.system}" if not marks else f"to match {style.system}"
        axes.set_title(shortened(who, TITLE), loc="left", color=style.colour if marks else beside[0].colour)
    for axes in panels[-columns:]:
        axes.set_xlabel("Training images to match")
    footnote(figure, synthetic_note(analysis))
    alternative = (
        "How many times the training images one system needs to match another; the numbers are in "
        "tables/data_multipliers.csv."
    )
    numbers = _numbers(analysis.multipliers)
    return finish(figure, "data_multipliers", _caption(analysis), alternative, numbers, points)


def _ends(multiplier: Multiplier) -> tuple[float, float] | None:
    """Return the ends of an interval, 0 and infinite where they are open; None where nothing is known."""
    needed = multiplier.needed
    low, high = needed.interval.low, needed.interval.high
    if not isfinite(needed.value) and not (low > 0 or high < inf):
        return None
    # Without an interval the value stands alone.
    return (needed.value, needed.value) if np.isnan(low) else (low, high)


def _limits(known: Sequence[Multiplier], analysis: Analysis) -> tuple[float, float]:
    shown = [1.0, *(claim.factor for claim in analysis.protocol.claims if isinstance(claim, MoreEfficientClaim))]
    for multiplier in known:
        shown += [value for value in (*(_ends(multiplier) or ()), multiplier.needed.value) if 0 < value < inf]
    return min(shown) / 2, max(shown) * 2


def _scale(axes: Axes, limits: tuple[float, float], beside: int) -> None:
    left, right = axes.get_xlim()
    room = (right / left) ** (ASIDE * (beside - 1) / 2)
    axes.set_xlim(left / room, right * room)
    axes.set_yscale("log")
    axes.set_ylim(*limits)
    steps = (1, 2, 5) if limits[1] / limits[0] < TWO_FIVE else (1,)
    axes.yaxis.set_major_locator(LogLocator(subs=steps, numticks=12))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda tick, _: f"{tick:g}×"))
    axes.axhline(1, color=MUTED, linewidth=1)


def _factors(axes: Axes, analysis: Analysis, system: str) -> None:
    """Draw the factor of each claim about a system."""
    for claim in analysis.protocol.claims:
        if isinstance(claim, MoreEfficientClaim) and claim.system == system:
            axes.axhline(claim.factor, color=INK, linestyle=DASHES[Role.prior], linewidth=1.2)
            axes.annotate(
                "claimed", (0, claim.factor), xycoords=axes.get_yaxis_transform(), xytext=(2, 2),
                textcoords="offset points", va="bottom", fontsize="small",
            )  # fmt: skip


def _rival(axes: Axes, own: Sequence[Multiplier], rival: Series, aside: float, told: SeriesPoints) -> None:
    """Draw the multiples of one rival: bars up to the edge of the panel, with an arrow, where an end is open."""
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    for multiplier in own:
        x = multiplier.fraction.images * (right / left) ** aside
        ends = _ends(multiplier)
        assert ends is not None
        bottom, top = ends[0] or low, min(ends[1], high)
        told.owns(*axes.plot([x, x], [bottom, top], color=rival.colour, linewidth=1.2))
        for is_open, edge, arrow in ((ends[0] == 0, low, "v"), (ends[1] == inf, high, "^")):
            if is_open:
                told.owns(*axes.plot(x, edge, marker=arrow, color=rival.colour, linestyle="none", clip_on=False))
        value = multiplier.needed.value
        if isfinite(value):
            inside = PAPER if multiplier.needed.status is NeededStatus.extrapolated else rival.colour
            told.owns(
                *axes.plot(x, value, marker=rival.marker, color=rival.colour, linestyle="none", markerfacecolor=inside)
            )
        # What is known by its bound alone is asked for where its arrow is.
        bound = high if ends[1] == inf else low
        told.at(axes, x, value if isfinite(value) else bound, multiple_told(multiplier))


def _numbers(multipliers: Sequence[Multiplier]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"system": own.rival, "to_match": own.system, **amount_columns(own.fraction)}
            | {"accuracy_to_match_percent": 100 * own.needed.accuracy, "needs_times": own.needed.value}
            | interval_columns(own.needed.interval, "times")
            | {"status": own.needed.status.value, "curve": own.status.value}
            for own in multipliers
        ]
    )


def _caption(analysis: Analysis) -> str:
    over = "seeds and test images" if analysis.seeds > 1 else "test images alone"
    sentences = [
        "How many times as many training images a system needs, by its learning curve, to be "
        f"{analysis.measure.as_good} as another is with the number below (log scales). Above the line at 1 it needs "
        f"more. Bars: 95 % bootstrap intervals over {over}, not corrected for their number; an arrow: without a bound "
        "on that side."
    ]
    if any(own.needed.status is NeededStatus.extrapolated for own in analysis.multipliers):
        sentences.append("Open markers: extrapolated beyond the largest number of images.")
    if any(isinstance(claim, MoreEfficientClaim) for claim in analysis.protocol.claims):
        sentences.append(
            f"Dashed: the factor that is claimed; the claim is tested by {analysis.measure.several}, not by these "
            "curves."
        )
    if len(analysis.protocol.trained) > FEW:
        sentences.append("Of many systems, only the first is to be matched here; the CSV file has every pair.")
    without: dict[str, list[str]] = {}
    for own in analysis.multipliers:
        if own.needed.status is NeededStatus.no_curve:
            without.setdefault(WHY_NO_CURVE[own.status], []).append(own.rival)
    sentences += [f"No curve for {listed(sorted(set(names)))}: {why}." for why, names in without.items()]
    return " ".join(sentences)
