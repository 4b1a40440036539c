"""A folder in the layout of ReferIt (refclef, berkeley split) with the detection files of SPRM's authors, by hand.

What refer publishes of other corpora has the same form: `refcoco_folder` writes those.

Twenty images of street, park, kitchen and stage. Each lists its things (category, box, what people called it);
detections are the things' boxes, some of them missed or mislabelled, and a few boxes of background. As in the owners'
files, `instances.json` also holds an image and annotations that nobody refers to, and the detection file of each split
the boxes of all images.
"""

from __future__ import annotations

import io
import json
import pickle
import struct
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import flickr_folder
import h5py
import numpy as np
from flickr_folder import SIZE, SPLITS


@dataclass(frozen=True)
class Division:
    """A corpus of refer, and how it is divided into splits."""

    corpus: str
    divided_by: str
    split_of: Callable[[int, int], str]
    """Split of a thing, by the number of its image and its place there."""
    picture: Callable[[int], str]
    """Name of an image's file, by its id."""

    @property
    def referents(self) -> Path:
        return Path("refer/data", self.corpus, f"refs({self.divided_by}).p")

    @property
    def instances(self) -> Path:
        return Path("refer/data", self.corpus, "instances.json")

    @property
    def splits(self) -> dict[str, list[int]]:
        """Numbers of the images of each split."""
        numbers: dict[str, dict[int, None]] = {}
        for number, scene in enumerate(SCENES):
            for place in range(len(scene)):
                numbers.setdefault(self.split_of(number, place), {})[number] = None
        return {split: list(own) for split, own in numbers.items()}


def by_images(splits: Mapping[str, Iterable[int]]) -> Callable[[int, int], str]:
    """Divide by images, whose numbers are given."""
    owners = {number: split for split, numbers in splits.items() for number in numbers}
    return lambda number, place: owners[number]


BERKELEY = Division("refclef", "berkeley", by_images(SPLITS), "{}.jpg".format)
REFERENTS, INSTANCES = BERKELEY.referents, BERKELEY.instances


@dataclass(frozen=True)
class Thing:
    category: str
    box: tuple[float, float, float, float]
    """x, y, width, height."""
    expressions: tuple[str, ...]

    @property
    def corners(self) -> tuple[float, float, float, float]:
        x, y, width, height = self.box
        return x, y, x + width, y + height


def thing(category: str, box: tuple[float, float, float, float], *expressions: str) -> Thing:
    return Thing(category, box, expressions)


HAT, SHIRT = (205.0, 90.0, 60.0, 30.0), (355.0, 120.0, 95.0, 95.0)
LEFT, RIGHT, MIDDLE = (30, 70, 110, 270.5), (350, 80, 110, 260), (190, 90.25, 100, 250)
LOW, SMALL, WIDE = (240, 230, 140, 120), (420, 310, 30, 30), (60, 190, 330, 140)

