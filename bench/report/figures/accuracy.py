"""The figures of accuracy: against the amount of data, against the prior, of each seed and of each entity type."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
import seaborn
from matplotlib.axes import Axes

from bench.analysis.curves import CurvePoint, TypePoint
from bench.analysis.fraction import Fraction
from bench.report.analyse import Analysis
from bench.report.figures.accuracy_numbers import accuracy_numbers, gain_numbers, seed_numbers, type_numbers
from bench.report.figures.canvas import (
    INK,
    LABEL_ROOM,
    Drawing,
    canvas,
    finish,
    footnote,
    label_ends,
    label_room,
    labels_height,
)
from bench.report.figures.key import Mark, draw_key, key_height, line_mark
from bench.report.figures.panels import (
    DASHES,
    WIDTH,
    Series,
    amount_axis,
    keep_to_percentages,
    synthetic_note,
    system_panels,
    used_panels,
)
from bench.report.figures.plotted import IMAGES_INTERVAL
from bench.report.figures.point_words import accuracy_told, difference_told, trial_told, untrained_told
from bench.report.figures.points import Points, SeriesPoints
from bench.report.figures.text_width import shortened, text_inches
from bench.report.text.entity_types import shown, which
from bench.stats import Estimate
from bench.systems.system import BOUNDS, Role
from bench.text.numbers import count, listed, percent
from bench.text.statuses import cluster_robust

TITLE = 1.35
"""Inches that the title of a panel has where there are three beside each other."""


def accuracy_curve(analysis: Analysis, series: Sequence[Series]) -> Drawing:
    """Accuracy against training images, with what needs no training as lines."""
    room = label_room([*(style.system for style in series), *map(_level_name, analysis.curve)])
    note = synthetic_note(analysis)
    bottom = 0.85 if note else 0.65
    levels = [point for point in analysis.curve if point.fraction is None]
    high = max(3.05, 0.35 + labels_height(len(series) + len(levels)))
    figure, ((axes,),) = canvas(WIDTH + room - LABEL_ROOM, high + bottom, right=room, bottom=bottom)
    amount_axis(axes, analysis.fractions)
    points = Points()
    for style in series:
        # Before those that are not trained, so that a reader who goes through them meets these first.
        points.of(style.system, style.colour)
    labels = [_level(axes, point, points, analysis.fractions) for point in levels]
    for style in series:
        own = [point for point in analysis.curve if point.system == style.system and point.fraction is not None]
        told = points.of(style.system, style.colour)
        _curve(axes, style, [(point.fraction, point.accuracy) for point in own if point.fraction is not None], told)
        for point in own:
            assert point.fraction is not None
            text = accuracy_told(style.system, point.fraction, point.accuracy)
            told.at(axes, point.fraction.images, 100 * point.accuracy.estimate, text)
        labels.append((100 * own[-1].accuracy.estimate, style.system, style.colour))
    axes.set_title(f"{analysis.measure.title}, {_unit(analysis)}", loc="left")
    axes.set_xlabel("Training images, and fraction of all")
    keep_to_percentages(axes)
    for artists, (_, name, colour) in zip(label_ends(axes, labels), labels, strict=True):
        points.of(name, colour).owns(*artists)
    footnote(figure, note)
    return finish(
        figure, "accuracy_curve", _curve_caption(analysis), _spoken(analysis), accuracy_numbers(analysis), points
    )


def gain_curves(analysis: Analysis, series: Sequence[Series]) -> Drawing:
    """Difference to the prior against training images, a panel for each trained system."""
    figure, panels, lowest = system_panels(analysis, series)
    points = Points()
    for axes, style in zip(panels, series, strict=True):
        own = [gain for gain in analysis.gains if gain.system == style.system]
        axes.axhline(0, color=INK, linestyle=DASHES[Role.prior], linewidth=1.2)
        told = points.of(style.system, style.colour)
        _curve(axes, style, [(gain.fraction, gain.difference) for gain in own], told)
        for gain in own:
            text = difference_told(f"{gain.system} − {gain.rival}", gain.fraction, gain.difference)
            told.at(axes, gain.fraction.images, 100 * gain.difference.estimate, text)
        axes.set_title(f"{style.system}, points", loc="left", color=style.colour)
    for axes in lowest:
        axes.set_xlabel("Training images")
    bars = cluster_robust(gain.difference for gain in analysis.gains)
    caption = (
        f"Difference in {analysis.measure} from the prior in points, paired by image, against the number of training "
        f"images (log scale). Bars: 95 % intervals, {bars}, not corrected for their number. Whether a system differs "
        f"from the prior is shown by these intervals, not by the overlap of those of the {analysis.measure.several}. "
        "Each system has its own scale."
    )
    alternative = "Difference from the prior in points against training images; the numbers are in the table of gains."
    return finish(figure, "gain_over_prior", caption, alternative, gain_numbers(analysis), points)


def seed_curves(analysis: Analysis, series: Sequence[Series]) -> Drawing:
    """Accuracy of every single trial, a panel for each trained system and a line for each seed."""
    figure, panels, lowest = system_panels(analysis, series)
    points = Points()
    for axes, style in zip(panels, series, strict=True):
        trials = pd.DataFrame(
            [
                {"images": point.fraction.images, "seed": seed, "accuracy": 100 * accuracy}
                for point in analysis.curve
                if point.system == style.system and point.fraction is not None
                for seed, accuracy in zip(point.seeds, point.by_seed, strict=True)
            ]
        )
        seaborn.lineplot(
            trials, x="images", y="accuracy", units="seed", estimator=None, ax=axes,
            color=style.colour, marker=style.marker, markeredgewidth=0, linewidth=0.9,
        )  # fmt: skip
        told = points.of(style.system, style.colour)
        told.owns(*axes.lines)
        for point in analysis.curve:
            if point.system == style.system and point.fraction is not None:
                for seed, accuracy in zip(point.seeds, point.by_seed, strict=True):
                    text = trial_told(style.system, point.fraction, seed, accuracy)
                    told.at(axes, point.fraction.images, 100 * accuracy, text)
        axes.set(xlabel="", ylabel="")
        axes.set_title(f"{style.system}, %", loc="left", color=style.colour)
    for axes in lowest:
        axes.set_xlabel("Training images")
    # Of crossed seeds only those stand for seeds that share neither.
    lines = "the trials of each seed" if analysis.protocol.design.crossed else "every trial"
    caption = (
        f"{analysis.measure.title} of {lines} in percent of the test phrases, one line per seed, without intervals; "
        "seeds differ in subset, initial weights and batch order. Each system has its own scale."
    )
    alternative = (
        f"{analysis.measure.title} of each seed's trials against training images; the standard deviations are in "
        "tables/curve.csv."
    )
    return finish(figure, "seeds", caption, alternative, seed_numbers(analysis), points)


def type_curves(analysis: Analysis, series: Sequence[Series]) -> Drawing:
    """Accuracy against training images, a panel for each entity type."""
    all_types = [point.entity_type for point in analysis.types]
    types, roles = shown(all_types), {name: system.stands_for for name, system in analysis.protocol.systems.items()}
    bounds = [role for point in analysis.types if (role := roles[point.system]) in BOUNDS]
    marks = [Mark(own.system, own.colour, {"marker": own.marker}) for own in series]
    marks += [line_mark(role.value, DASHES[role]) for role in dict.fromkeys(bounds)]
    columns = min(3, len(types))
    rows = -(-len(types) // columns)
    head = 0.4 + key_height(marks, WIDTH)
    figure, grid = canvas(
        WIDTH, 0.3 + head + 1.45 * rows, top=head, bottom=0.65, rows=rows, columns=columns, right=0.45, share_y=True
    )
    figure.subplots_adjust(wspace=0.42)
    draw_key(figure, marks)
    panels, points = used_panels(grid, len(types)), Points()
    for axes, name in zip(panels, types, strict=True):
        of_type = [point for point in analysis.types if point.entity_type == name]
        amount_axis(axes, analysis.fractions, shares=False)
        _type_levels(axes, analysis, [point for point in of_type if point.fraction is None], points)
        for style in series:
            told = points.of(style.system, style.colour)
            own = [point for point in of_type if point.system == style.system]
            trained = [(point.fraction, point.accuracy) for point in own if point.fraction is not None]
            _curve(axes, style, trained, told)
            for fraction, accuracy in trained:
                text = accuracy_told(f"{name}, {style.system}", fraction, accuracy)
                told.at(axes, fraction.images, 100 * accuracy.estimate, text)
        phrases = f" ({count(of_type[0].phrases)})"
        axes.set_title(shortened(name, TITLE - text_inches(phrases)) + phrases, loc="left")
    panels[0].set_ylim(0, 100)
    for axes in panels[-columns:]:
        axes.set_xlabel("Training images")
    footnote(figure, synthetic_note(analysis))
    bars = cluster_robust(point.accuracy for point in analysis.types if point.fraction is not None)
    caption = (
        f"{analysis.measure.title} in percent of the test phrases of an entity type, their number in brackets, against "
        f"the number of training images (log scale); exploratory. Bars: 95 % intervals, {bars}, not corrected for "
        f"their number.{_prior_line(analysis)}{which(all_types)}"
    )
    alternative = (
        f"{analysis.measure.title} by entity type against training images; the numbers are in tables/entity_types.csv."
    )
    return finish(figure, "entity_types", caption, alternative, type_numbers(analysis), points)


def _type_levels(axes: Axes, analysis: Analysis, untrained: Sequence[TypePoint], points: Points) -> None:
    """Draw the accuracies of the prior and of the bounds as lines across a panel."""
    for point in untrained:
        is_prior, role = point.system == analysis.protocol.prior, analysis.protocol.systems[point.system].stands_for
        if not is_prior and role not in BOUNDS:
            continue
        height, told = 100 * point.accuracy.estimate, points.of(point.system, INK)
        told.owns(axes.axhline(height, color=INK, linestyle=DASHES[role], linewidth=1))
        text = untrained_told(f"{point.entity_type}, {point.system}", point.accuracy)
        told.at(axes, analysis.fractions[0].images, height, text)
        if is_prior:
            label = axes.annotate(
                "prior", (1, height), xycoords=axes.get_yaxis_transform(), xytext=(2, 0),
                textcoords="offset points", va="center", fontsize="small", annotation_clip=False,
            )  # fmt: skip
            told.owns(label)


def _prior_line(analysis: Analysis) -> str:
    """Say which prior is drawn, as the end of a caption; nothing without one."""
    priors = [name for name, system in analysis.protocol.systems.items() if system.stands_for is Role.prior]
    if analysis.protocol.prior is None:
        return ""
    others = [name for name in priors if name != analysis.protocol.prior]
    beside = f"; {listed(others)}: in the CSV file" if others else ""
    return f" Dashed line: {analysis.protocol.prior}{beside}."


def _level(axes: Axes, point: CurvePoint, points: Points, fractions: Sequence[Fraction]) -> tuple[float, str, str]:
    """Draw a system that is not trained as a line; return its label's height, text and colour."""
    height, name = 100 * point.accuracy.estimate, _level_name(point)
    told = points.of(name, INK)
    told.owns(axes.axhline(height, color=INK, linestyle=DASHES[point.role], linewidth=1.2))
    if point.role is Role.prior and point.accuracy.status.has_interval:
        ends = 100 * point.accuracy.low, 100 * point.accuracy.high
        told.owns(axes.axhspan(*ends, color=INK, alpha=0.1, linewidth=0))
    for fraction in fractions:
        told.at(axes, fraction.images, height, untrained_told(name, point.accuracy))
    return height, name, INK


