"""What the figures look like, and how one becomes files and a part of the page.

A figure is drawn in the colours of a light page. In the page itself each colour becomes a CSS variable, so that the
same drawing follows the reader's light or dark setting.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any
from xml.sax.saxutils import quoteattr

import matplotlib as mpl
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.textpath import TextPath
from PIL import Image

from bench.report.figures.points import Points, with_numbers

INK, MUTED, RULE, PAPER = "#1f2328", "#59636e", "#d1d9e0", "#ffffff"
SERIES = ("#0072b2", "#bc5000", "#008060", "#aa3377", "#8a6d00", "#5b5fc7")
"""Colours of trained systems, after Okabe & Ito: told apart by readers of any colour vision, dark enough for text."""
AMOUNTS = ("#b45a0e", "#c94a3d", "#b02a6b", "#82218f", "#51258a", "#23205c")
"""Colours of amounts of data, from few to many; on a dark page they go from dark to light."""
GOOD, BAD, OPEN = "#1a7f37", "#b3261e", "#8a6d00"
"""Colours of verdicts: supported, refuted, inconclusive."""
LABEL_ROOM = 1.05
"""Inches that are kept free for names at the right end of lines, where they need no more."""
LABEL_GAP = 9
"""Points between the end of a line and its name."""
DPI = 200
"""Pixels of an inch, in pictures of pixels."""
MARKERS = ("o", "s", "^", "D", "v", "P")
VARIABLES = (
    {INK: "--ink", MUTED: "--muted", RULE: "--rule", PAPER: "--paper", GOOD: "--good", BAD: "--bad", OPEN: "--open"}
    | {colour: f"--series-{number}" for number, colour in enumerate(SERIES, start=1)}
    | {colour: f"--amount-{number}" for number, colour in enumerate(AMOUNTS, start=1)}
)  # fmt: skip
UNWRITABLE = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]")
"""Characters in UTF-8 that no XML file may hold, though a name in somebody's data may."""
STYLE: dict[Any, Any] = {
    "font.size": 9.5,
    # A dollar sign in a name is no formula.
    "text.parse_math": False,
    "axes.titlesize": "medium",
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "grid.color": RULE,
    "grid.linewidth": 0.7,
    "lines.linewidth": 1.6,
    "lines.markersize": 4.5,
}


