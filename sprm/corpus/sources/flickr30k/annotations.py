"""Annotations of Flickr30k Entities: one XML file an image, with the boxes of its entities."""

from __future__ import annotations

from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from sprm.corpus.pixels import check_boxes, check_size, refuse_upside_down
from sprm.errors import DataError, shown
from sprm.files.first_bytes import refuse_foreign

UNBOXED = "annotated objects without a box, marked as a scene or as having none"
ODD_UNBOXED = "annotated objects without a box, and without a mark that they have none"
NAMELESS = "annotated boxes without an entity"
_USUAL_DIGITS = 5
"""A whole number of so many digits needs no check: it is no share of a size, and not beyond `pixels.LARGEST`."""


@dataclass(frozen=True)
class Annotation:
    """The boxes of one image's entities."""

    width: int
    height: int
    boxes: dict[str, NDArray[np.float64]]
    """Entity to its boxes, (n, 4) xyxy pixels as the file has them, from 1."""
    passed_over: Counter[str]
    """How many objects add nothing, by why."""


def read_annotation(path: Path) -> Annotation:
    """Read the boxes of one image's entities.

    An object may carry several entities and an entity several objects. An object without a box, or without an entity,
    adds nothing and is counted.

    Raises:
        DataError: the file is missing, is not the XML expected or tells no size, or a box is upside down or not in
            pixels.
    """
    root = _parse(path)
    boxes: defaultdict[str, list[list[int]]] = defaultdict(list)
    passed_over: Counter[str] = Counter()
    for entry in root.iter("object"):
        box, names = entry.find("bndbox"), [(name.text or "").strip() for name in entry.findall("name")]
        if box is None:
            marked = any((entry.findtext(mark) or "").strip() not in ("", "0") for mark in ("scene", "nobndbox"))
            passed_over[UNBOXED if marked else ODD_UNBOXED] += 1
            continue
        corners = _corners(box, path)
        passed_over[NAMELESS] += not any(names)
        for name in filter(None, names):
            boxes[name].append(corners)
    width, height = check_size(_integer(root, "size/width", path), _integer(root, "size/height", path), path)
    arrays = {entity: np.array(corners, dtype=np.float64) for entity, corners in boxes.items()}
    return Annotation(width, height, arrays, passed_over)


class _DoctypeError(Exception):
    """A document declares a type, and with it perhaps entities that expand without end."""


class _PlainTree(ElementTree.TreeBuilder):
    """Builds a tree, and stops before a document type is read, in whatever encoding it comes."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> NoReturn:
        raise _DoctypeError


def _parse(path: Path) -> ElementTree.Element:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", path=path) from error
    refuse_foreign(content, path)
    try:
        return ElementTree.fromstring(content, ElementTree.XMLParser(target=_PlainTree()))
    except _DoctypeError:
        raise DataError("declares a document type, which no annotation needs", path=path) from None
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise DataError(f"not well-formed XML: {error}", path=path) from error


def _corners(box: ElementTree.Element, path: Path) -> list[int]:
    """Return a box, xyxy pixels."""
    names = ("xmin", "ymin", "xmax", "ymax")
    texts = [box.findtext(name) or "" for name in names]
    if not all(text.isdecimal() and len(text) <= _USUAL_DIGITS for text in texts):
        with suppress(TypeError, ValueError):
            # What is written as shares of the image's size is reported as that, and not as a number that is not whole.
            check_boxes(np.array([[float(text) for text in texts]]), "<bndbox> should be in pixels", path)
    corners = [_integer(box, name, path) for name in names]
    refuse_upside_down(corners, path)
    return corners


def _integer(parent: ElementTree.Element, name: str, path: Path) -> int:
    text = parent.findtext(name)
    try:
        return int(text or "")
    except ValueError:
        raise DataError(f"<{name}> should hold a whole number, found {shown(text)}", path=path) from None
