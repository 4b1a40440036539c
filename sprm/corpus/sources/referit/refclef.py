"""The two files that ReferIt's curators publish, checked and brought together image by image."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from sprm.corpus.corpus import SPLITS
from sprm.corpus.pixels import check_size, corners, read_boxes
from sprm.errors import DataError, shown
from sprm.files.json_stream import json_items
from sprm.files.pickles import load_plain

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


@dataclass(frozen=True)
class Referents:
    """What `refs(berkeley).p` says, checked."""

    path: Path
    splits: dict[int, str]
    """Image to split, in the file's order."""
    by_image: dict[int, list[dict[str, Any]]]
    """Image to its referents, whose `sentences` are the expressions."""
    annotations: frozenset[int]
    """Ids of the annotations that they refer to."""

    @classmethod
    def read(cls, path: Path) -> Referents:
        """Read the referents.

        Raises:
            DataError: the pickle holds something else, a referent is there twice, or an image is in two splits.
        """
        refs = load_plain(path)
        if not isinstance(refs, list):
            raise DataError(f"expected a list of referents, found {shown(refs)}", path=path)
        splits: dict[int, str] = {}
        by_image: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
        seen = set()
        for position, ref in enumerate(refs):
            where = f"referent {position} of the list"
            if not isinstance(ref, dict):
                raise DataError(f"expected a dict, found {shown(ref)}", path=path, where=where)
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
class Instances:
    """What `instances.json` says of the referents' images and annotations, checked."""

    path: Path
    sizes: dict[int, tuple[int, int]]
    boxes: dict[int, tuple[int, _Box]]
    """Annotation to its image and box."""
    categories: dict[int, str]

    @classmethod
    def read(cls, path: Path, refs: Referents) -> Instances:
        """Read what belongs to some referents; the rest of the file is passed over.

        Raises:
            DataError: the file is malformed, or contradicts itself.
        """
        instances = cls(path, {}, {}, {})
        for name, item in json_items(path, ("images", "annotations", "categories")):
            if not isinstance(item, dict):
                raise DataError(f"expected objects, found {shown(item)}", path=path, where=name)
            number = _whole_number(item.get("id"), "id", path, name)
            where = f"{name}, id {number}"
            if name == "categories":
                _set(instances.categories, number, _category(item.get("name"), path, where), path, where)
            elif name == "images" and number in refs.by_image:
                _set(
                    instances.sizes, number, check_size(item.get("width"), item.get("height"), path, where), path, where
                )
            elif name == "annotations" and number in refs.annotations:
                image = _whole_number(item.get("image_id"), "image_id", path, where)
                _set(instances.boxes, number, (image, _box(item.get("bbox"), path, where)), path, where)
        return instances

    def image(self, refs: Referents, image: int) -> ReferitImage:
        """Bring together what both files say of an image.

        Raises:
            DataError: one of them lacks what the other refers to.
        """
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
    if (before := table.setdefault(number, value)) != value:
        problem = f"this id is there twice, with {shown(before)} and with {shown(value)}"
        raise DataError(problem, path=path, where=where)


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
        wrong = next((shown(text) for text in raw if not isinstance(text, str)), shown(sentences))
        problem = f"sentences should be a list of dicts that hold raw, the expression, found {wrong}"
        raise DataError(problem, path=path, where=where)
    return tuple(str(text) for text in raw)


def _category(name: object, path: Path, where: str) -> str:
    if not isinstance(name, str) or not name.strip():
        raise DataError(f"expected a name, found {shown(name)}", path=path, where=where)
    # A slash divides the types of a phrase that has several.
    return name.strip().replace("/", "-")


def _box(values: object, path: Path, where: str) -> _Box:
    read_boxes([values], "bbox should be [x, y, width, height] in pixels", path, where)
    return corners(values, path, where)
