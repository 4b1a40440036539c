"""The figure of corpora of several sizes: the fraction and the number of images that are enough of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import inf, isnan, nan

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from numpy.typing import NDArray

from bench.analysis.fraction import Fraction
from bench.report.analyse import Analysis
from bench.report.corpus_sizes import ClaimBySize, is_bound, why_not_tested
from bench.report.figures.canvas import MUTED, PAPER, Drawing, canvas, finish, footnote, look_of
from bench.report.figures.panels import WIDTH, amount_axis, synthetic_note
from bench.report.figures.points import Points, SeriesPoints
from bench.stats import AmountNeeded
from bench.text.curve_words import needed_cell, whole
from bench.text.numbers import count, images, listed, share

ASIDE = 0.04
"""Share of an axis by which tested fractions stand left of a size, and needed ones right of it, for each claim once
more; about as much as a marker is wide."""
OWN = 0.45
"""Share of the way to the next size that no claim's stand further aside than."""
LINE = 0.18
"""Inches for a line of the legend."""
ABOVE_ALL = 140
"""Percent of a corpus up to which an axis reaches."""
STEPS = (1, 2, 5)
"""Leading digits of ticks."""
MOST = 500
"""Ratio of the ends of an axis above which only powers of ten have ticks."""


@dataclass(frozen=True)
class _Point:
    """An amount of one corpus; images, or percent of it.

    Attributes:
        size: images of the corpus.
        value: the amount; NaN when it is not known.
        low: lower end of its interval, or the value without one.
        high: upper end.
        is_bound: whether it is known only that it is the amount at most.
        text: what it says of itself.
    """

    size: float
    value: float
    low: float
    high: float
    is_bound: bool
    text: str


def corpus_sizes(analysis: Analysis) -> Drawing:
    """Draw the fraction that is enough, and the number of images, against the images of the corpus."""
    below = 0.9 + LINE * len(analysis.by_size)
    figure, ((left, right),) = canvas(WIDTH, 2.4 + below, columns=2, right=0.25, bottom=below)
    figure.subplots_adjust(wspace=0.36)
    wholes = [of_size.whole for _, of_size in analysis.by_size[0]]
    points = Points()
    for axes, of_corpus in ((left, True), (right, False)):
        amount_axis(axes, wholes, shares=False)
        axes.tick_params(axis="x", labelsize="small")
        axes.set_yscale("log")
        sizes = np.array([whole.images for whole in wholes], dtype=np.float64)
        axes.plot(sizes, np.full(len(sizes), 100.0) if of_corpus else sizes, color=MUTED, linestyle=":", linewidth=1)
        aside = _make_room(axes, sizes, len(analysis.by_size))
        for place, claim in enumerate(analysis.by_size):
            told = points.of(claim.claim.name, look_of(place)[0])
            _needed(axes, list(_needed_points(claim, of_corpus)), aside ** (1 + place), told)
            _tested(axes, list(_tested_points(claim, of_corpus)), place, aside ** (1 + place), told)
        if of_corpus:
            low, high = axes.get_ylim()
            axes.set_ylim(low, min(high, ABOVE_ALL))
        _ticks(axes, str if of_corpus else count)
        axes.set_xlabel("Images of the corpus")
    left.set_title("Fraction of the corpus, %", loc="left")
    right.set_title("Number of images", loc="left")
    figure.legend(
        handles=_legend(analysis.by_size), ncols=2 if len(analysis.by_size) == 1 else 1, frameon=False,
        loc="lower center", bbox_to_anchor=(0.5, 0.24 / figure.get_figheight()),
        fontsize="small", handlelength=1.6, columnspacing=1.2,
    )  # fmt: skip
    footnote(figure, synthetic_note(analysis))
    alternative = (
        "Smallest competitive fraction, and number of images, against the size of the corpus; the numbers are in "
        "tables/corpus_sizes.csv."
    )
    return finish(figure, "corpus_sizes", _caption(analysis.by_size), alternative, _numbers(analysis), points)


def _numbers(analysis: Analysis) -> pd.DataFrame:
    """Return the points of both panels, those of the left in percent of the corpus and those of the right in images."""
    rows = []
    for claim in analysis.by_size:
        for unit in ("percent", "images"):
            of_corpus = unit == "percent"
            tested, needed = _tested_points(claim, of_corpus), _needed_points(claim, of_corpus)
            for what, points in (("smallest competitive, tested", tested), ("needed, by the curve", needed)):
                rows += [
                    {"claim": claim.claim.name, "what": what, "is_upper_bound": point.is_bound}
                    | {"corpus_images": point.size, f"enough_{unit}": point.value}
                    | {f"low_{unit}": point.low, f"high_{unit}": point.high}
                    for point in points
                ]
    return pd.DataFrame(rows)


def _needed_points(claim: ClaimBySize, of_corpus: bool) -> Iterator[_Point]:
    for _, of_size in claim:
        needed = of_size.share if of_corpus else of_size.needed
        unit = 100 if of_corpus else 1
        low, high = unit * needed.interval.low, unit * needed.interval.high
        text = f"{_of(claim, of_size.whole)}: needed {_needed_in_words(needed, of_corpus)}"
        if not isnan(needed.value):
            value = unit * needed.value
            yield _Point(
                of_size.whole.images, value, nan if low == 0 else low, nan if high == inf else high, False, text
            )
        elif 0 < high < inf:
            yield _Point(of_size.whole.images, high, nan, nan, True, text)


