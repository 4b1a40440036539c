"""Annotations of Flickr30k Entities: one XML file an image, with the boxes of its entities."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from sprm.corpus.detections import LARGEST
from sprm.errors import DataError


@dataclass(frozen=True)
class Annotation:
    """The boxes of one image's entities."""

    width: int
    height: int
    boxes: dict[str, NDArray[np.float64]]
    """Entity to its boxes, (n, 4) xyxy pixels as the file has them, from 1."""


def read_annotation(path: Path) -> Annotation:
    """Read the boxes of one image's entities.

    An object may carry several entities and an entity several objects; an object without a box adds nothing.

    Raises:
        DataError: the file is missing, is not the XML expected, or a box is upside down.
    """
    root = _parse(path)
    boxes: defaultdict[str, list[list[int]]] = defaultdict(list)
    for entry in root.iter("object"):
        box = entry.find("bndbox")
        if box is None:
            continue
        corners = [_integer(box, name, path) for name in ("xmin", "ymin", "xmax", "ymax")]
        if corners[2] < corners[0] or corners[3] < corners[1]:
            raise DataError(f"the box {corners} ends before it starts", path=path)
        for name in entry.findall("name"):
            boxes[(name.text or "").strip()].append(corners)
    return Annotation(
        width=_integer(root, "size/width", path),
        height=_integer(root, "size/height", path),
        boxes={entity: np.array(corners, dtype=np.float64) for entity, corners in boxes.items()},
    )


class _DoctypeError(Exception):
    """A document declares a type, and with it perhaps entities that expand without end."""


class _PlainTree(ElementTree.TreeBuilder):
    """Builds a tree, and stops before a document type is read, in whatever encoding it comes."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> NoReturn:
        raise _DoctypeError


def _parse(path: Path) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(path.read_bytes(), ElementTree.XMLParser(target=_PlainTree()))
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", path=path) from error
    except _DoctypeError:
        raise DataError("declares a document type, which no annotation needs", path=path) from None
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise DataError(f"not well-formed XML: {error}", path=path) from error


def _integer(parent: ElementTree.Element, name: str, path: Path) -> int:
    text = parent.findtext(name)
    try:
        value = int(text or "")
    except ValueError:
        raise DataError(f"<{name}> should hold a whole number, found {text!r}", path=path) from None
    if abs(value) > LARGEST:
        raise DataError(f"<{name}> holds {value}, which is no number of pixels", path=path)
    return value
