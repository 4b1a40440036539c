"""The two files that refer publishes of each of its corpora, checked and brought together image by image.

`refs(<who divided it>).p` holds the referents with their expressions and splits, `instances.json` beside it the images'
sizes, the annotated boxes and the categories. ReferIt, RefCOCO, RefCOCO+ and RefCOCOg have this form.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sprm.corpus.annotation import Target
from sprm.corpus.lines import refuse_half_characters
from sprm.corpus.pixels import check_size, corners, read_boxes
from sprm.corpus.refer.referent import Referent, ReferredImage, ReferredSplit
from sprm.errors import DataError, shown
from sprm.files.json_stream import json_items
from sprm.files.pickles import load_plain

DATA = Path("refer/data")
"""Folder of the corpora under a root, as refer has it."""
_LARGEST_ID = 10**12


@dataclass(frozen=True)
class Release:
    """One corpus, divided in one way."""

    folder: Path
    divided_by: str
    """Who divided it, as the file's name says."""
    splits: tuple[str, ...]
    """What splits they made."""
    by_referent: bool = False
    """Whether they divided referents and not images, so that splits may share images."""

    @property
    def referents(self) -> Path:
        """File of the referents."""
        return self.folder / f"refs({self.divided_by}).p"

    @property
    def instances(self) -> Path:
        """File of sizes, boxes and categories."""
        return self.folder / "instances.json"

    @property
    def files(self) -> tuple[Path, Path]:
        """Both."""
        return self.referents, self.instances

    def read(self, roles: Mapping[str, str]) -> dict[str, ReferredSplit]:
        """Read some splits.

        Args:
            roles: the names of the splits that serve as train, val and test, by what they serve as.

        Returns:
            Each split by what it serves as.

        Raises:
            DataError: a file is missing or malformed, the two contradict each other, or an image belongs to two of the
                splits though images were divided.
        """
        for path in self.files:
            if not path.is_file():
                raise DataError("this file is missing", path=path)
        used = tuple(dict.fromkeys(roles.values()))
        refs = _Referents.read(self, used)
        instances = _Instances.read(self.instances, refs)
        splits = {name: instances.split(refs, name) for name in used}
        return {role: splits[name] for role, name in roles.items()}


@dataclass(frozen=True)
class _Referents:
    """What the file of the referents says of some splits, checked."""

    path: Path
    by_split: dict[str, dict[int, list[dict[str, Any]]]]
    """Split to image to its referents, whose `sentences` are the expressions."""

    @property
    def images(self) -> frozenset[int]:
        """Ids of the images that they are in."""
        return frozenset(image for images in self.by_split.values() for image in images)

    @property
    def annotations(self) -> frozenset[int]:
        """Ids of the annotations that they refer to."""
        return frozenset(ref["ann_id"] for images in self.by_split.values() for refs in images.values() for ref in refs)

    @classmethod
    def read(cls, release: Release, used: Collection[str]) -> _Referents:
        """Read the referents.

        Raises:
            DataError: the pickle holds something else, a referent appears twice, or an image is in two of the splits.
        """
        path = release.referents
        refs = load_plain(path)
        if not isinstance(refs, list):
            raise DataError(f"expected a list of referents, found {shown(refs)}", path=path)
        by_split: dict[str, defaultdict[int, list[dict[str, Any]]]] = {name: defaultdict(list) for name in used}
        splits: dict[int, str] = {}
        seen = set()
        for position, ref in enumerate(refs):
            where = f"referent {position} of the list"
            if not isinstance(ref, dict):
                raise DataError(f"expected a dict, found {shown(ref)}", path=path, where=where)
            for key in ("ref_id", "ann_id", "image_id", "category_id"):
                _whole_number(ref.get(key), key, path, where)
            where = f"ref_id {ref['ref_id']}"
            if ref["ref_id"] in seen:
                raise DataError("this referent appears twice", path=path, where=where)
            seen.add(ref["ref_id"])
            split, image = ref.get("split"), ref["image_id"]
            if split not in release.splits:
                *others, last = release.splits
                problem = f"split should be {', '.join(others)} or {last}, found {shown(split)}"
                raise DataError(problem, path=path, where=where)
            expressions = _expressions(ref.get("sentences"), path, where)
            if split not in used:
                continue
            if splits.setdefault(image, split) != split and not release.by_referent:
                problem = f"image {image} is in {splits[image]} and in {split}; splits must not share images"
                raise DataError(problem, path=path, where=where)
            by_split[split][image].append({**ref, "sentences": expressions})
        return cls(path, {name: dict(images) for name, images in by_split.items()})


@dataclass(frozen=True)
class _Instances:
    """What `instances.json` says of the referents' images and annotations, checked."""

    path: Path
    sizes: dict[int, tuple[int, int]]
    boxes: dict[int, tuple[int, Target]]
    """Annotation to its image and box."""
    categories: dict[int, str]

    @classmethod
    def read(cls, path: Path, refs: _Referents) -> _Instances:
        """Read what belongs to some referents; the rest of the file is passed over.

        Raises:
            DataError: the file is malformed, or contradicts itself.
        """
        instances, images, annotations = cls(path, {}, {}, {}), refs.images, refs.annotations
        for name, item in json_items(path, ("images", "annotations", "categories")):
            if not isinstance(item, dict):
                raise DataError(f"expected objects, found {shown(item)}", path=path, where=name)
            number = _whole_number(item.get("id"), "id", path, name)
            where = f"{name}, id {number}"
            if name == "categories":
                _set(instances.categories, number, _category(item.get("name"), path, where), path, where)
            elif name == "images" and number in images:
                _set(
                    instances.sizes, number, check_size(item.get("width"), item.get("height"), path, where), path, where
                )
            elif name == "annotations" and number in annotations:
                image = _whole_number(item.get("image_id"), "image_id", path, where)
                _set(instances.boxes, number, (image, _box(item.get("bbox"), path, where)), path, where)
        return instances

    def split(self, refs: _Referents, name: str) -> ReferredSplit:
        """Bring together what both files say of the images of a split.

        Raises:
            DataError: one of them lacks what the other refers to.
        """
        images = {str(image): self._image(refs, image, own) for image, own in refs.by_split[name].items()}
        return ReferredSplit(name, images)

    def _image(self, refs: _Referents, image: int, own: list[dict[str, Any]]) -> ReferredImage:
        if image not in self.sizes:
            raise DataError(f"image {image}, of {refs.path.name}, is not among the images", path=self.path)
        width, height = self.sizes[image]
        return ReferredImage(width, height, tuple(map(self._referent, own)))

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
        problem = f"this id appears twice, with {shown(before)} and with {shown(value)}"
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
    expressions = tuple(str(text) for text in raw)
    for text in expressions:
        refuse_half_characters(text, path, where)
    return expressions


def _category(name: object, path: Path, where: str) -> str:
    if not isinstance(name, str) or not name.strip():
        raise DataError(f"expected a name, found {shown(name)}", path=path, where=where)
    # A slash divides the types of a phrase that has several.
    return name.strip().replace("/", "-")


def _box(values: object, path: Path, where: str) -> Target:
    read_boxes([values], "bbox should be [x, y, width, height] in pixels", path, where)
    return corners(values, path, where)
