from __future__ import annotations

import json
import pickle
import tracemalloc
from pathlib import Path

import h5py
import numpy as np
import pytest

from sprm.corpus.sources.scenes.writer import DetectedImage, SplitFiles


def image(number: int, boxes: int = 3) -> DetectedImage:
    rng = np.random.default_rng(number)
    corners = rng.uniform(0, 200, (boxes, 4)).astype(np.float32)
    labels = tuple(f"label {i},ünicode" for i in range(boxes))
    return DetectedImage(1_000_000 + number, 320, 240, corners, labels, rng.random((boxes, 8), dtype=np.float32))


def test_the_files_hold_each_image_in_order_however_many_are_added_at_a_time(tmp_path: Path) -> None:
    images = [image(number, boxes=1 + number % 4) for number in range(7)]
    with SplitFiles(tmp_path, "val") as files:
        for some in (images[:1], images[1:5], images[5:]):
            files.add(some)
    text = (tmp_path / "val_detection_dict.json").read_text(encoding="utf-8")
    expected = {
        str(one.image_id): {
            "bboxes": [[round(float(edge), 2) for edge in box] for box in one.boxes],
            "classes": list(one.labels),
        }
        for one in images
    }
    assert text == json.dumps(expected)
    positions = pickle.loads((tmp_path / "val_imgid2idx.pkl").read_bytes())
    with h5py.File(tmp_path / "val_features_compress.hdf5") as file:
        for one in images:
            start, end = file["pos_bboxes"][positions[one.image_id]]
            assert np.array_equal(file["features"][start:end], one.features)
            assert np.array_equal(file["bboxes"][start:end], one.boxes)


def test_what_failed_names_no_image(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), SplitFiles(tmp_path, "val") as files:
        files.add([image(0)])
        raise KeyboardInterrupt
    assert not (tmp_path / "val_imgid2idx.pkl").exists()


def test_memory_grows_by_a_few_hundred_bytes_an_image(tmp_path: Path) -> None:
    with SplitFiles(tmp_path, "val") as files:
        files.add([image(number, boxes=40) for number in range(100)])
        tracemalloc.start()
        try:
            for number in range(100, 600):
                files.add([image(number, boxes=40)])
            kept, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert kept / 500 < 700
