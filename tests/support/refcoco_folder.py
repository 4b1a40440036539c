"""Folders in the layout of RefCOCO, RefCOCO+ and RefCOCOg: the scenes of `referit_folder`, divided as their owners do.

`google` divides things and not images: two images of its val have a thing that belongs to train. Detection files have
the layout of MAF's authors, a set for each split.
"""

from __future__ import annotations

from pathlib import Path

import flickr_folder
from bottom_up_files import LXMERT, write_bottom_up_files
from flickr_folder import SPLITS
from layouts import FLICKR30K
from referit_folder import Division, by_images, detections, image_id, write_expressions

SHARED = (12, 13)
"""Numbers of the images that `google` has in both of its splits."""
BY = {
    "unc": by_images({"train": range(12), "val": range(12, 16), "testA": range(16, 18), "testB": range(18, 20)}),
    "umd": by_images(SPLITS),
    "google": lambda number, place: "train" if number < 12 or (number in SHARED and place == 0) else "val",
}


def coco_name(image: int) -> str:
    """Return what COCO calls an image."""
    return f"COCO_train2014_{image:012d}"


def division(dataset: str = "refcoco", split_by: str = "unc") -> Division:
    return Division(dataset, split_by, BY[split_by], lambda image: f"{coco_name(image)}.jpg")


def write_refcoco_folder(root: Path, dataset: str = "refcoco", split_by: str = "unc") -> None:
    """Write expressions, boxes and a set of detection files for each split."""
    divided = division(dataset, split_by)
    write_expressions(root, divided)
    for split, numbers in divided.splits.items():
        found = {str(image_id(number)): detections(number) for number in numbers}
        flickr_folder.write_detections(root, split, found)


def write_refcoco_tsv_folder(root: Path) -> None:
    """Write RefCOCO with TSV files, whose images have the names that COCO gives them, in place of detection files."""
    write_refcoco_folder(root)
    splits = division().splits
    write_bottom_up_files(root, FLICKR30K, columns=LXMERT, splits=splits, named=coco_name)
    for split in splits:
        for path in root.glob(f"{split}_*"):
            path.unlink()
