"""The figure of accuracy by what phrases are like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from bench.analysis.fraction import Fraction
from bench.analysis.phrase_properties import PropertyPoint
from bench.analysis.phrase_strata import BINS, NO_BOX, Property
from bench.report.analyse import Analysis
from bench.report.figures.canvas import INK, PAPER, Drawing, canvas, finish, footnote
from bench.report.figures.key import Mark, draw_key, key_height
from bench.report.figures.panels import DASHES, WIDTH, Series, synthetic_note
from bench.report.figures.plotted import amount_columns, estimate_columns
from bench.report.figures.point_words import property_told
from bench.report.figures.points import Points
from bench.stats import Status
from bench.systems.system import Role
from bench.text.numbers import count, images
from bench.text.statuses import cluster_robust

TITLES = {
    Property.same_label: "Boxes of the same label",
    Property.words: "Words of the phrase",
    Property.size: "Target, % of the image",
    Property.head: "Its head in the subset",
}
"""Of the properties that are drawn; one with two bins is in the table alone."""
SHORT = {"< 1 %": "< 1", "1–9": "1+", "10–99": "10+", "100–999": "100+"} | {
    name: name.removesuffix(" %") for name in ("1–5 %", "5–15 %", "15–40 %", "≥ 40 %")
}
"""How bins are written where their own names are too wide."""
FEWEST = 10
"""Phrases that a bin has at least to be drawn."""
ASIDE = 0.17
"""Share of the way to the next bin by which systems stand beside each other."""
THOUSANDS = 100_000
"""From so many phrases on only thousands are written."""


@dataclass(frozen=True)
class _Line:
    """A system at one amount of data, and how it is drawn."""

    system: str
    fraction: Fraction | None
    subset: Fraction | None
    colour: str
    marker: str
    is_open: bool
    dashes: Any

    @property
    def label(self) -> str:
        return self.system if self.fraction is None else f"{self.system}, {images(self.fraction.images)}"

    def of(self, points: Sequence[PropertyPoint], name: Property) -> dict[str, PropertyPoint]:
        """Return its points of a property by bin."""
        subset = self.subset if name is Property.head else None
        return {
            point.bin: point
            for point in points
            if (point.property, point.system, point.fraction, point.subset)
            == (name, self.system, self.fraction, subset)
        }

    @property
    def style(self) -> dict[str, Any]:
        inside = PAPER if self.is_open else self.colour
        return {"color": self.colour, "marker": self.marker, "markerfacecolor": inside, "linestyle": self.dashes}


def phrase_properties(analysis: Analysis, series: Sequence[Series]) -> Drawing | None:
    """Draw a panel for each property; None where the run's folder does not describe the phrases."""
    lines = _lines(analysis, series)
    if not analysis.properties or not lines:
        return None
    marks = [Mark(line.label, line.colour, {**line.style, "linewidth": 1.0}) for line in lines]
    head, note = 0.35 + key_height(marks, WIDTH), synthetic_note(analysis)
    bottom = 0.85 if note else 0.65
    figure, grid = canvas(
        WIDTH, head + 3.65 + bottom, top=head, bottom=bottom, rows=2, columns=2, right=0.12, share_y=True
    )
    figure.subplots_adjust(wspace=0.12, hspace=0.55)
    draw_key(figure, marks)
    points = Points()
    for axes, name in zip((axes for row in grid for axes in row), TITLES, strict=True):
        _panel(axes, analysis, name, lines, points)
    low, high = grid[0][0].get_ylim()
    grid[0][0].set_ylim(max(0.0, low), min(100.0, high))
    footnote(figure, note)
    alternative = (
        f"{analysis.measure.title} by the number of boxes of the same label, by words, by the size of the target and "
        "by how often the subset has the phrase's head; the numbers are in tables/phrase_properties.csv."
    )
    return finish(
        figure, "phrase_properties", _caption(analysis, lines), alternative, _numbers(analysis.properties), points
    )


def _lines(analysis: Analysis, series: Sequence[Series]) -> list[_Line]:
    """Return the prior, and the first trained system at the ends of its amounts of data."""
    first = next((style for style in series if any(own.system == style.system for own in analysis.properties)), None)
    ends = dict.fromkeys(
        own.fraction for own in analysis.properties if first is not None and own.system == first.system
    )
    amounts = [fraction for fraction in ends if fraction is not None]
    lines = [
        _Line(first.system, own, own, first.colour, first.marker, own != amounts[-1], "-")
        for own in amounts
        if first is not None
    ]
    prior = analysis.protocol.prior
    if prior is None or not any(own.system == prior for own in analysis.properties):
        return lines
    largest = amounts[-1] if amounts else None
    return [_Line(prior, None, largest, INK, "_", False, DASHES[Role.prior]), *lines]


