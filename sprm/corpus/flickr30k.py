"""Flickr30k Entities as its owners publish it: captions with marked phrases, boxes of the entities, id lists.

A phrase whose entity has no box is left out, and so is a sentence with no phrase left. The target is the union of the
entity's boxes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from copy import copy
from pathlib import Path

import numpy as np

from sprm.corpus.annotated import IMAGE_ID, AnnotatedImage, PhraseRecord, SentenceRecord
from sprm.corpus.annotations import Annotation, read_annotation
from sprm.corpus.captions import MarkedPhrase, parse_caption
from sprm.corpus.tally import Tally
from sprm.errors import DataError
from sprm.phrases import locations
from sprm.settings import Rules

OFFICIAL_BOX_LIMIT = 20
"""The authors' code looks at no more boxes of an entity than this before it takes their union."""


class Flickr30kEntities:
    """The annotations under a root folder.

    Args:
        root: holds `Flickr30kEntities/` with `Sentences`, `Annotations` and, at will, `UNRELATED_CAPTIONS`. The id
            lists `train.txt`, `val.txt`, `test.txt` stand in either folder.
        rules: `official` cuts an entity's boxes to `OFFICIAL_BOX_LIMIT`, looks for location words its own way and, as
            the authors' code does, keeps captions that are listed as unrelated to their image.

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
        self._listed: dict[str, tuple[Path, dict[str, int]]] = {}
        self._unrelated = read_unrelated(self._entities / "UNRELATED_CAPTIONS")

    def image_ids(self, split: str) -> list[str]:
        """Ids of a split's images, in the file's order.

        Raises:
            DataError: the list is missing or empty, names an image twice or one of a split that was asked for before,
                or holds what is no id.
        """
        places = [folder / f"{split}.txt" for folder in (self._root, self._entities)]
        path = next((place for place in places if place.is_file()), None)
        if path is None:
            raise DataError(f"the list of {split} images is missing", path=places[0])
        ids: dict[str, int] = {}
        others = {name: other for other, (_, names) in self._listed.items() if other != split for name in names}
        for number, name in _numbered_lines(_read_text(path), path):
            if not IMAGE_ID.fullmatch(name):
                raise DataError(f"{name!r} is no image id (letters, digits, - and _)", path=path, where=number)
            if name in ids:
                raise DataError(f"image {name} is listed before, in line {ids[name]}", path=path, where=number)
            if name in others:
                other, lines = self._listed[others[name]]
                problem = f"image {name} is in {other.name}, line {lines[name]}, too; splits may share none"
                raise DataError(problem, path=path, where=number)
            ids[name] = number
        if not ids:
            raise DataError("the split is empty", path=path)
        self._listed[split] = (path, ids)
        return list(ids)

    def part(self, image_ids: Sequence[str]) -> Flickr30kEntities:
        """Return what a worker needs to read the annotations of some images: all of this but the lists."""
        part = copy(self)
        part._listed = {}
        return part

    def files(self, image_ids: Sequence[str]) -> Iterator[Path]:
        """Every file that the annotations of some images are read from."""
        if self._unrelated:
            yield self._entities / "UNRELATED_CAPTIONS"
        for name in image_ids:
            yield self._captions(name)
            yield self._boxes(name)

    def read(self, image_id: str, tally: Tally) -> AnnotatedImage:
        """Read an image's captions, as far as their phrases have boxes.

        Raises:
            DataError: a file is missing, a caption's bracket is broken, the XML is not what is expected, or a box is
                upside down.
        """
        annotation = self._annotation(image_id, tally)
        return AnnotatedImage(annotation.width, annotation.height, self._sentences(image_id, annotation, tally))

    def _captions(self, image_id: str) -> Path:
        return self._entities / "Sentences" / f"{image_id}.txt"

    def _boxes(self, image_id: str) -> Path:
        return self._entities / "Annotations" / f"{image_id}.xml"

    def _sentences(self, image_id: str, annotation: Annotation, tally: Tally) -> list[SentenceRecord]:
        path = self._captions(image_id)
        text = _read_text(path)
        tally.add("stray characters in captions, read as �", path.name, text.count("\N{REPLACEMENT CHARACTER}"))
        found = []
        for number, line in _numbered_lines(text, path):
            sentence_id = f"{image_id}#{number - 1}"
            if (image_id, number) in self._unrelated and self._rules is Rules.corrected:
                tally.add("captions left out as unrelated to their image", sentence_id)
                continue
            visual = [phrase for phrase in parse_caption(line, path, number) if phrase.is_visual]
            phrases = [self._phrase(phrase, annotation) for phrase in visual if phrase.entity in annotation.boxes]
            tally.add("phrases left out for want of a box", sentence_id, len(visual) - len(phrases))
            if not visual:
                tally.add("captions left out for want of a visual phrase", sentence_id)
            if phrases:
                found.append(SentenceRecord(sentence_id, phrases))
        return found

    def _annotation(self, image_id: str, tally: Tally) -> Annotation:
        annotation = read_annotation(self._boxes(image_id))
        size = np.array([annotation.width, annotation.height])
        for entity, boxes in annotation.boxes.items():
            where = f"{image_id}, entity {entity}"
            outside = ((boxes[:, :2] < 0) | (boxes[:, 2:] > size + 1)).any(axis=1)
            tally.add("annotated boxes that reach outside their image", where, int(outside.sum()))
            flat = (boxes[:, :2] == boxes[:, 2:]).any(axis=1)
            tally.add("annotated boxes without an area", where, int(flat.sum()))
        return annotation

    def _phrase(self, phrase: MarkedPhrase, annotation: Annotation) -> PhraseRecord:
        boxes = annotation.boxes[phrase.entity]
        if self._rules is Rules.official:
            boxes = boxes[:OFFICIAL_BOX_LIMIT]
        low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
        return PhraseRecord(
            text=phrase.text,
            category="/".join(phrase.types),
            locations=locations(phrase.text, self._rules),
            target=(float(low[0]), float(low[1]), float(high[0]), float(high[1])),
        )


def read_unrelated(path: Path) -> frozenset[tuple[str, int]]:
    """Read which captions do not describe their image: a line each, an image id and the caption's number, from 1.

    The owners' list, whose numbers run from 1 to 5, starts with a comment. A missing file is an empty list.

    Raises:
        DataError: a line is something else.
    """
    if not path.is_file():
        return frozenset()
    found = set()
    for number, line in _numbered_lines(_read_text(path), path):
        if line.startswith("#"):
            continue
        words = line.split()
        if len(words) != 2 or not re.fullmatch(r"0*[1-9][0-9]{0,3}", words[1]):
            raise DataError("expected an image id and a caption's number, from 1", path=path, where=number)
        found.add((words[0], int(words[1])))
    return frozenset(found)


def _read_text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig", errors="replace")
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", path=path) from error


def _numbered_lines(text: str, path: Path) -> Iterator[tuple[int, str]]:
    """Lines that hold something, numbered from 1.

    Only a line feed, with or without a carriage return, ends a line: `str.splitlines` would also split at stray
    control characters, and shift the numbers.

    Raises:
        DataError: a carriage return stands within a line, so that two lines may be taken for one.
    """
    for number, line in enumerate(text.split("\n"), start=1):
        stripped = line.strip()
        if "\r" in stripped:
            raise DataError("a carriage return without a line feed, so lines may be lost", path=path, where=number)
        if stripped:
            yield number, stripped
