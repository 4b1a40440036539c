"""An accuracy curve at the size of a stamp, as points for an SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

from bench.report.summary import CurveSummary, PointSummary
from bench.text.numbers import count, percent

WIDTH, HEIGHT = 200, 108
"""Of the drawing, in its own units."""
LEFT, RIGHT, TOP, BOTTOM = 30, 6, 8, 20
"""Room around the curves, for the ends of the scales at the left and below."""


@dataclass(frozen=True)
class Line:
    """A system's curve.

    Attributes:
        system: its name.
        points: its corners, `x,y x,y`.
        bars: x, upper and lower y of each 95 % interval.
        marks: x and y of each accuracy.
    """

    system: str
    points: str
    bars: tuple[tuple[str, str, str], ...]
    marks: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Thumbnail:
    """An accuracy curve, drawn.

    Attributes:
        lines: one for each trained system.
        prior: height of the prior's accuracy; None without one.
        high: the accuracy at the upper end of its scale, in words.
        low: that at its lower end.
        fewest: the training images at the left end of their scale, in words.
        most: those at its right end; empty where there is one number only.
        alternative: what a reader who cannot see it needs to know.
    """

    lines: tuple[Line, ...]
    prior: str | None
    high: str
    low: str
    fewest: str
    most: str
    alternative: str


def thumbnail(curves: Sequence[CurveSummary], prior: float | None) -> Thumbnail | None:
    """Draw curves over the logarithm of the number of training images; None where nothing was trained."""
    points = [point for curve in curves for point in curve.points]
    if not points:
        return None
    ends = [end for point in points for end in (point.low, point.high, point.accuracy) if end is not None]
    ends += [] if prior is None else [prior]
    scale = _Scale(min(point.images for point in points), max(point.images for point in points), min(ends), max(ends))
    return Thumbnail(
        lines=tuple(_line(curve, scale) for curve in curves if curve.points),
        prior=None if prior is None else scale.y(prior),
        high=f"{100 * scale.high:.0f} %",
        low=f"{100 * scale.low:.0f} %",
        fewest=count(scale.fewest),
        most=f"{count(scale.most)} images" if scale.most > scale.fewest else "",
        alternative="; ".join([*(_in_words(curve) for curve in curves if curve.points), *_prior_in_words(prior)]),
    )


@dataclass(frozen=True)
class _Scale:
    fewest: int
    most: int
    low: float
    high: float

    def x(self, images: int) -> str:
        span = log(self.most / self.fewest) if self.most > self.fewest else 0.0
        # A single number of images stands in the middle.
        share = log(images / self.fewest) / span if span else 0.5
        return f"{LEFT + share * (WIDTH - LEFT - RIGHT):.1f}"

    def y(self, accuracy: float) -> str:
        share = (accuracy - self.low) / (self.high - self.low) if self.high > self.low else 0.5
        return f"{HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM):.1f}"


def _line(curve: CurveSummary, scale: _Scale) -> Line:
    marks = tuple((scale.x(point.images), scale.y(point.accuracy)) for point in curve.points)
    bars = tuple(
        (scale.x(point.images), scale.y(point.high), scale.y(point.low))
        for point in curve.points
        if point.low is not None and point.high is not None
    )
    return Line(curve.system, " ".join(",".join(mark) for mark in marks), bars, marks)


def _in_words(curve: CurveSummary) -> str:
    first, last = curve.points[0], curve.points[-1]
    reached = f"{curve.system} {_accuracy(last)}"
    return reached if first == last else f"{curve.system} {_accuracy(first)} to {_accuracy(last)}"


def _accuracy(point: PointSummary) -> str:
    return f"{percent(point.accuracy)} % with {count(point.images)} images"


def _prior_in_words(prior: float | None) -> list[str]:
    return [] if prior is None else [f"prior {percent(prior)} %"]
