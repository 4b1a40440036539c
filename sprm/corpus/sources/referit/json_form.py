"""ReferIt's expressions in the JSON form that the authors of text_objseg made of them.

`referit_query_<split>.json` has the expressions of each referent, `<image>_<number>`, `referit_bbox.json` its box
[x1, y1, x2, y2], and `referit_imsize.json` the size [width, height] of each image. `referit_<split>_imlist.txt` lists
the images of a split; without it they are those of its expressions. Names of images and referents may end in `.jpg` or
`.png`. Nothing tells a referent's category, so all have `CATEGORY`. Corners are taken as they stand.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sprm.corpus.annotation import Target, check_image_id
from sprm.corpus.corpus import SPLITS, Warnings
from sprm.corpus.lines import numbered_lines, read_text, tally_line_ends
from sprm.corpus.pixels import check_size, read_boxes, refuse_upside_down
from sprm.corpus.refer.referent import Referent, ReferredImage, ReferredSplit
from sprm.corpus.requirement import Requirement
from sprm.corpus.warnings import Tally
from sprm.errors import DataError, shown
from sprm.files.json_stream import json_members

CATEGORY = "referent"
"""Entity type of every referent, whose category these files do not tell."""
_KEY = re.compile(r"(?P<image>[A-Za-z0-9_-]{1,100})_(?P<number>0|[1-9][0-9]{0,11})")
_SUFFIXES = (".jpg", ".png")


@dataclass(frozen=True)
class JsonForm:
    """The files under a root folder."""

    root: Path

    @property
    def boxes(self) -> Path:
        """File of the referents' boxes."""
        return self.root / "referit_bbox.json"

    @property
    def sizes(self) -> Path:
        """File of the images' sizes."""
        return self.root / "referit_imsize.json"

    def expressions(self, split: str) -> Path:
        """Return the file of a split's expressions."""
        return self.root / f"referit_query_{split}.json"

    def image_list(self, split: str) -> Path:
        """Return the list of a split's images, which may be missing."""
        return self.root / f"referit_{split}_imlist.txt"

    @property
    def is_begun(self) -> bool:
        """Whether a file of expressions is there."""
        return any(self.expressions(split).is_file() for split in SPLITS)

    @property
    def files(self) -> list[Path]:
        """Every file that is there or has to be, the expressions of the training split first."""
        lists = [self.image_list(split) for split in SPLITS]
        return [*map(self.expressions, SPLITS), self.boxes, self.sizes, *(path for path in lists if path.is_file())]

    def requirements(self, owner: str) -> Iterator[Requirement]:
        """Return what has to be there, or may be."""
        for split in SPLITS:
            yield Requirement(f"referring expressions, {split} split", (self.expressions(split),), owner)
        yield Requirement("boxes of the referents", (self.boxes,), owner)
        yield Requirement("width and height of the images", (self.sizes,), owner)
        for split in SPLITS:
            fallback = "without it they are those of the expressions"
            yield Requirement(f"ids of the {split} images", (self.image_list(split),), owner, fallback=fallback)

    def line_ends(self) -> list[Warnings]:
        """Count lists whose lines end in CR LF."""
        tally = Tally()
        for path in filter(Path.is_file, map(self.image_list, SPLITS)):
            tally_line_ends(read_text(path), path, tally)
        return tally.warnings()

    def read(self) -> dict[str, ReferredSplit]:
        """Read all splits.

        Raises:
            DataError: a file is missing or malformed, two contradict each other, or an image belongs to two splits.
        """
        called = {split: _expressions(self.expressions(split)) for split in SPLITS}
        ids = {split: self._image_ids(split, called[split]) for split in SPLITS}
        self._refuse_shared(ids)
        boxes, sizes = _by_name(self.boxes), _by_name(self.sizes)
        splits = {}
        for split in SPLITS:
            referents: defaultdict[str, list[Referent]] = defaultdict(list)
            for (image, number), expressions in called[split].items():
                box = self._box(boxes, f"{image}_{number}", split)
                referents[image].append(Referent(number, CATEGORY, expressions, box))
            images = {name: ReferredImage(*self._size(sizes, name), tuple(referents[name])) for name in ids[split]}
            splits[split] = ReferredSplit(split, images)
        return splits

    def _image_ids(self, split: str, called: Mapping[tuple[str, int], object]) -> list[str]:
        """Return the images of a split, listed or, without a list, in the order of the expressions."""
        named, path = dict.fromkeys(image for image, _ in called), self.image_list(split)
        if not path.is_file():
            return list(named)
        listed: dict[str, int] = {}
        for number, line in numbered_lines(read_text(path), path):
            image = _without_suffix(line)
            check_image_id(image, path, number)
            if image in listed:
                raise DataError(f"image {image} is already listed in line {listed[image]}", path=path, where=number)
            listed[image] = number
        for image in named:
            if image not in listed:
                problem = f"image {image} is not in {path.name}, which lists the images of this split"
                raise DataError(problem, path=self.expressions(split), where=f"image {image}")
        return list(listed)

    def _refuse_shared(self, ids: Mapping[str, Sequence[str]]) -> None:
        owners: dict[str, str] = {}
        for split, names in ids.items():
            for image in names:
                if (other := owners.setdefault(image, split)) != split:
                    problem = f"is also in {other}; splits must not share images"
                    raise DataError(problem, path=self.expressions(split), where=f"image {image}")

    def _box(self, boxes: Mapping[str, object], key: str, split: str) -> Target:
        where = f"referent {key}"
        if key not in boxes:
            problem = f"is in {self.expressions(split).name}, and has no box here"
            raise DataError(problem, path=self.boxes, where=where)
        (box,) = read_boxes([boxes[key]], "expected [x1, y1, x2, y2] in pixels", self.boxes, where)
        refuse_upside_down(box, self.boxes, where)
        x1, y1, x2, y2 = box.tolist()
        return x1, y1, x2, y2

    def _size(self, sizes: Mapping[str, object], image: str) -> tuple[int, int]:
        size, where = sizes.get(image), f"image {image}"
        if not isinstance(size, list) or len(size) != 2:
            raise DataError(f"expected [width, height], found {shown(size)}", path=self.sizes, where=where)
        return check_size(size[0], size[1], self.sizes, where)


def _expressions(path: Path) -> dict[tuple[str, int], tuple[str, ...]]:
    """Read the expressions of each referent, by its image and its number there."""
    called: dict[tuple[str, int], tuple[str, ...]] = {}
    for key, texts in _by_name(path).items():
        where, match = f"referent {shown(key)}", _KEY.fullmatch(key)
        if match is None:
            problem = "expected the id of an image, _ and a number, such as 38685_1"
            raise DataError(problem, path=path, where=where)
        if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
            raise DataError(f"expected a list of expressions, found {shown(texts)}", path=path, where=where)
        called[match["image"], int(match["number"])] = tuple(texts)
    return called


def _by_name(path: Path) -> dict[str, Any]:
    """Read the members of an object, by their keys without a suffix.

    Raises:
        DataError: the file is missing or no such thing, or a key is there with a suffix and without.
    """
    members: dict[str, Any] = {}
    for key, value in json_members(path):
        name = _without_suffix(key)
        if name in members:
            raise DataError("this key appears twice", path=path, where=shown(name))
        members[name] = value
    return members


def _without_suffix(name: str) -> str:
    return name[:-4] if name.endswith(_SUFFIXES) else name
