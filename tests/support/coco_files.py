"""COCO's results files and categories, written from the boxes and classes of a folder's other files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from flickr_folder import SPLITS


def write_coco_files(root: Path) -> None:
    """Write a results file for each split, and the categories, beside the released files of a folder."""
    found = {split: json.loads((root / f"{split}_detection_dict.json").read_text()) for split in SPLITS}
    names = sorted({name for entries in found.values() for entry in entries.values() for name in entry["classes"]})
    write_categories(root, names)
    for split, entries in found.items():
        draw = np.random.default_rng(len(split))
        write_results(
            root / f"{split}_detections.json",
            [
                result(int(image), category_id(names.index(name)), box, round(float(draw.uniform(0.05, 0.95)), 3))
                for image, entry in entries.items()
                for box, name in zip(entry["bboxes"], entry["classes"], strict=True)
            ],
        )


def category_id(row: int) -> int:
    """Return an id as COCO has them: from 1, with gaps."""
    return 1 + row + row // 3


def write_categories(root: Path, names: Sequence[str]) -> None:
    categories = [{"supercategory": "thing", "id": category_id(row), "name": name} for row, name in enumerate(names)]
    (root / "categories.json").write_text(json.dumps({"info": {}, "images": [], "categories": categories}))


def write_results(path: Path, results: Sequence[object]) -> None:
    path.write_text(json.dumps(list(results)), encoding="utf-8")


def result(image: int | str, category: int, box: Sequence[float], score: float) -> dict[str, Any]:
    """Return the entry of a box, (4,) xyxy."""
    x1, y1, x2, y2 = box
    return {"image_id": image, "category_id": category, "bbox": [x1, y1, x2 - x1, y2 - y1], "score": score}