SCENES = [
    [thing("man", LEFT, "the man on the left", "guy left"), thing("man", RIGHT, "guy in red, far right")],
    [thing("dog", LOW, "Dog.", "the brown dog", "puppy"), thing("ball", SMALL, "ball")],
    [thing("woman", MIDDLE, "lady with the guitar"), thing("guitar", (200, 170, 130, 70), "guitar", "her instrument")],
    [thing("boy", LEFT, "boy on left"), thing("girl", RIGHT, "girl, right side", "the girl's pink shirt")],
    [thing("car", WIDE, "red car", "the vehicle in the middle"), thing("man", RIGHT, "man leaning")],
    [thing("table", WIDE, "wooden table"), thing("woman", MIDDLE, "Woman eating", "the lady")],
    [thing("dog", LEFT, "left dog"), thing("dog", RIGHT, "right dog", "dog at right looking left")],
    [thing("man", LEFT, "man in black tank top"), thing("ball", SMALL, "tennis ball"), thing("dog", LOW, "his dog")],
    [thing("woman", MIDDLE, "woman in the straw hat"), thing("hat", HAT, "hat"), thing("car", WIDE, "car")],
    [thing("boy", LEFT, "boy drawing"), thing("girl", RIGHT, "girl"), thing("table", WIDE, "small table bottom")],
    [thing("man", MIDDLE, "bearded man", "man, center"), thing("guitar", (180, 170, 130, 70), "the guitar")],
    [thing("woman", RIGHT, "the girl in white"), thing("shirt", SHIRT, "white t-shirt", "shirt")],
    [thing("car", WIDE, "old car"), thing("dog", LOW, "spotted dog", "dog lying down")],
    [thing("man", LEFT, "man dancing"), thing("woman", RIGHT, "woman on the right")],
    [thing("table", WIDE, "table"), thing("ball", SMALL, "ball under the table, bottom right")],
    [thing("boy", LEFT, "kid left"), thing("girl", MIDDLE, "kid in the middle"), thing("dog", LOW, "LARGE DOG")],
    [thing("man", MIDDLE, "street musician"), thing("hat", HAT, "cap", "hat on top")],
    [thing("woman", RIGHT, "woman in green"), thing("car", WIDE, "her car"), thing("shirt", SHIRT, "green shirt")],
    [thing("dog", LOW, "big dog"), thing("dog", (90, 250, 100, 95), "small dog", "dog, bottom left")],
    [
        thing("table", WIDE, "table in front"),
        thing("man", RIGHT, "cook", "the cook in white"),
        thing("shirt", SHIRT, "shirt"),
    ],
]
CATEGORIES = sorted({one.category for scene in SCENES for one in scene})
_UNUSED = 9_999


def image_id(number: int) -> int:
    return 1_000 + 17 * number


def ids(split: str) -> list[str]:
    return [str(image_id(number)) for number in SPLITS[split]]


def write_referit_folder(root: Path, *, protocol: int = 2) -> None:
    """Write the whole folder, the referents as Python 2 pickled them."""
    write_expressions(root, protocol=protocol)
    everything = {str(image_id(number)): detections(number) for number in range(len(SCENES))}
    for split in SPLITS:
        write_detections(root, split, {name: everything[name] for name in ids(split)})
        (root / f"{split}_detection_dict.json").write_text(json.dumps(everything))


def write_expressions(root: Path, division: Division = BERKELEY, *, protocol: int = 2) -> None:
    """Write the two files of refer."""
    (root / division.referents).parent.mkdir(parents=True)
    (root / division.referents).write_bytes(python2_pickle(referents(division), protocol))
    (root / division.instances).write_text(json.dumps(instances(division)))


def write_json_form(root: Path, *, lists: bool = True) -> None:
    """Put the expressions, boxes and sizes in the form of text_objseg's authors in the place of refer's files.

    Referents of an image are numbered from 1, images and referents named as files of pictures are.
    """
    for name in (REFERENTS, INSTANCES):
        (root / name).unlink()
    boxes, sizes = {}, {}
    for split, numbers in SPLITS.items():
        called = {}
        for number in numbers:
            sizes[f"{image_id(number)}.jpg"] = list(SIZE)
            for place, one in enumerate(SCENES[number], start=1):
                key = f"{image_id(number)}_{place}.png"
                called[key], boxes[key] = list(one.expressions), list(one.corners)
        (root / f"referit_query_{split}.json").write_text(json.dumps(called))
        if lists:
            names = "".join(f"{image_id(number)}.jpg\n" for number in numbers)
            (root / f"referit_{split}_imlist.txt").write_text(names)
    (root / "referit_bbox.json").write_text(json.dumps(boxes))
    (root / "referit_imsize.json").write_text(json.dumps(sizes))


def referents(division: Division = BERKELEY) -> list[dict[str, Any]]:
    """What `refs(<divided by>).p` holds: a referent for each thing, numbered through."""
    numbered = enumerate((number, place, one) for number, scene in enumerate(SCENES) for place, one in enumerate(scene))
    return [
        {
            "ref_id": ref_id,
            "ann_id": annotation_id(ref_id),
            "image_id": image_id(number),
            "split": division.split_of(number, place),
            "category_id": CATEGORIES.index(one.category) + 1,
            "file_name": division.picture(image_id(number)).replace(".", f"_{ref_id}."),
            "sentences": list(_sentences(one.expressions, 10 * ref_id)),
            "sent_ids": [10 * ref_id + place for place in range(len(one.expressions))],
        }
        for ref_id, (number, place, one) in numbered
    ]


