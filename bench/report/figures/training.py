"""The figure of training curves: loss and validation by epoch, of each trained system at each amount of data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from bench.analysis.fraction import Fraction
from bench.analysis.training_course import TrainingCourse
from bench.report.analyse import Analysis
from bench.report.figures.canvas import AMOUNTS, Drawing, canvas, finish, footnote
from bench.report.figures.key import Mark, draw_key, key_height
from bench.report.figures.panels import WIDTH, Series, synthetic_note
from bench.report.figures.plotted import amount_columns
from bench.report.figures.point_words import epoch_told
from bench.report.figures.points import Points
from bench.report.figures.text_width import shortened
from bench.text.numbers import MINUS, count, images, listed

MOST = 6
"""Systems that are drawn, the first of the protocol; a picture of more is taller than any page."""
LEFT = 0.75
"""Inches for the numbers of the left axes."""
TITLE = 2.4
"""Inches that the title of a panel has."""
KEPT: dict[str, Any] = {"marker": "o", "markersize": 4.0, "markeredgewidth": 0, "linestyle": "none"}
"""How an epoch is marked whose weights were kept."""


@dataclass(frozen=True)
class _Measure:
    """What is drawn over the epochs."""

    title: str
    column: str
    unit: float

    def of(self, course: TrainingCourse) -> NDArray[np.float64]:
        """Return its values, (seeds, epochs)."""
        values: NDArray[np.float64] = self.unit * getattr(course, self.column)
        return values

    def told(self, value: float) -> str:
        """Write one of the values with what it is: `training loss 0.213`, `validation accuracy 54.3 %`."""
        name, comma, unit = self.title.partition(", ")
        written = f"{value:.1f}" if comma else f"{value:.3g}"
        return f"{name} {written.replace('-', MINUS)} {unit}".strip()


LOSS = _Measure("training loss", "loss", 1.0)
ACCURACY = _Measure("validation accuracy, %", "val_accuracy", 100.0)
VAL_LOSS = _Measure("validation loss", "val_loss", 1.0)


def training_curves(analysis: Analysis, series: Sequence[Series]) -> Drawing | None:
    """Draw a row of two panels for each trained system, `MOST` at most; None where no training has two epochs."""
    courses = {name: list(own) for name, own in groupby(analysis.courses, key=lambda course: course.system)}
    styles = [style for style in series if any(own.epochs[-1] > 1 for own in courses.get(style.system, ()))]
    if not styles:
        return None
    beyond, styles = [style.system for style in styles[MOST:]], styles[:MOST]
    colours = _colours({course.fraction for course in analysis.courses})
    marks = [
        Mark(images(fraction.images) if place == 0 else count(fraction.images), colour, {})
        for place, (fraction, colour) in enumerate(colours.items())
    ]
    head, height = 0.35 + key_height(marks, WIDTH), 1.65 * len(styles)
    figure, grid = canvas(WIDTH, head + 0.35 + height, top=head, bottom=0.7, rows=len(styles), columns=2, right=0.15)
    figure.subplots_adjust(left=LEFT / WIDTH, wspace=0.3)
    draw_key(figure, marks)
    points = Points()
    for row, style in zip(grid, styles, strict=True):
        for axes, measure in zip(row, _measures(courses[style.system]), strict=True):
            _panel(axes, courses[style.system], measure, colours, points)
            title = f"{style.system}, {measure.title}" if measure is LOSS else measure.title
            # The left one has the room above the numbers of its axis, too.
            start = -(LEFT - 0.06) / (axes.bbox.width / figure.dpi) if measure is LOSS else 0.0
            axes.set_title(shortened(title, TITLE), loc="left", x=start, color=style.colour)
    for axes in grid[-1]:
        axes.set_xlabel("Epoch")
    footnote(figure, synthetic_note(analysis))
    alternative = "Training loss and validation accuracy by epoch; the numbers are in tables/training.csv."
    numbers = _numbers(analysis.courses)
    caption = _caption(analysis, len(colours))
    caption += f" Not drawn, but in the CSV file: {listed(beyond)}." if beyond else ""
    return finish(figure, "training_curves", caption, alternative, numbers, points)


def _colours(fractions: set[Fraction]) -> dict[Fraction, str]:
    """Colour amounts of data from few to many; of more than there are colours, some between the ends are left out."""
    ordered = sorted(fractions, key=lambda fraction: fraction.images)
    places = np.unique(np.linspace(0, len(ordered) - 1, len(AMOUNTS)).round().astype(int))
    tones = np.linspace(0, len(AMOUNTS) - 1, len(places)).round().astype(int)
    return {ordered[place]: AMOUNTS[tone] for place, tone in zip(places, tones, strict=True)}


def _measures(courses: Sequence[TrainingCourse]) -> tuple[_Measure, _Measure]:
    """Return what is drawn of a system: accuracy on the validation split where it has boxes, otherwise the loss."""
    has_accuracy = any(np.isfinite(course.val_accuracy).any() for course in courses)
    return LOSS, ACCURACY if has_accuracy else VAL_LOSS


def _panel(
    axes: Axes,
    courses: Sequence[TrainingCourse],
    measure: _Measure,
    colours: dict[Fraction, str],
    points: Points,
) -> None:
    for course in courses:
        if course.fraction not in colours:
            continue
        colour, values = colours[course.fraction], measure.of(course)
        if not np.isfinite(values).any():
            continue
        told, means = points.of(images(course.fraction.images), colour), values.mean(axis=0)
        # One line of all seeds, which a gap separates, is drawn much faster than one of each.
        gap = np.full((len(values), 1), np.nan)
        epochs = np.tile(np.append(course.epochs, np.nan), len(values))
        told.owns(*axes.plot(epochs, np.hstack([values, gap]).ravel(), color=colour, linewidth=0.5, alpha=0.6))
        told.owns(*axes.plot(course.epochs, means, color=colour))
        told.owns(*axes.plot(course.selected, course.at_selected(values), color=colour, **KEPT))
        for epoch, mean in zip(course.epochs[np.isfinite(means)], means[np.isfinite(means)], strict=True):
            text = epoch_told(course.system, course.fraction, epoch, measure.told(mean), len(course.seeds))
            told.at(axes, epoch, mean, text)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.margins(x=0.08)
    axes.grid(axis="y")
    axes.set_axisbelow(True)


def _numbers(courses: Sequence[TrainingCourse]) -> pd.DataFrame:
    """Return every epoch of every training."""
    return pd.DataFrame(
        [
            {"system": course.system, **amount_columns(course.fraction), "seed": seed, "epoch": epoch}
            | {"steps": course.steps[row, place], "is_kept": epoch == course.selected[row]}
            | {"training_loss": course.loss[row, place]}
            | {"validation_accuracy_percent": 100 * course.val_accuracy[row, place]}
            | {"validation_loss": course.val_loss[row, place]}
            for course in courses
            for row, seed in enumerate(course.seeds)
            for place, epoch in enumerate(course.epochs.tolist())
        ]
    )


def _caption(analysis: Analysis, shown: int) -> str:
    amounts = len({course.fraction for course in analysis.courses})
    sentences = [
        "How the trainings went, by epoch; colours: number of training images. Left: mean training loss of an epoch's "
        "batches, in the system's own unit. Right: the same weights on the validation split. Thin lines: single seeds; "
        "thick: their mean, without an interval; dots: the epoch whose weights were kept, of each seed."
    ]
    if any(course.epochs[0] == 0 for course in analysis.courses):
        sentences.append("Epoch 0: before the first step, without a training loss, where that may be kept, too.")
    if steps := _of_equal_steps(analysis.courses):
        sentences.append(f"Of {listed(steps)}, an epoch has as many optimiser steps at every amount of data.")
    if shown < amounts:
        sentences.append(f"Shown: {shown} of {amounts} amounts of data; the CSV file has all.")
    return " ".join(sentences)


def _of_equal_steps(courses: Sequence[TrainingCourse]) -> list[str]:
    """Name the systems whose trainings have as many steps on little data as on much."""
    steps: dict[str, list[float]] = {}
    for course in courses:
        steps.setdefault(course.system, []).append(float(np.nanmax(course.steps)))
    return [system for system, own in steps.items() if len(own) > 1 and len(set(own)) == 1]
