"""The `.npz` files of bottom-up-attention.pytorch, written from the boxes and features of a folder's other files."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from bottom_up_files import write_vocabulary
from flickr_folder import SIZE, SPLITS


def write_feature_archives(root: Path) -> None:
    """Write an archive for each image, and the vocabulary, beside the released files of a folder."""
    found = {split: json.loads((root / f"{split}_detection_dict.json").read_text()) for split in SPLITS}
    vocabulary = sorted({name for entries in found.values() for entry in entries.values() for name in entry["classes"]})
    write_vocabulary(root, vocabulary)
    (root / "npz").mkdir()
    for split, entries in found.items():
        with h5py.File(root / f"{split}_features_compress.hdf5") as file:
            features, boxes, spans = (file[name][:] for name in ("features", "bboxes", "pos_bboxes"))
        for image, row in pickle.loads((root / f"{split}_imgid2idx.pkl").read_bytes()).items():
            rows = slice(*spans[row])
            classes = [vocabulary.index(name) for name in entries[str(image)]["classes"]]
            np.savez_compressed(root / "npz" / f"{image}.npz", **archive(boxes[rows], features[rows], classes))


def archive(boxes: np.ndarray, features: np.ndarray, classes: list[int]) -> dict[str, Any]:
    """Return what the archive of an image holds."""
    count, (width, height) = len(boxes), SIZE
    info = {
        "image_id": "an image",
        "image_h": height,
        "image_w": width,
        "num_boxes": count,
        "objects_id": np.array(classes, dtype=np.int64),
        "objects_conf": np.linspace(0.9, 0.2, count, dtype=np.float32),
        "attrs_id": np.arange(count),
        "attrs_conf": np.full(count, 0.5, dtype=np.float32),
    }
    return {
        "x": features.astype(np.float32),
        "bbox": boxes.astype(np.float32),
        "num_bbox": count,
        "image_h": height,
        "image_w": width,
        "info": info,
    }
