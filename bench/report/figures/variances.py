"""The figure of variance shares: what would narrow the intervals, more seeds or more test images."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from bench.analysis.variance_shares import VarianceShares
from bench.report.analyse import Analysis
from bench.report.figures.canvas import INK, Drawing, canvas, finish, footnote
from bench.report.figures.key import Mark, draw_key, key_height
from bench.report.figures.panels import WIDTH, Series, synthetic_note, used_panels
from bench.report.figures.plotted import amount_columns
from bench.report.figures.text_width import shortened
from bench.text.measures import Measure
from bench.text.numbers import count

PARTS = {"seeds": 1.0, "test images": 0.5, "seed × image": 0.25}
"""Opacity of each part in its system's colour."""
CROSSED = {
    "subsets": 1.0,
    "initialisations": 0.76,
    "subset × initialisation": 0.56,
    "test images": 0.36,
    "seed × image": 0.16,
}
"""The same where the part of the seeds is split."""
BAR = 0.24
"""Inches for a bar."""
TITLE = 2.2
"""Inches that the title of a panel has."""


def variance_bars(analysis: Analysis, series: Sequence[Series]) -> Drawing | None:
    """Draw a panel for each trained system, a bar for each amount of data; None where no variance can be split."""
    styles = [style for style in series if any(own.system == style.system for own in analysis.variances)]
    if not styles:
        return None
    bar = {"linewidth": 7, "solid_capstyle": "butt"}
    parts = _parts(analysis.variances)
    marks = [Mark(part, INK, {**bar, "alpha": tone}) for part, tone in parts.items()]
    columns, head = min(2, len(styles)), 0.4 + key_height(marks, WIDTH)
    most = max(sum(own.system == style.system for own in analysis.variances) for style in styles)
    rows = -(-len(styles) // columns)
    height = head + rows * BAR * most + (rows - 1) * 0.65 + 0.75
    figure, grid = canvas(WIDTH, height, top=head, bottom=0.75, rows=rows, columns=columns, right=0.75)
    figure.subplots_adjust(left=0.7 / WIDTH, wspace=0.95, hspace=0.65 / (BAR * most))
    draw_key(figure, marks)
    panels = used_panels(grid, len(styles))
    for axes, style in zip(panels, styles, strict=True):
        own = [shares for shares in analysis.variances if shares.system == style.system]
        _bars(axes, own, list(parts.values()), style.colour, most)
        axes.set_title(shortened(style.system, TITLE), loc="left", color=style.colour)
    for axes in panels[-columns:]:
        axes.set_xlabel("Share of the variance, %")
    footnote(figure, synthetic_note(analysis))
    alternative = (
        f"Share of the variance of {analysis.measure.each} that comes from {', from '.join(list(parts)[:-1])} "
        "and from both together; the numbers are in tables/variance_shares.csv."
    )
    return finish(
        figure,
        "variance_shares",
        _caption(analysis.measure, analysis.variances),
        alternative,
        _numbers(analysis.variances),
    )


def _parts(variances: Sequence[VarianceShares]) -> dict[str, float]:
    return PARTS if variances[0].of_seeds is None else CROSSED


def _bars(axes: Axes, own: Sequence[VarianceShares], tones: Sequence[float], colour: str, most: int) -> None:
    for row, shares in enumerate(own):
        left = 0.0
        for share, tone in zip(shares.finest, tones, strict=True):
            axes.add_patch(Rectangle((left, row - 0.34), 100 * share, 0.68, color=colour, alpha=tone, linewidth=0))
            left += 100 * share
        axes.annotate(
            f"SE {100 * shares.standard_error:.2f}", (100, row), xytext=(4, 0), textcoords="offset points", va="center",
            annotation_clip=False,
        )  # fmt: skip
    axes.set_xlim(0, 100)
    axes.set_ylim(most - 0.5, -0.5)
    axes.set_xticks([0, 50, 100])
    axes.set_yticks(range(len(own)), [count(shares.fraction.images) for shares in own])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def _numbers(variances: Sequence[VarianceShares]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"system": own.system, **amount_columns(own.fraction), "seeds": own.seeds, "test_images": own.images}
            | {
                f"{part}_percent": 100 * share
                for part, share in zip(("by_seed", "by_image", "by_both"), own.shares, strict=True)
            }
            | {
                f"{part}_percent": 100 * share
                for part, share in zip(("by_subset", "by_initialisation", "by_pair"), own.finest, strict=False)
                if own.of_seeds is not None
            }
            | {"standard_error_points": 100 * own.standard_error}
            for own in variances
        ]
    )


def _caption(measure: Measure, variances: Sequence[VarianceShares]) -> str:
    of_seeds = variances[0].of_seeds
    crossed = (
        ""
        if of_seeds is None
        else (
            "The part of the seeds is split into what comes from the subset, from the initialisation (initial weights "
            f"and batch order) and from the two together, by all pairs of {of_seeds.subsets} subsets and "
            f"{of_seeds.initialisations} initialisations. "
        )
    )
    design = "seeds" if of_seeds is None else "subsets, initialisations"
    factors = "two-way" if of_seeds is None else "three-way"
    return (
        f"Would more seeds or more test images narrow the interval of {measure.one}? Each bar splits the variance of "
        "the reported mean, by number of training images: the part of the seeds (variance between seeds over their "
        "number) shrinks with more seeds, that of the test images (variance between images over their number) with "
        f"more test images, and the rest (seed × image, over the product) with either. {crossed}At the right: the "
        f"standard error of the mean in points of {measure}. Components by a {factors} analysis of variance over "
        f"{design} and test images; they are estimates without intervals, that of few seeds a rough one, and a "
        "negative one counts as 0."
    )
