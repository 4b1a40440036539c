"""The forest plot: every difference that a claim rests on, with its interval and the margin it is held against."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import isfinite
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from bench.claims.above_reference import AboveReferenceClaim
from bench.report.analyse import Analysis
from bench.report.figures.canvas import BAD, GOOD, INK, MUTED, OPEN, PAPER, Drawing, finish, footnote
from bench.report.figures.forest_rows import ForestGroup, forest_groups
from bench.report.figures.panels import DASHES, WIDTH, Series, synthetic_note
from bench.report.figures.plotted import amount_columns
from bench.report.figures.text_width import shortened, text_inches
from bench.systems.system import Role
from bench.text.measures import Measure
from bench.text.numbers import listed, share
from bench.verdicts.hypothesis import Decision, Hypothesis

LEFT, RIGHT = 1.2, 1.7
"""Inches beside the panel for the amounts of data, and for the numbers."""
EDGE = 0.06
"""Inches between the figure's edge and its text."""
ROW = 0.2
"""Inches for a hypothesis."""
TITLE, BETWEEN = 2.4, 0.6
"""Rows for the two lines above a claim's hypotheses, and below them."""
HEAD, FOOT = 0.3, 0.45
"""Inches above a panel, for its title, and below it, for its ticks."""
NOTE = 0.25
"""Inches at the foot of the figure."""
BEYOND = 1.5
"""How much further than what decides, its margin and 0 an estimate may be that is still drawn, as a share of their
span; its interval may be as far again."""
COLOURS = {Decision.supported: GOOD, Decision.refuted: BAD, Decision.inconclusive: OPEN, Decision.not_testable: MUTED}


@dataclass(frozen=True)
class _Panel:
    """Claims about one quantity, on one scale."""

    title: str
    groups: tuple[ForestGroup, ...]

    @property
    def rows(self) -> float:
        return sum(TITLE + len(group.shown) + BETWEEN for group in self.groups)

    @property
    def inches(self) -> float:
        return HEAD + ROW * self.rows + FOOT


def forest(analysis: Analysis, series: Sequence[Series]) -> Drawing | None:
    """Draw the differences behind the claims, losses and leads on a scale each; None without any."""
    groups = forest_groups(analysis.verdicts)
    if not groups:
        return None
    by_quantity = sorted(groups, key=lambda group: group.quantity.title, reverse=True)
    panels = [_Panel(title, tuple(own)) for title, own in groupby(by_quantity, key=lambda group: group.quantity.title)]
    height = sum(panel.inches for panel in panels) + NOTE
    figure = Figure(figsize=(WIDTH, height))
    styles = {style.system: style for style in series}
    top = height
    for panel in panels:
        low = top - panel.inches + FOOT
        inside = (LEFT / WIDTH, low / height, (WIDTH - LEFT - RIGHT) / WIDTH, ROW * panel.rows / height)
        _draw(figure.add_axes(inside), panel, styles, analysis.measure)
        top -= panel.inches
    footnote(figure, synthetic_note(analysis))
    return finish(figure, "forest", _caption(analysis, groups), _alternative(groups), _numbers(analysis))


def _draw(axes: Axes, panel: _Panel, styles: dict[str, Series], measure: Measure) -> None:
    low, high = _limits(panel.groups)
    axes.set_xlim(low, high)
    axes.set_ylim(panel.rows, 0)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=high - low > 5))
    title = f"{panel.title} in points of {measure}, by training images"
    axes.set_title(title, loc="left", x=(EDGE - LEFT) / (WIDTH - LEFT - RIGHT))
    at = 0.0
    for group in panel.groups:
        _name(axes, at, group)
        _margin(axes, at + TITLE - 0.5, at + TITLE + len(group.shown) - 0.4, group)
        style = styles.get(group.system or "")
        for row, hypothesis in enumerate(group.shown):
            _hypothesis(axes, at + TITLE + row, group, hypothesis, style)
        at += TITLE + len(group.shown) + BETWEEN


