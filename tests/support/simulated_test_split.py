"""The description of the test split that goes with a simulated run: boxes at random, and noise for pictures."""

from __future__ import annotations

import io
from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from bench.store.ledger import Ledger
from bench.store.manifest import read_manifest
from bench.store.test_split import CORNERS, TestSplitIndex, encoded, write_test_split
from bench.subsets.draw import read_index, subset_keys
from sprm.seeding import generator

BOXES, WIDTH, HEIGHT = 36, 500, 375
LABELS = ("man,person", "dog", "ball", "tree", "car", "shirt")


def describe(run: Path, *, examples: int = 60, pictures: Collection[int] = (), label: str | None = None) -> Path:
    """Write the description of its test split into the folder of a simulated run; return the folder.

    Args:
        run: from `SimulatedRun.write`.
        examples: images that a report shows, which are the first.
        pictures: rows of those that have one.
        label: of every box; several when left out.
    """
    phrases = _phrases(run)
    image, ids = pd.factorize(phrases["image_id"])
    rng = generator("simulated test split")
    rows = np.repeat(np.arange(len(ids)), BOXES)
    regions = _boxes(rng, len(rows)).assign(
        image=rows, label=rng.choice(np.array(LABELS, dtype=object), len(rows)), score=np.float32(np.nan)
    )
    targets = _boxes(rng, len(phrases)).assign(image=image, words=2, head=rng.choice(["man", "dog"], len(phrases)))
    targets = targets.assign(best_iou=rng.random(len(phrases)) ** 0.5, same_label=rng.integers(1, 7, len(phrases)))
    targets = targets.assign(area=(targets["x2"] - targets["x1"]) * (targets["y2"] - targets["y1"]) / (WIDTH * HEIGHT))
    targets = targets.assign(in_labels=targets["head"] == "dog")
    shown = range(min(examples, len(ids)))
    targets[list(CORNERS)] = targets[list(CORNERS)].where(targets["image"].isin(shown))
    regions = regions[regions["image"].isin(shown)]
    records = read_index(run).subsets
    heads = pd.DataFrame(
        [
            {"head": head, "seed": each.seed, "fraction": each.fraction, "phrases": count * each.images}
            for each in records
            for head, count in (("man", 3), ("dog", 1))
        ]
    )
    tables = {
        "images": pd.DataFrame({"image_id": ids, "width": WIDTH, "height": HEIGHT}),
        "regions": regions if label is None else regions.assign(label=label),
        "phrases": targets,
        "heads": heads,
    }
    manifest = read_manifest(run)
    index = TestSplitIndex(
        corpus=manifest.corpus_fingerprint,
        test=manifest.splits["test"].fingerprint,
        subsets=subset_keys(records),
        examples=tuple(shown),
        pictures=tuple(sorted(pictures)),
    )
    write_test_split(run, index, encoded(tables, {row: picture(row) for row in pictures}))
    return run


def picture(row: int) -> bytes:
    """Return a JPEG file of noise, about as large as one of a photograph."""
    content = io.BytesIO()
    colours = generator("picture", row).integers(0, 255, (68, 90, 3), dtype=np.uint8)
    Image.fromarray(colours).resize((360, 270)).save(content, "JPEG", quality=40)
    return content.getvalue()


def _phrases(run: Path) -> pd.DataFrame:
    ledger = Ledger(run)
    return ledger.items(next(ledger.records()).key)


def _boxes(rng: np.random.Generator, count: int) -> pd.DataFrame:
    x, y = rng.uniform(0, WIDTH - 60, count), rng.uniform(0, HEIGHT - 60, count)
    right, bottom = x + rng.uniform(20, WIDTH - x), y + rng.uniform(20, HEIGHT - y)
    return pd.DataFrame({"x1": x, "y1": y, "x2": right, "y2": bottom})