def _panel(axes: Axes, analysis: Analysis, name: Property, lines: Sequence[_Line], points: Points) -> None:
    bins = [label for label in BINS[name] if label != NO_BOX]
    for place, line in enumerate(lines):
        own, told = line.of(analysis.properties, name), points.of(line.label, line.colour)
        present = [label for label in bins if label in own and own[label].phrases >= FEWEST]
        x = np.array([bins.index(label) for label in present]) + ASIDE * (place - (len(lines) - 1) / 2)
        estimates = [own[label].accuracy for label in present]
        heights = np.array([100 * estimate.estimate for estimate in estimates])
        ends = np.array([(100 * estimate.low, 100 * estimate.high) for estimate in estimates]).reshape(-1, 2)
        reach = np.nan_to_num(np.abs(ends.T - heights))
        told.owns(axes.errorbar(x, heights, yerr=reach, elinewidth=1.2, linewidth=0.8, **line.style))
        for at, label in zip(x, present, strict=True):
            point = own[label]
            told.at(axes, at, 100 * point.accuracy.estimate, property_told(f"{name.value} {label}", line.label, point))
    axes.set_title(TITLES[name], loc="left")
    axes.set_xticks(range(len(bins)), [_tick(label, name, analysis, lines) for label in bins], fontsize="small")
    axes.set_xlim(-0.5, len(bins) - 0.5)
    axes.grid(axis="y")
    axes.set_axisbelow(True)


def _tick(label: str, name: Property, analysis: Analysis, lines: Sequence[_Line]) -> str:
    """Write a bin with its phrases; where they depend on the amount of data, those of the largest come first."""
    counted = lines[-1:] if name is not Property.head else [line for line in reversed(lines) if line.fraction]
    found = [line.of(analysis.properties, name).get(label) for line in counted]
    return "\n".join(
        [SHORT.get(label, label), *("0" if point is None else _short(round(point.phrases)) for point in found)]
    )


def _short(phrases: int) -> str:
    return count(phrases) if phrases < THOUSANDS else f"{phrases // 1000}k"


def _numbers(properties: Sequence[PropertyPoint]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"property": point.property.value, "bin": point.bin, "phrases": point.phrases, "system": point.system}
            | amount_columns(point.fraction)
            | {"heads_counted_in_images": None if point.subset is None else point.subset.images}
            | estimate_columns("accuracy", point.accuracy)
            for point in properties
        ]
    )


def _caption(analysis: Analysis, lines: Sequence[_Line]) -> str:
    unfit = [
        point.phrases for point in analysis.properties if point.property is Property.same_label and point.bin == NO_BOX
    ]
    ends = [images(line.fraction.images) for line in reversed(lines) if line.fraction is not None]
    drawn = [point for line in lines for name in TITLES for point in line.of(analysis.properties, name).values()]
    # In a subset that is not all of the data, a seed has heads of its own, and so the prior other phrases.
    is_whole = not any(point.fraction is None and point.accuracy.status is Status.ok for point in drawn)
    of_prior = "of the prior over test images" if is_whole else "of the prior over test images, by heads over both"
    bars = cluster_robust(point.accuracy for point in drawn if point.fraction is not None)
    sentences = [
        f"{analysis.measure.title} in percent by what a phrase is like; exploratory. Beneath each bin: its test "
        f"phrases; with fewer than {FEWEST}, nothing is drawn. Bars: 95 % intervals, {bars} ({of_prior}), not "
        "corrected for their number.",
        "Boxes of the same label: boxes of the image that share the label of the box that covers the target best, that "
        "box included.",
    ]
    if unfit:
        sentences.append(
            f"For {count(round(unfit[0]))} phrases no box reaches an IoU of 0.5 with the target; "
            f"{'every system is wrong on them, and ' if analysis.measure.is_accuracy else ''}they are left out of that "
            "panel."
        )
    if ends:
        sentences.append(
            "Its head in the subset: how many phrases of the training subset have the phrase's head, from this number "
            "up to the next, counted anew for each seed and amount, and for the prior in the largest. Beneath: test "
            f"phrases with {' and with '.join(ends)}, averaged over the seeds. Where they differ from seed to seed, "
            f"{analysis.measure} is a ratio of sums over the seeds, and its variance is linearised."
        )
    return " ".join(sentences)