def _level_name(point: CurvePoint) -> str:
    return point.role.value if point.role in BOUNDS and point.system == point.kind else point.system


def _curve(axes: Axes, series: Series, estimates: Iterable[tuple[Fraction, Estimate]], told: SeriesPoints) -> None:
    """Draw estimates and their intervals, in percent or points."""
    ordered = sorted(estimates, key=lambda pair: pair[0].images)
    images = [fraction.images for fraction, _ in ordered]
    heights = np.array([100 * estimate.estimate for _, estimate in ordered])
    ends = np.array([(100 * estimate.low, 100 * estimate.high) for _, estimate in ordered]).reshape(-1, 2)
    reach = np.nan_to_num(np.abs(ends.T - heights))
    told.owns(
        axes.errorbar(
            images, heights, yerr=reach, color=series.colour, marker=series.marker, markeredgewidth=0, elinewidth=1.2
        )
    )


def _unit(analysis: Analysis) -> str:
    return "% of test phrases" if analysis.measure.is_accuracy else "%"


def _curve_caption(analysis: Analysis) -> str:
    """Explain the curve, and of bars and shades those that are drawn."""
    sentences = [
        f"{analysis.measure.title} in percent of {count(analysis.test.phrases)} test phrases, against the number of "
        "training images (log scale)."
    ]
    shown = [point for point in analysis.curve if point.accuracy.status.has_interval]
    if trained := [point for point in shown if point.fraction is not None]:
        bars = cluster_robust(point.accuracy for point in trained)
        covered = "new images and new trainings" if "seeds" in bars else "new images, not new trainings"
        sentences.append(f"Bars of trained systems: 95 % intervals, {bars}; they cover {covered}.")
    if any(point.role is Role.prior for point in shown):
        priors = {point.system for point in shown if point.role is Role.prior}
        whose = "the prior" if len(priors) == 1 else "each prior"
        sentences.append(f"Shaded, for {whose}: {IMAGES_INTERVAL}{_and_draws(analysis)}.")
    return " ".join(sentences)


def _and_draws(analysis: Analysis) -> str:
    """Add to what an interval covers, for systems that answer with random initial weights, the draws of these."""
    random = [name for name in analysis.protocol.seeded if name not in analysis.protocol.trained]
    return f"; for {listed(random)}, over draws of initial weights as well" if random else ""


def _spoken(analysis: Analysis) -> str:
    """Tell the curve in words: where each system starts and ends."""
    parts = []
    for name in dict.fromkeys(point.system for point in analysis.curve):
        own = [point for point in analysis.curve if point.system == name]
        first, last = own[0], own[-1]
        if first.fraction is None:
            parts.append(f"{name} {percent(first.accuracy.estimate)} %")
        elif last.fraction is not None:
            ends = f"{percent(first.accuracy.estimate)} % with {count(first.fraction.images)} training images"
            parts.append(
                f"{name} from {ends} to {percent(last.accuracy.estimate)} % with {count(last.fraction.images)}"
            )
    return f"{analysis.measure.title} against training images: {'; '.join(parts)}."