def _limits(groups: Sequence[ForestGroup]) -> tuple[float, float]:
    """Return the ends of a panel: all intervals are in it, unless they dwarf the differences that decide."""
    deciding = [group.verdict.deciding for group in groups if group.verdict.deciding is not None]
    core = [0.0, *(100 * group.verdict.threshold for group in groups)]
    core += [100 * value for test in deciding for value in (test.estimate, test.low, test.high) if isfinite(value)]
    low, high = min(core), max(core)
    reach = BEYOND * (high - low) or 1.0
    near = [
        100 * value
        for group in groups
        for test in group.shown
        if low - reach <= 100 * test.estimate <= high + reach
        for value in (test.low, test.estimate, test.high)
    ]
    ends = [min(max(value, low - 2 * reach), high + 2 * reach) for value in near if isfinite(value)]
    low, high = min([low, *ends]), max([high, *ends])
    room = 0.06 * (high - low)
    return low - room, high + room


def _name(axes: Axes, at: float, group: ForestGroup) -> None:
    """Write a claim's name, its verdict, what is compared and the margin into two lines across the figure."""
    decision = group.verdict.decision
    margin = f"margin {group.verdict.claim.margin_in_words(group.verdict.margin)}"
    room = WIDTH - 0.15 - text_inches(decision.value, 1.15)
    name = shortened(group.verdict.claim.name, room / 1.15)
    sides = shortened(group.sides, WIDTH - 0.3 - text_inches(margin))
    _beside(axes, at + 0.4, name, decision.value, weight="bold", colours=(INK, COLOURS[decision]))
    _beside(axes, at + 1.35, sides, margin, weight="normal", colours=(MUTED, MUTED))


def _margin(axes: Axes, above: float, below: float, group: ForestGroup) -> None:
    """Shade the differences for which the claim holds, up to its margin."""
    margin, (low, high) = 100 * group.verdict.threshold, axes.get_xlim()
    ends = (low, margin) if group.quantity.one_sided else (margin, high)
    axes.fill_betweenx([above, below], *ends, color=INK, alpha=0.08, linewidth=0)
    axes.plot([0, 0], [above, below], color=MUTED, linewidth=0.8)
    axes.plot([margin, margin], [above, below], color=INK, linestyle=DASHES[Role.prior], linewidth=1.2)


def _hypothesis(axes: Axes, at: float, group: ForestGroup, test: Hypothesis, style: Series | None) -> None:
    decides, quantity = test is group.verdict.deciding, group.quantity
    colour = MUTED if not test.reached or style is None else style.colour
    low, high = axes.get_xlim()
    estimate, ends = 100 * test.estimate, (100 * test.low, 100 * test.high)
    if all(map(isfinite, ends)):
        left, right = max(ends[0], low), min(ends[1], high)
        axes.plot([min(left, high), max(right, low)], [at, at], color=colour, linewidth=2.2 if decides else 1.2)
        for cut, edge, arrow in ((ends[0] < low, low, "<"), (ends[1] > high, high, ">")):
            if cut:
                axes.plot(edge, at, marker=arrow, color=colour, markersize=5, clip_on=False, linestyle="none")
    if low <= estimate <= high:
        inside, marker = colour if decides else PAPER, "o" if style is None else style.marker
        axes.plot(estimate, at, marker=marker, color=colour, markerfacecolor=inside, markersize=6 if decides else 4.5)
    numbers = f"{quantity.write(test.estimate)} {quantity.interval(test)}".rstrip()
    words = INK if test.reached else MUTED
    _beside(axes, at, group.amounts(test), numbers, weight="bold" if decides else "normal", colours=(words, words))