def _tested_points(claim: ClaimBySize, of_corpus: bool) -> Iterator[_Point]:
    for verdict, of_size in claim:
        size = of_size.whole.images
        if verdict.smallest is not None:
            tested = verdict.smallest.images
            value = 100 * tested / size if of_corpus else tested
            least = "at most " if is_bound(verdict) else ""
            written = share(tested / size) if of_corpus else images(tested)
            text = f"{_of(claim, of_size.whole)}: competitive {least}{written}"
            yield _Point(size, value, nan, nan, is_bound(verdict), text)


def _needed_in_words(needed: AmountNeeded, of_corpus: bool) -> str:
    return needed_cell(needed, share) if of_corpus else f"{needed_cell(needed, whole)} images"


def _of(claim: ClaimBySize, whole: Fraction) -> str:
    return f"{claim.claim.name}, corpus of {images(whole.images)}"


def _make_room(axes: Axes, sizes: NDArray[np.float64], claims: int) -> float:
    """Widen an axis so that so many claims stand beside each other; return the factor from one to the next."""
    low, high = axes.get_xlim()
    step = min(ASIDE * np.log(high / low), OWN * np.diff(np.log(sizes)).min() / claims)
    beyond = np.exp(step * claims)
    axes.set_xlim(low / beyond, high * beyond)
    return float(np.exp(step))


def _needed(axes: Axes, points: Sequence[_Point], aside: float, told: SeriesPoints) -> None:
    colour = told.colour
    sizes = aside * np.array([point.size for point in points])
    values = np.array([point.value for point in points])
    reach = np.array([(point.value - point.low, point.high - point.value) for point in points]).reshape(-1, 2)
    reach = np.maximum(np.nan_to_num(reach.T), 0)
    told.owns(axes.errorbar(sizes, values, yerr=reach, color=colour, elinewidth=1.2, capsize=2))
    for x, point in zip(sizes, points, strict=True):
        told.at(axes, x, point.value, point.text)
        if point.is_bound:
            told.owns(*axes.plot(x, point.value, color=colour, marker="v", markerfacecolor=PAPER, linestyle="none"))


def _tested(axes: Axes, points: Sequence[_Point], place: int, aside: float, told: SeriesPoints) -> None:
    colour, (_, marker) = told.colour, look_of(place)
    for point in points:
        inside, x = PAPER if point.is_bound else colour, point.size / aside
        told.owns(
            *axes.plot(x, point.value, color=colour, marker=marker, markerfacecolor=inside, linestyle="none", zorder=3)
        )
        told.at(axes, x, point.value, point.text)


def _ticks(axes: Axes, write: Callable[[int], str]) -> None:
    """Label a logarithmic axis at 1, 2 and 5 times the powers of ten, with whole numbers where they are."""
    low, high = axes.get_ylim()
    powers = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    at = [step * 10.0**power for power in powers for step in STEPS]
    if high / low > MOST:
        at = [10.0**power for power in powers]
    axes.yaxis.set_major_locator(FixedLocator([tick for tick in at if low <= tick <= high]))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda tick, _: write(round(tick)) if tick >= 1 else f"{tick:g}"))


def _legend(claims: Sequence[ClaimBySize]) -> list[Line2D]:
    """Tell markers and lines apart where there is one claim, and claims where there are several."""
    styles = [look_of(place) for place in range(len(claims))]
    if len(claims) > 1:
        return [
            Line2D([], [], color=colour, marker=marker, label=claim.claim.name)
            for claim, (colour, marker) in zip(claims, styles, strict=True)
        ]
    ((colour, marker),) = styles
    return [
        Line2D([], [], color=colour, marker=marker, linestyle="none", label="smallest competitive, tested"),
        Line2D([], [], color=colour, label="needed, by the curve"),
    ]


def _caption(claims: Sequence[ClaimBySize]) -> str:
    sentences = [
        "What is enough of a corpus, against the number of its images (log scales). Markers: the smallest fraction "
        f"shown to be competitive with all of the corpus. Lines: images with which {claims[0].verdicts[-1].measure} is "
        "the margin below that with all of the corpus, by the learning curve, with 95 % bootstrap intervals over seeds "
        "and test images. Open: this much at most. Dotted: all of the corpus. If the fraction counts, the left is "
        "level; if the number of images counts, the right is."
    ]
    for claim in claims:
        own = f" ({claim.claim.name})" if len(claims) > 1 else ""
        if none := _without(claim, tested=True):
            sentences.append(f"With {listed(none)} images, no fraction of the corpus is shown to be competitive{own}.")
        if untested := _without(claim, tested=False):
            sentences.append(f"With {listed(untested)} images, no fraction of the corpus is tested{own}.")
    return " ".join(sentences)


def _without(claim: ClaimBySize, *, tested: bool) -> list[str]:
    """Name the corpora without a competitive fraction, of those with a test or without one."""
    return [
        count(verdict.reference.images)
        for verdict in claim.verdicts
        if verdict.smallest is None and (why_not_tested(verdict) is None) == tested
    ]
