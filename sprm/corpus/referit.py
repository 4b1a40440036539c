"""ReferIt (refclef, berkeley split) as its curators publish it: referring expressions, and the boxes they refer to.

`refer/data/refclef/refs(berkeley).p` holds the referents with their expressions and splits, `instances.json` beside it
the images' sizes, the annotated boxes and the categories. All expressions of one referent are one sentence; each of
them is a phrase, and all share the referent's box as their target.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from sprm.corpus.annotated import AnnotatedImage, PhraseRecord, SentenceRecord
from sprm.corpus.detections import LARGEST
from sprm.corpus.pickles import load_plain
from sprm.corpus.records import SPLITS
from sprm.corpus.streaming import json_items
from sprm.corpus.tally import Tally
from sprm.errors import DataError, shown
from sprm.phrases import locations
from sprm.settings import Rules

FOLDER = Path("refer/data/refclef")
REFERENTS, INSTANCES = FOLDER / "refs(berkeley).p", FOLDER / "instances.json"
_LARGEST_ID = 10**12

_Box: TypeAlias = tuple[float, float, float, float]


@dataclass(frozen=True)
class Referent:
    """One annotated thing and what people called it."""

    referent_id: int
    category: str
    expressions: tuple[str, ...]
    """As people typed them."""
    box: _Box
    """xyxy pixels."""


@dataclass(frozen=True)
class ReferitImage:
    """An image with its referents."""

    width: int
    height: int
    referents: tuple[Referent, ...]


class ReferIt:
    """The annotations under a root folder.

    Args:
        root: holds `refer/data/refclef`.
        rules: `official` looks for location words its own way.

    Raises:
        DataError: a file is missing or malformed, the two contradict each other, or an image belongs to two splits.
    """

    def __init__(self, root: Path, rules: Rules) -> None:
        self._paths = (root / REFERENTS, root / INSTANCES)
        self._rules = rules
        for path in self._paths:
            if not path.is_file():
                raise DataError("this file is missing", path=path)
        refs = _Referents.read(self._paths[0])
        instances = _Instances.read(self._paths[1], refs)
        self._splits = refs.splits
        self._images = {image: instances.image(refs, image) for image in refs.by_image}

    def image_ids(self, split: str) -> list[str]:
        """Ids of a split's images, in the order of their first referent.

        Raises:
            DataError: there is none.
        """
        found = [str(image) for image, its_split in self._splits.items() if its_split == split]
        if not found:
            raise DataError(f"the split {split} is empty", path=self._paths[0])
        return found

    def part(self, image_ids: Sequence[str]) -> ReferItPart:
        """Return what a worker needs to read the annotations of some images."""
        return ReferItPart({name: self._images[int(name)] for name in image_ids}, self._rules)

    def size(self, image_id: str) -> tuple[int, int] | None:
        """Width and height of an image in pixels."""
        image = self._images[int(image_id)]
        return image.width, image.height

    def files(self, image_ids: Sequence[str]) -> Iterator[Path]:
        """Every file that the annotations of some images are read from: the same two for all."""
        yield from self._paths


@dataclass(frozen=True)
class ReferItPart:
    """The annotations of some images."""

    images: Mapping[str, ReferitImage]
    rules: Rules

    def read(self, image_id: str, tally: Tally) -> AnnotatedImage:
        """Return one image's referents as sentences, their expressions as phrases."""
        image = self.images[image_id]
        found = []
        for referent in image.referents:
            where = f"referent {referent.referent_id}"
            texts = [" ".join(raw.lower().split()) for raw in referent.expressions]
            kept = [text for text in texts if any(character.isalnum() for character in text)]
            tally.add("expressions left out for want of a word", where, len(texts) - len(kept))
            phrases = [
                PhraseRecord(text, referent.category, locations(text, self.rules), referent.box) for text in kept
            ]
            if phrases:
                found.append(SentenceRecord(f"{image_id}#{referent.referent_id}", phrases))
            x1, y1, x2, y2 = referent.box
            tally.add("annotated boxes without an area", where, int(x1 == x2 or y1 == y2))
            outside = x1 < -1 or y1 < -1 or x2 > image.width + 1 or y2 > image.height + 1
            tally.add("annotated boxes that reach outside their image", where, int(outside))
        return AnnotatedImage(image.width, image.height, found)


@dataclass(frozen=True)
class _Referents:
    """What `refs(berkeley).p` says, checked."""

    path: Path
    splits: dict[int, str]
    """Image to split, in the file's order."""
    by_image: dict[int, list[dict[str, Any]]]
    annotations: frozenset[int]

    @classmethod
    def read(cls, path: Path) -> _Referents:
        refs = load_plain(path)
        if not isinstance(refs, list):
            raise DataError(f"expected a list of referents, found {type(refs).__name__}", path=path)
        splits: dict[int, str] = {}
        by_image: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
        seen = set()
        for position, ref in enumerate(refs):
            where = f"referent {position} of the list"
            if not isinstance(ref, dict):
                raise DataError(f"expected a dict, found {type(ref).__name__}", path=path, where=where)
            for key in ("ref_id", "ann_id", "image_id", "category_id"):
                _whole_number(ref.get(key), key, path, where)
            where = f"ref_id {ref['ref_id']}"
            if ref["ref_id"] in seen:
                raise DataError("this referent is there twice", path=path, where=where)
            seen.add(ref["ref_id"])
            split, image = ref.get("split"), ref["image_id"]
            if split not in SPLITS:
                raise DataError(f"split should be train, val or test, found {shown(split)}", path=path, where=where)
            if splits.setdefault(image, split) != split:
                problem = f"image {image} is in {splits[image]} and in {split}; splits may share none"
                raise DataError(problem, path=path, where=where)
            by_image[image].append({**ref, "sentences": _expressions(ref.get("sentences"), path, where)})
        annotations = frozenset(ref["ann_id"] for its_refs in by_image.values() for ref in its_refs)
        return cls(path, splits, dict(by_image), annotations)