def _beside(axes: Axes, at: float, left: str, right: str, *, weight: Any, colours: tuple[str, str]) -> None:
    """Write at the left and the right edge of the figure, at the height of a row."""
    inside = WIDTH - LEFT - RIGHT
    where = axes.get_yaxis_transform()
    left_at, right_at = (EDGE - LEFT) / inside, 1 + (RIGHT - EDGE) / inside
    style: dict[str, Any] = {"transform": where, "va": "center", "fontweight": weight, "clip_on": False}
    axes.text(left_at, at, left, ha="left", color=colours[0], **style)
    axes.text(right_at, at, right, ha="right", color=colours[1], **style)


def _numbers(analysis: Analysis) -> pd.DataFrame:
    """Return every hypothesis in points, whether there was room for it or not."""
    return pd.DataFrame(
        [
            {"claim": verdict.claim.name, "verdict": verdict.decision.value, "quantity": quantity.title.lower()}
            | amount_columns(test.fraction)
            | {"against_training_images": None if test.against is None else test.against.images}
            | {f"{name}_points": 100 * getattr(test, name) for name in ("estimate", "low", "high")}
            | {"confidence_percent": 100 * test.confidence, "margin_points": 100 * verdict.threshold}
            | {"finding": test.finding, "is_reached": test.reached, "decides": test is verdict.deciding}
            for verdict, quantity, test in _tests(analysis)
        ]
    )


def _tests(analysis: Analysis) -> Iterator[tuple[Any, Any, Hypothesis]]:
    for group in forest_groups(analysis.verdicts):
        for test in group.verdict.hypotheses:
            yield group.verdict, group.quantity, test


def _caption(analysis: Analysis, groups: Sequence[ForestGroup]) -> str:
    tests = [(group.quantity, test) for group in groups for test in group.shown]
    levels = {quantity.title.lower(): share(test.confidence) for quantity, test in tests if isfinite(test.low)}
    of_level = listed([f"{level} for a {what}" for what, level in levels.items()])
    sentences = [
        f"The differences in {analysis.measure} that the claims rest on, in percentage points, by number of training "
        "images. Shaded: where the claim holds; dashed: its margin. Filled and bold: the hypothesis that decides the "
        "claim."
    ]
    if levels:
        looks = ", repeated confidence intervals over all looks of the plan" if analysis.looks else ""
        sentences.append(
            f"Bars: intervals ({of_level}), two-way cluster-robust t over seeds and test images, paired by image, and "
            f"by seed where both sides are trained{looks}; not corrected for their number."
        )
    if any(quantity.one_sided for quantity, _ in tests):
        sentences.append("A loss is tested one-sided: the upper end of its interval decides.")
    if any(isinstance(group.verdict.claim, AboveReferenceClaim) for group in groups):
        sentences.append("A published number is taken as exact, and nothing is paired with it.")
    if any(not test.reached for _, test in tests):
        sentences.append("Grey: not reached by the fixed sequence of tests, so it decides nothing.")
    sentences.append("An arrow goes on beyond the panel.")
    every = sum(len(group.verdict.hypotheses) for group in groups)
    if len(tests) < every:
        most = max(len(group.shown) for group in groups)
        sentences.append(
            f"Shown: of each claim at most {most} hypotheses, next to the one that decides; the CSV file has all "
            f"{every}."
        )
    return " ".join(sentences)


def _alternative(groups: Sequence[ForestGroup]) -> str:
    parts = []
    for group in groups:
        test, verdict = group.verdict.deciding, group.verdict
        if test is None:
            parts.append(f"{verdict.claim.name} is {verdict.decision}")
            continue
        interval = f", interval {group.quantity.write(test.low)} to {group.quantity.write(test.high)}"
        parts.append(
            f"{verdict.claim.name} is {verdict.decision} by a {group.quantity.title.lower()} of "
            f"{group.quantity.write(test.estimate)} points{interval if isfinite(test.low) else ''} with "
            f"{group.amounts(test)} training images, margin {verdict.claim.margin_in_words(verdict.margin)}"
        )
    return f"Differences behind the claims: {'; '.join(parts)}."
