"""Examples as a page shows them: where lines go, and what each row says."""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bench.analysis.examples import RIGHT, Answerer, Choice, Example, Examples, Occurrence, Rate
from bench.report.figures.canvas import SERIES
from bench.report.text.examples import TITLES, amount_of
from bench.text.numbers import MINUS, count, percent
from sprm.corpus.box_matches import CORRECT_IOU

WIDTH, HEIGHT = 300, 225
"""Pixels that a picture is about shown at, to which the distances of lines are fitted."""
STEP = 3.5
"""Pixels between the lines of boxes that coincide."""
EDGE = 9
"""Pixels around a picture, for lines of boxes that reach its edge."""
FIRST = 24
"""Cards that are shown where scripts do not run; the others are folded."""


@dataclass(frozen=True)
class Key:
    """A kind of line: whose box it is.

    Attributes:
        name: `target`, or the system's name.
        amount: what it was trained on; empty for the target.
        style: names of the classes that give its colour and its pattern.
        is_first: whether it is drawn from the start where there are too many to draw all.
    """

    name: str
    amount: str
    style: str
    is_first: bool


@dataclass(frozen=True)
class Line:
    """A box as it is drawn: x, y, width and height in the picture's pixels, and the place of its key."""

    x: str
    y: str
    width: str
    height: str
    key: int


@dataclass(frozen=True)
class Row:
    """What is said of a box.

    Attributes:
        key: place of its key.
        answer: `right`, `wrong`, or how many tied boxes are right; empty for the target.
        is_right: whether it counts as right; None for the target.
        details: box, overlap and score, in words.
        label: the class that the detector gave the box; empty for the target and where no box was chosen.
    """

    key: int
    answer: str
    is_right: bool | None
    details: str
    label: str


@dataclass(frozen=True)
class Card:
    """An example.

    Attributes:
        number: its place, from 1.
        phrase: what was asked.
        types: its entity types in words.
        image_id: its image.
        image: row of the image.
        has_picture: whether there is a copy of its picture.
        size: width and height of the image in pixels.
        view: the view box of the drawing.
        lines: the boxes.
        rows: what is said of them, the target first.
        proposals: how well the detected boxes fit.
        type_keys: numbers of its entity types among those of the gallery, joined by spaces.
        cases: by compared system in order, the case, joined by spaces.
        fits: whether any detected box is right.
        disagree: whether trained systems chose different boxes.
    """

    number: int
    phrase: str
    types: str
    image_id: str
    image: int
    has_picture: bool
    size: tuple[int, int]
    view: str
    lines: tuple[Line, ...]
    rows: tuple[Row, ...]
    proposals: str
    type_keys: str
    cases: str
    fits: bool
    disagree: bool


@dataclass(frozen=True)
class Filter:
    """A case that can be chosen.

    Attributes:
        what: its name in the page's markup.
        title: its name for readers.
        rates: how often it occurs, here and among all test phrases; by compared system in order, or one alone where it
            hangs on none.
    """

    what: str
    title: str
    rates: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Gallery:
    """The examples of a page.

    Attributes:
        keys: the kinds of line.
        systems: those that are compared with the prior.
        types: entity types of the examples, the most frequent first.
        filters: the cases.
        pictures: by image row, the address that holds its picture, and the image's width and height.
        cards: the examples.
        first: how many of them are shown where scripts do not run.
    """

    keys: tuple[Key, ...]
    systems: tuple[str, ...]
    types: tuple[str, ...]
    filters: tuple[Filter, ...]
    pictures: tuple[tuple[int, str, int, int], ...]
    cards: tuple[Card, ...]
    first: int = FIRST


def gallery(examples: Examples) -> Gallery:
    """Lay examples out."""
    counted = Counter(name for each in examples.examples for name in each.types)
    types = sorted(counted, key=lambda name: (-counted[name], name))
    shown = {each.image for each in examples.examples}
    sizes = examples.split.images[["width", "height"]].to_numpy()
    return Gallery(
        keys=tuple(_keys(examples.answerers)),
        systems=examples.compared,
        types=tuple(types),
        filters=tuple(_filters(examples)),
        pictures=tuple(
            (row, f"data:image/jpeg;base64,{b64encode(picture).decode()}", int(sizes[row][0]), int(sizes[row][1]))
            for row, picture in examples.split.pictures.items()
            if row in shown
        ),
        cards=tuple(_card(number, each, examples, types) for number, each in enumerate(examples.examples, start=1)),
    )


