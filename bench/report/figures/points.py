"""What a figure in the page answers to a pointer or to the keyboard: its points, and what belongs to each series.

Over each point lies a target that nobody sees, with its values as a title: without scripts it is a tooltip. What is
drawn of a series (line, markers, bars, name) bears the series' number, so that a script can fade or hide it as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite
from xml.sax.saxutils import escape, quoteattr

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.container import Container

REACH = 8
"""Radius of a target in points; neighbouring amounts of data are further apart than two of them."""
MARK = "of-series"
OWNED = re.compile(rf'id="{MARK}-(\d+)-\d+"')
"""How what is drawn of a series is written before it is in the page."""


@dataclass(frozen=True)
class _Target:
    axes: Axes
    x: float
    y: float
    text: str


@dataclass
class SeriesPoints:
    """The points of one series of a figure, and what is drawn of it.

    Attributes:
        name: as readers know it.
        colour: it is drawn in.
    """

    name: str
    colour: str
    targets: list[_Target] = field(default_factory=list)
    artists: list[Artist] = field(default_factory=list)

    def at(self, axes: Axes, x: float, y: float, text: str) -> None:
        """Let a point tell its values; nothing where it has no place.

        Args:
            axes: the panel.
            x: in data units of the panel.
            y: in the same.
            text: the series, where along it the point is, its value and interval.
        """
        if isfinite(x) and isfinite(y):
            self.targets.append(_Target(axes, x, y, text))

    def owns(self, *drawn: Artist | Container) -> None:
        """Say what is drawn of the series."""
        for each in drawn:
            self.artists += each.get_children() if isinstance(each, Container) else [each]


class Points:
    """Collects the series of one figure, in the order in which they are first named."""

    def __init__(self) -> None:
        self._series: dict[str, SeriesPoints] = {}

    def of(self, name: str, colour: str) -> SeriesPoints:
        """Return the series of a name, a new one at first."""
        return self._series.setdefault(name, SeriesPoints(name, colour))

    def number(self) -> None:
        """Give what is drawn the number of its series, which a figure that is saved from now on shows."""
        for number, series in enumerate(self._series.values()):
            for place, artist in enumerate(series.artists):
                artist.set_gid(f"{MARK}-{number}-{place}")

    def targets(self, variables: Mapping[str, str]) -> str:
        """Write the targets as SVG, in the places that the points of a drawn figure have.

        Args:
            variables: the CSS variable of each colour.
        """
        groups = "".join(_group(number, own, variables[own.colour]) for number, own in enumerate(self._series.values()))
        return f'<g class="points">{groups}</g>' if groups else ""


def with_numbers(svg: str) -> str:
    """Turn what `Points.number` wrote into attributes that several parts of a figure may share."""
    return OWNED.sub(r'data-series="\1"', svg)


def _group(number: int, series: SeriesPoints, variable: str) -> str:
    circles = "".join(_circles(series))
    own = f'data-series="{number}" data-name={quoteattr(series.name)} data-colour="var({variable})"'
    return f"<g {own}>{circles}</g>" if circles else ""


def _circles(series: SeriesPoints) -> Iterator[str]:
    for target in series.targets:
        figure = target.axes.get_figure(root=True)
        assert figure is not None
        panel = figure.axes.index(target.axes)
        pixels = target.axes.transData.transform((target.x, target.y))
        x, from_foot = 72 * pixels / figure.dpi
        y = 72 * figure.get_figheight() - from_foot
        place = f'cx="{x:.2f}" cy="{y:.2f}" r="{REACH}" data-panel="{panel}"'
        yield f'<circle {place} fill="none" pointer-events="all"><title>{escape(target.text)}</title></circle>'