def annotation_id(ref_id: int) -> int:
    return 5_000 + 3 * ref_id


def instances(division: Division = BERKELEY) -> dict[str, Any]:
    """What `instances.json` holds."""
    width, height = SIZE
    images = [*map(image_id, range(len(SCENES))), _UNUSED]
    things = ((number, one) for number, scene in enumerate(SCENES) for one in scene)
    annotations = [
        _annotation(annotation_id(ref_id), image_id(number), one.category, one.box)
        for ref_id, (number, one) in enumerate(things)
    ]
    return {
        "info": {"description": "by hand", "version": 1.0},
        "images": [
            {"id": name, "file_name": division.picture(name), "width": width, "height": height} for name in images
        ],
        "annotations": [*annotations, _annotation(1, _UNUSED, "dog", SMALL)],
        "categories": [{"id": row, "name": name, "supercategory": ""} for row, name in enumerate(CATEGORIES, start=1)],
    }


def detections(number: int) -> dict[str, list[Any]]:
    """Boxes near an image's things, and the background."""
    found = [flickr_folder.Thing(0, one.category, one.corners) for one in SCENES[number]]
    return flickr_folder.detections(flickr_folder.Scene(found, []), number)


def write_detections(root: Path, split: str, found: dict[str, dict[str, list[Any]]]) -> None:
    """Write what was found in a split's images under the names that ReferIt's tables have."""
    flickr_folder.write_detections(root, split, found)
    (root / f"{split}_images_size.json").unlink()
    with h5py.File(root / f"{split}_features_compress.hdf5", "r+") as file:
        for before, name in (("features", "image_features"), ("bboxes", "image_bb"), ("pos_bboxes", "pos_boxes")):
            file.move(before, name)
        shares = file["image_bb"][:] / np.tile(SIZE, 2)
        file["spatial_features"] = np.concatenate([shares, shares[:, 2:] - shares[:, :2]], axis=1)


def python2_pickle(value: object, protocol: int) -> bytes:
    """Pickle plain data as Python 2 did, whose text was bytes."""
    file = io.BytesIO()
    _Python2Pickler(file, protocol).dump(value)
    return file.getvalue()


# The pickler in Python, whose stub says that it is the one in C.
_Pickler: Any = pickle._Pickler


class _Python2Pickler(_Pickler):  # type: ignore[misc]
    def save_bytes_string(self, text: str) -> None:
        content = text.encode()
        if self.proto == 0:
            self.write(pickle.STRING + repr(content)[1:].encode() + b"\n")
        elif len(content) < 256:
            self.write(pickle.SHORT_BINSTRING + struct.pack("<B", len(content)) + content)
        else:
            self.write(pickle.BINSTRING + struct.pack("<i", len(content)) + content)
        self.memoize(text)

    dispatch = {**_Pickler.dispatch, str: save_bytes_string}  # noqa: RUF012


def _sentences(expressions: Iterable[str], first: int) -> Iterable[dict[str, Any]]:
    for sentence_id, raw in enumerate(expressions, start=first):
        plain = "".join(character for character in raw.lower() if character.isalnum() or character == " ")
        yield {"sent_id": sentence_id, "raw": raw, "sent": plain, "tokens": plain.split()}


def _annotation(number: int, image: int, category: str, box: tuple[float, float, float, float]) -> dict[str, Any]:
    x, y, width, height = box
    outline = [[x, y, x + width, y, x + width, y + height, x, y + height]]
    return {
        "id": number,
        "image_id": image,
        "category_id": CATEGORIES.index(category) + 1,
        "bbox": list(box),
        "segmentation": outline,
        "area": width * height,
        "iscrowd": 0,
    }


def edit_referents(root: Path, change: Callable[[list[dict[str, Any]]], object], division: Division = BERKELEY) -> None:
    """Write the referents anew, changed."""
    refs = referents(division)
    change(refs)
    (root / division.referents).write_bytes(pickle.dumps(refs))


def edit_instances(root: Path, change: Callable[[dict[str, Any]], object], division: Division = BERKELEY) -> None:
    """Change the JSON."""
    content = json.loads((root / division.instances).read_text())
    change(content)
    (root / division.instances).write_text(json.dumps(content))
