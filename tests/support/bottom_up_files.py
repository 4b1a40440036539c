"""The TSV files of bottom-up attention, written from the boxes, classes and features of a folder's other files."""

from __future__ import annotations

import base64
import json
import pickle
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import h5py
import numpy as np
from flickr_folder import SIZE, SPLITS

from sprm.corpus.detection import ReleaseLayout

ANDERSON, LXMERT = 6, 10
"""How many columns each variant has."""


def write_bottom_up_files(
    root: Path,
    layout: ReleaseLayout,
    *,
    columns: int,
    splits: Iterable[str] = SPLITS,
    named: Callable[[int], str] = str,
) -> None:
    """Write a TSV file for each split, and the vocabulary, beside the released files of a folder."""
    found = {split: json.loads((root / f"{split}_detection_dict.json").read_text()) for split in splits}
    names = {name for entries in found.values() for entry in entries.values() for name in entry["classes"]}
    vocabulary = sorted(names)
    write_vocabulary(root, vocabulary)
    for split, entries in found.items():
        with h5py.File(root / f"{split}_features_compress.hdf5") as file:
            features, boxes, spans = (file[name][:] for name in (layout.features, layout.boxes, layout.spans))
        lines = []
        for image, row in pickle.loads((root / f"{split}_imgid2idx.pkl").read_bytes()).items():
            rows = slice(*spans[row])
            classes = [vocabulary.index(name) for name in entries[str(image)]["classes"]]
            lines.append(tsv_line(named(image), boxes[rows], features[rows], classes=classes, columns=columns))
        (root / f"{split}.tsv").write_bytes(b"".join(lines))


def write_vocabulary(root: Path, names: Sequence[str]) -> None:
    (root / "objects_vocab.txt").write_text("".join(f"{name}\n" for name in names), encoding="utf-8")


def tsv_line(
    image_id: str,
    boxes: np.ndarray,
    features: np.ndarray,
    /,
    *,
    classes: Sequence[int] = (),
    columns: int = LXMERT,
    **replaced: bytes,
) -> bytes:
    """Return the line of an image; columns given by name replace what would stand there."""
    values = tsv_columns(image_id, boxes, features, classes=classes, columns=columns)
    return b"\t".join({**values, **replaced}.values()) + b"\n"


def tsv_columns(
    image_id: str, boxes: np.ndarray, features: np.ndarray, *, classes: Sequence[int], columns: int
) -> dict[str, bytes]:
    """Return the columns of an image by their names."""
    width, height = (str(side).encode() for side in SIZE)
    found = {"boxes": encoded(boxes, "<f4"), "features": encoded(features, "<f4")}
    count = str(len(boxes)).encode()
    if columns == ANDERSON:
        return {"image_id": image_id.encode(), "image_w": width, "image_h": height, "num_boxes": count, **found}
    return {
        "img_id": image_id.encode(),
        "img_h": height,
        "img_w": width,
        "objects_id": encoded(np.array(classes), "<i8"),
        "objects_conf": encoded(np.linspace(0.9, 0.2, len(boxes)), "<f4"),
        "attrs_id": encoded(np.arange(len(boxes)), "<i8"),
        "attrs_conf": encoded(np.full(len(boxes), 0.5), "<f4"),
        "num_boxes": count,
        **found,
    }


def encoded(values: np.ndarray, kind: str) -> bytes:
    return base64.b64encode(np.asarray(values).astype(kind).tobytes())
