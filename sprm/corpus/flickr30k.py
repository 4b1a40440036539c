"""Flickr30k Entities as its owners publish it: captions with marked phrases, boxes of the entities, id lists.

Phrases are marked `[/EN#<entity>/<type>[/<type>...] words ]`; entity 0 is not visual. A phrase whose entity has no box
is left out, and so is a sentence with no phrase left. The target is the union of the entity's boxes.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from sprm.corpus.tally import Tally
from sprm.corpus.writer import PhraseRecord, SentenceRecord
from sprm.errors import DataError
from sprm.phrases import head_words, locations
from sprm.settings import Rules

_PHRASE = re.compile(r"\[/EN#(?P<entity>\d+)(?P<types>(?:/[A-Za-z]+)+)[ \t]+(?P<text>[^\[\]]*[^\[\]\s])\s*\]")
_IMAGE_ID = re.compile(r"[A-Za-z0-9_-]+")
OFFICIAL_BOX_LIMIT = 20
"""The authors' code looks at no more boxes of an entity than this before it takes their union."""


@dataclass(frozen=True)
class MarkedPhrase:
    """A phrase as a caption marks it."""

    entity: str
    types: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class Annotation:
    """The boxes of one image's entities."""

    width: int
    height: int
    boxes: dict[str, NDArray[np.float64]]
    """Entity to its boxes, (n, 4) xyxy pixels as the file has them, from 1."""


class Flickr30kEntities:
    """The annotations under a root folder.

    Args:
        root: holds `Flickr30kEntities/` with `Sentences`, `Annotations` and, at will, `UNRELATED_CAPTIONS`. The id
            lists `train.txt`, `val.txt`, `test.txt` stand in either folder.
        rules: `official` cuts an entity's boxes to `OFFICIAL_BOX_LIMIT` and looks for location words its own way.

    Raises:
        DataError: a folder is missing, or `UNRELATED_CAPTIONS` is malformed.
    """

    def __init__(self, root: Path, rules: Rules) -> None:
        self._root = root
        self._entities = root / "Flickr30kEntities"
        self._rules = rules
        for folder in (root, self._entities, self._entities / "Sentences", self._entities / "Annotations"):
            if not folder.is_dir():
                raise DataError("this folder is missing", path=folder)
        self._unrelated = read_unrelated(self._entities / "UNRELATED_CAPTIONS")

    def image_ids(self, split: str) -> list[str]:
        """Ids of a split's images, in the file's order.

        Raises:
            DataError: the list is missing or empty, names an image twice, or holds what is no id.
        """
        places = [folder / f"{split}.txt" for folder in (self._root, self._entities)]
        path = next((place for place in places if place.is_file()), None)
        if path is None:
            raise DataError(f"the list of {split} images is missing", path=places[0])
        ids: dict[str, int] = {}
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
            name = line.strip()
            if not name:
                continue
            if not _IMAGE_ID.fullmatch(name):
                raise DataError(f"{name!r} is no image id (letters, digits, - and _)", path=path, where=number)
            if name in ids:
                raise DataError(f"image {name} is listed before, in line {ids[name]}", path=path, where=number)
            ids[name] = number
        if not ids:
            raise DataError("the split is empty", path=path)
        return list(ids)

    def sentences(self, image_id: str, annotation: Annotation, tally: Tally) -> list[SentenceRecord]:
        """Read an image's captions, as far as their phrases have boxes.

        Raises:
            DataError: the file is missing, or a bracket is broken.
        """
        path = self._entities / "Sentences" / f"{image_id}.txt"
        found = []
        for number, line in enumerate(_read_text(path, tally).splitlines()):
            sentence_id = f"{image_id}#{number}"
            if (image_id, number) in self._unrelated:
                tally.add("captions left out as unrelated to their image", sentence_id)
                continue
            marked = parse_caption(line, path, number + 1)
            phrases = [self._phrase(phrase, annotation) for phrase in marked if phrase.entity in annotation.boxes]
            tally.add("phrases left out for want of a box", sentence_id, len(marked) - len(phrases))
            if phrases:
                found.append(SentenceRecord(sentence_id, phrases))
        return found

    def annotation(self, image_id: str, tally: Tally) -> Annotation:
        """Read an image's entity boxes.

        Raises:
            DataError: the file is missing, is not the XML expected, or a box is upside down.
        """
        path = self._entities / "Annotations" / f"{image_id}.xml"
        annotation = read_annotation(path)
        size = np.array([annotation.width, annotation.height])
        for entity, boxes in annotation.boxes.items():
            outside = int(((boxes[:, :2] < 0) | (boxes[:, 2:] > size + 1)).any(axis=1).sum())
            tally.add(
                "annotated boxes that reach outside their image",
                f"{image_id}, entity {entity}",
                outside,
            )
        return annotation

    def _phrase(self, phrase: MarkedPhrase, annotation: Annotation) -> PhraseRecord:
        boxes = annotation.boxes[phrase.entity]
        if self._rules is Rules.official:
            boxes = boxes[:OFFICIAL_BOX_LIMIT]
        low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
        return PhraseRecord(
            text=phrase.text,
            category="/".join(phrase.types),
            head=" ".join(head_words(phrase.text)),
            locations=locations(phrase.text, self._rules),
            target=(float(low[0]), float(low[1]), float(high[0]), float(high[1])),
        )


def parse_caption(line: str, path: Path, number: int) -> list[MarkedPhrase]:
    """Find the marked phrases of a caption.

    Args:
        line: the caption.
        path: its file, for the error.
        number: its line, from 1, for the error.

    Raises:
        DataError: a mark is opened that is not closed, holds no words, or stands within another.
    """
    rest = _PHRASE.sub("", line)
    if "[/EN#" in rest or "/EN#" in rest:
        raise DataError(f"a phrase's bracket is broken: {_shorten(rest)}", path=path, where=number)
    return [
        MarkedPhrase(match["entity"], tuple(match["types"][1:].split("/")), " ".join(match["text"].split()))
        for match in _PHRASE.finditer(line)
    ]


def read_annotation(path: Path) -> Annotation:
    """Read the boxes of one image's entities.

    An object may carry several entities and an entity several objects; an object without a box adds nothing.

    Raises:
        DataError: the file is missing, is not the XML expected, or a box is upside down.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", path=path) from error
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise DataError("declares a document type or entities, which no annotation needs", path=path)
    try:
        root = ElementTree.fromstring(content)
    except ElementTree.ParseError as error:
        raise DataError(f"not well-formed XML: {error}", path=path) from error
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


def read_unrelated(path: Path) -> frozenset[tuple[str, int]]:
    """Read which captions do not describe their image: an image id and a caption's number, from 0, a line.

    Raises:
        DataError: a line is something else. A missing file is an empty list.
    """
    if not path.is_file():
        return frozenset()
    found = set()
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) != 2 or not words[1].isdecimal():
            raise DataError("expected an image id and a caption's number", path=path, where=number)
        found.add((words[0], int(words[1])))
    return frozenset(found)


def _integer(parent: ElementTree.Element, name: str, path: Path) -> int:
    text = parent.findtext(name)
    try:
        return int(text or "")
    except ValueError:
        raise DataError(f"<{name}> should hold a whole number, found {text!r}", path=path) from None


def _read_text(path: Path, tally: Tally) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", path=path) from error
    text = content.decode("utf-8", errors="replace")
    tally.add("stray characters in captions, read as �", path.name, text.count("\N{REPLACEMENT CHARACTER}"))
    return text


def _shorten(text: str, longest: int = 60) -> str:
    start = max(text.find("/EN#") - 1, 0)
    return repr(text[start : start + longest])