def _keys(answerers: Sequence[Answerer]) -> list[Key]:
    trained = list(dict.fromkeys(each.system for each in answerers if each.fraction is not None))
    keys = [Key("target", "", "target", is_first=True)]
    for each in answerers:
        if each.fraction is None:
            style = "prior"
        else:
            place = trained.index(each.system)
            style = f"series-{place % len(SERIES) + 1} {'most' if each.is_last else 'fewest'}"
        is_first = each.fraction is None or len(trained) < 3 or each.system == trained[0]
        keys.append(Key(each.system, amount_of(each), style, is_first))
    return keys


def _filters(examples: Examples) -> list[Filter]:
    by_case: dict[Occurrence, list[Rate]] = {}
    for rate in examples.rates:
        by_case.setdefault(rate.what, []).append(rate)
    shown = count(len(examples.examples))
    return [
        Filter(
            what=what.value.replace(" ", "-"),
            title=TITLES[what],
            rates=tuple(
                (f"{count(rate.examples)} of {shown} here", f"{percent(rate.share)} % of all") for rate in rates
            ),
        )
        for what, rates in by_case.items()
    ]


def _card(number: int, example: Example, examples: Examples, types: Sequence[str]) -> Card:
    split, image = examples.split, example.image
    about, phrase = split.images.iloc[image], split.phrases.iloc[example.row]
    width, height = max(1, int(about["width"])), max(1, int(about["height"]))
    scale = max(width / WIDTH, height / HEIGHT)
    regions = split.regions.iloc[split.offsets[image] : split.offsets[image + 1]]
    corners, labels = regions[["x1", "y1", "x2", "y2"]].to_numpy(dtype=float), regions["label"].tolist()
    target: list[float] = phrase[["x1", "y1", "x2", "y2"]].to_numpy(dtype=float).tolist()
    boxes = [target, *(None if each.box is None else corners[each.box].tolist() for each in example.choices)]
    rows = [Row(0, "", None, "", "")]
    rows += [
        Row(place, _answer(each), each.correct >= RIGHT, _details(each), "" if each.box is None else labels[each.box])
        for place, each in enumerate(example.choices, start=1)
    ]
    edge = EDGE * scale
    best = float(phrase["best_iou"])
    fits = "The best of {} has IoU {}" if example.fits else "None of {} fits: the best has IoU {}"
    return Card(
        number=number,
        phrase=example.phrase,
        types=", ".join(example.types),
        image_id=str(about["image_id"]),
        image=image,
        has_picture=image in split.pictures,
        size=(width, height),
        view=" ".join(_short(value) for value in (-edge, -edge, width + 2 * edge, height + 2 * edge)),
        lines=tuple(_lines(boxes, STEP * scale)),
        rows=tuple(rows),
        proposals=fits.format("1 box" if len(labels) == 1 else f"{count(len(labels))} boxes", _overlap(best)),
        type_keys=" ".join(str(types.index(name)) for name in example.types),
        cases=" ".join(example.occurrences[name].value.replace(" ", "-") for name in examples.compared),
        fits=example.fits,
        disagree=example.disagree,
    )


def _lines(boxes: Sequence[Sequence[float] | None], step: float) -> list[Line]:
    """Place the lines of boxes, xyxy in pixels; of those that coincide each goes around the ones before."""
    seen: Counter[tuple[float, ...]] = Counter()
    lines = []
    for key, corners in enumerate(boxes):
        if corners is None:
            continue
        out = step * seen[tuple(corners)]
        seen[tuple(corners)] += 1
        left, top, right, bottom = corners
        sides = (left - out, top - out, max(0.0, right - left) + 2 * out, max(0.0, bottom - top) + 2 * out)
        x, y, width, height = map(_short, sides)
        lines.append(Line(x, y, width, height, key))
    return lines


def _answer(choice: Choice) -> str:
    if 0 < choice.correct < 1:
        return f"right for {round(choice.correct * choice.tied)} of {choice.tied} tied boxes"
    return "right" if choice.correct else "wrong"


def _details(choice: Choice) -> str:
    overlap = _overlap(choice.iou)
    if choice.box is None:
        return f"no single box, IoU {overlap}"
    score = f"{choice.score:.3g}".replace("-", MINUS)
    if choice.is_shared:
        return f"{choice.tied} boxes share the answer, mean IoU {overlap}, score {score}; drawn: box {choice.box}"
    tied = f", {choice.tied} boxes tied" if choice.tied > 1 else ""
    return f"box {choice.box}, IoU {overlap}, score {score}{tied}"


def _overlap(iou: float) -> str:
    """Write an overlap to a hundredth; one that is too small by less than that does not look as if it were enough."""
    return f"{iou:.2f}" if iou >= CORRECT_IOU else f"{min(iou, CORRECT_IOU - 0.01):.2f}"


def _short(value: float) -> str:
    """Write a number of pixels to a tenth, without a zero at its end."""
    return f"{value:.1f}".removesuffix(".0")