def look_of(place: int) -> tuple[str, str]:
    """Return the colour and the marker of the series at a place; two that share a colour have other markers."""
    return SERIES[place % len(SERIES)], MARKERS[(place + place // len(SERIES)) % len(MARKERS)]


@dataclass(frozen=True, eq=False)
class Drawing:
    """A figure, drawn.

    Attributes:
        name: its files' stem.
        caption: what it shows, in sentences.
        alternative: what a reader who cannot see it needs to know.
        svg: a file of its own, text as outlines, on white.
        png: the same in pixels.
        inline: an `<svg>` element for the page, in its colours and its font.
        data: what is drawn, one mark a row, nothing rounded; the name of each number ends with its unit.
    """

    name: str
    caption: str
    alternative: str
    svg: bytes
    png: bytes
    inline: str
    data: pd.DataFrame

    def csv(self) -> str:
        """Return what is drawn; an unknown number is an empty field."""
        return self.data.to_csv(index=False, lineterminator="\n")


def canvas(
    width: float,
    height: float,
    *,
    rows: int = 1,
    columns: int = 1,
    right: float,
    bottom: float = 0.85,
    top: float = 0.35,
    share_y: bool = False,
) -> tuple[Figure, list[list[Axes]]]:
    """Make a figure with a grid of panels and fixed margins.

    Args:
        width: in inches.
        height: in inches.
        rows: of panels.
        columns: of panels.
        right: inches kept free at the right, for names of lines.
        bottom: inches kept free at the foot, for labels and a footnote.
        top: inches kept free at the head, for titles and a key.
        share_y: whether all panels have one vertical scale.

    Returns:
        The figure and its panels, row by row.
    """
    figure = Figure(figsize=(width, height))
    grid = figure.subplots(rows, columns, squeeze=False, sharey=share_y)
    figure.subplots_adjust(
        left=0.5 / width,
        right=1 - right / width,
        top=1 - top / height,
        bottom=bottom / height,
        hspace=0.6,
        wspace=0.24,
    )
    return figure, [list(row) for row in grid]


def footnote(figure: Figure, text: str) -> None:
    """Write a line at the foot of a figure, so that it stays with the picture wherever that goes."""
    figure.text(0.06 / figure.get_figwidth(), 0.06 / figure.get_figheight(), text, color=MUTED, fontsize="small")


def finish(
    figure: Figure, name: str, caption: str, alternative: str, data: pd.DataFrame, points: Points | None = None
) -> Drawing:
    """Write a figure in every form; equal figures give equal bytes.

    Args:
        figure: as it is drawn.
        name: its files' stem.
        caption: what it shows, in sentences, with unit, level and method of its intervals.
        alternative: what a reader who cannot see it needs to know.
        data: what is drawn, one mark a row.
        points: those that show their values in the page; None where there are none.
    """
    FigureCanvasAgg(figure)
    svg = _saved(figure, name, "svg", "path", PAPER)
    png = _saved(figure, name, "png", "path", PAPER)
    if points is not None:
        points.number()
    themed = _inline(_saved(figure, name, "svg", "none", "none").decode(), name, alternative)
    if points is not None:
        themed = themed.replace("</svg>", f"{points.targets(VARIABLES)}</svg>")
    return Drawing(name, caption, alternative, svg, png, themed, data)


def spread(heights: Sequence[float], gap: float, low: float = -inf, high: float = inf) -> list[float]:
    """Move labels apart until neighbours are at least a gap from each other, as little as possible each.

    Args:
        heights: (labels,) where each would like to be.
        gap: least distance, in the same unit.
        low: where the lowest may be at least, if there is room.
        high: where the highest may be at most, if there is room above `low`.

    Returns:
        (labels,) heights, in the order given.
    """

    def bottom(block: Sequence[int]) -> float:
        tall = gap * (len(block) - 1)
        return max(low, min(sum(heights[label] for label in block) / len(block) - tall / 2, high - tall))

    order = sorted(range(len(heights)), key=lambda i: heights[i])
    # Labels that touch form a block that stands at the mean of what its members want.
    blocks: list[list[int]] = []
    for label in order:
        blocks.append([label])
        while len(blocks) > 1 and bottom(blocks[-1]) < bottom(blocks[-2]) + gap * len(blocks[-2]):
            last = blocks.pop()
            blocks[-1] += last
    placed = dict.fromkeys(order, 0.0)
    for block in blocks:
        for step, label in enumerate(block):
            placed[label] = bottom(block) + step * gap
    return [placed[label] for label in range(len(heights))]


def label_room(names: Iterable[str]) -> float:
    """Return the inches that names at the right end of lines need, at least `LABEL_ROOM`."""
    size = float(mpl.rcParams["font.size"])
    widths = [TextPath((0, 0), name, size=size).get_extents().width / 72 for name in names if name.strip()]
    return max(LABEL_ROOM, max(widths, default=0.0) + LABEL_GAP / 72 + 0.11)


def labels_height(number: int) -> float:
    """Return the inches that names at the right end of lines need, one above the other."""
    return 1.25 * float(mpl.rcParams["font.size"]) / 72 * number


def label_ends(axes: Axes, labels: Sequence[tuple[float, str, str]]) -> list[tuple[Artist, ...]]:
    """Write names at the right end of lines, moved apart where they would touch, between the ends of the axis.

    Returns what was drawn for each, in the order given.

    Args:
        axes: with its limits set.
        labels: height in data units, name and colour of each.
    """
    low, high = axes.get_ylim()
    gap = labels_height(1) / (axes.bbox.height / axes.figure.dpi) * (high - low)
    heights = spread([height for height, _, _ in labels], gap, low, high)
    return [
        _label(axes, end, height, name, colour, is_moved=abs(height - end) > gap / 4)
        for height, (end, name, colour) in zip(heights, labels, strict=True)
    ]


def _label(axes: Axes, end: float, height: float, name: str, colour: str, *, is_moved: bool) -> tuple[Artist, ...]:
    """Write a name at a height, led to the end of its line where it stands elsewhere; return what was drawn."""
    side = axes.get_yaxis_transform()
    text = axes.annotate(
        name,
        (1, height),
        xycoords=side,
        xytext=(LABEL_GAP + 2, 0),
        textcoords="offset points",
        color=colour,
        va="center",
        annotation_clip=False,
    )
    if not is_moved:
        return (text,)
    reach = LABEL_GAP / 72 / (axes.bbox.width / axes.figure.dpi)
    leader = Line2D([1, 1 + reach], [end, height], transform=side, color=colour, linewidth=0.6, clip_on=False)
    return text, axes.add_line(leader)


def _saved(figure: Figure, name: str, form: str, fonttype: str, background: str) -> bytes:
    content = io.BytesIO()
    # The salt makes the ids in the file depend on the figure alone; without it they are drawn at random.
    with mpl.rc_context({"svg.hashsalt": name, "svg.fonttype": fonttype}):
        metadata = {"Date": None} if form == "svg" else {"Software": None}
        figure.savefig(content, format=form, dpi=DPI, facecolor=background, metadata=metadata)
    return UNWRITABLE.sub(b"", content.getvalue()) if form == "svg" else _small(content)


def _small(png: io.BytesIO) -> bytes:
    """Return a picture with a palette, which takes a third of the bytes; a drawing has few colours."""
    few = Image.open(png).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    content = io.BytesIO()
    few.save(content, format="png", optimize=True, dpi=(DPI, DPI))
    return content.getvalue()


def _inline(svg: str, name: str, alternative: str) -> str:
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    # Tags alone: what a figure says may look like one of its colours or ids.
    svg = re.sub(r"<[^>]*>", lambda tag: _in_page(tag[0], name), svg)
    view = re.search(r'viewBox="[^"]*"', svg)
    assert view is not None
    named = f'role="img" aria-label={quoteattr(alternative)}'
    start = f'<svg xmlns:xlink="http://www.w3.org/1999/xlink" {view[0]} {named}>'
    return re.sub(r"<svg\b[^>]*>", lambda _: start, svg, count=1)


def _in_page(tag: str, name: str) -> str:
    """Give a tag of a figure the page's colours and font, and ids that no other figure in the page has."""
    for colour, variable in VARIABLES.items():
        tag = tag.replace(colour, f"var({variable})")
    tag = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", with_numbers(tag))
    return re.sub(r"font: ([\d.]+)px [^;\"]*", r"font-size: \1px", tag)