@dataclass(frozen=True)
class _Instances:
    """What `instances.json` says of the referents' images and annotations, checked."""

    path: Path
    sizes: dict[int, tuple[int, int]]
    boxes: dict[int, tuple[int, _Box]]
    """Annotation to its image and box."""
    categories: dict[int, str]

    @classmethod
    def read(cls, path: Path, refs: _Referents) -> _Instances:
        found = cls(path, {}, {}, {})
        for name, item in json_items(path, ("images", "annotations", "categories")):
            if not isinstance(item, dict):
                raise DataError(f"expected objects, found {shown(item)}", path=path, where=name)
            number = _whole_number(item.get("id"), "id", path, name)
            where = f"{name}, id {number}"
            if name == "categories":
                _set(found.categories, number, _category(item.get("name"), path, where), path, where)
            elif name == "images" and number in refs.by_image:
                _set(found.sizes, number, _size(item, path, where), path, where)
            elif name == "annotations" and number in refs.annotations:
                image = _whole_number(item.get("image_id"), "image_id", path, where)
                _set(found.boxes, number, (image, _box(item.get("bbox"), path, where)), path, where)
        return found

    def image(self, refs: _Referents, image: int) -> ReferitImage:
        """Bring together what both files say of an image."""
        if image not in self.sizes:
            raise DataError(f"image {image}, of {refs.path.name}, is not among the images", path=self.path)
        width, height = self.sizes[image]
        return ReferitImage(width, height, tuple(self._referent(ref) for ref in refs.by_image[image]))

    def _referent(self, ref: Mapping[str, Any]) -> Referent:
        where = f"annotations, id {ref['ann_id']}"
        if ref["ann_id"] not in self.boxes:
            raise DataError(f"ref_id {ref['ref_id']} refers to it, and it is missing", path=self.path, where=where)
        image, box = self.boxes[ref["ann_id"]]
        if image != ref["image_id"]:
            problem = f"belongs to image {image}, and ref_id {ref['ref_id']} to image {ref['image_id']}"
            raise DataError(problem, path=self.path, where=where)
        if ref["category_id"] not in self.categories:
            problem = f"category {ref['category_id']} of ref_id {ref['ref_id']} is missing"
            raise DataError(problem, path=self.path, where="categories")
        return Referent(ref["ref_id"], self.categories[ref["category_id"]], ref["sentences"], box)


def _set(table: dict[int, Any], number: int, value: Any, path: Path, where: str) -> None:
    if table.setdefault(number, value) != value:
        raise DataError("this id is there twice, with something else", path=path, where=where)


def _whole_number(value: object, name: str, path: Path, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < _LARGEST_ID:
        raise DataError(f"{name} should be a whole number, found {shown(value)}", path=path, where=where)
    return value


def _expressions(sentences: object, path: Path, where: str) -> tuple[str, ...]:
    raw = (
        [entry.get("raw") if isinstance(entry, dict) else None for entry in sentences]
        if isinstance(sentences, list)
        else []
    )
    if not raw or not all(isinstance(text, str) for text in raw):
        raise DataError("sentences should be a list of dicts that hold raw, the expression", path=path, where=where)
    return tuple(str(text) for text in raw)


def _category(name: object, path: Path, where: str) -> str:
    if not isinstance(name, str) or not name.strip():
        raise DataError(f"expected a name, found {shown(name)}", path=path, where=where)
    # A slash divides the types of a phrase that has several.
    return name.strip().replace("/", "-")


def _size(item: Mapping[str, Any], path: Path, where: str) -> tuple[int, int]:
    size = (item.get("width"), item.get("height"))
    if not all(isinstance(side, int) and 0 < side <= LARGEST for side in size):
        raise DataError(f"expected width and height in pixels, found {size}", path=path, where=where)
    return int(item["width"]), int(item["height"])


def _box(values: object, path: Path, where: str) -> _Box:
    try:
        # numpy would read numbers in quotes, too.
        if not isinstance(values, list) or any(isinstance(value, str | bool) for value in values):
            raise TypeError
        box = np.array(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        box = np.empty(0)
    if box.shape != (4,) or not (np.abs(box) <= LARGEST).all():
        raise DataError("bbox should be [x, y, width, height] in pixels", path=path, where=where)
    x, y, width, height = (float(value) for value in box)
    if width < 0 or height < 0:
        raise DataError(f"the box {values} ends before it starts", path=path, where=where)
    return x, y, x + width, y + height
