"""The small corpus that plug-ins are checked on, and copies of it whose targets stand elsewhere."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from sprm.corpus.build.prepare import prepare
from sprm.corpus.corpus import TARGET
from sprm.corpus.dataset import Dataset, open_dataset
from sprm.corpus.settings import Progress
from sprm.corpus.sources.scenes.source import ScenesSize, ScenesSource
from sprm.files.hashes import file_hash
from sprm.settings import Rules

# Its detector tells scores, which a system may ask for.
SOURCE = ScenesSource(images=ScenesSize(train=16, val=6, test=8), detector="coarse")
RULES = Rules.corrected


def small_dataset(cache: Path, progress: Progress) -> Dataset:
    """Open the small corpus, which is built once in the cache folder."""
    return open_dataset(prepare(SOURCE, RULES, cache, progress=progress), verify=False)


def with_moved_targets(dataset: Dataset, split: str, folder: Path) -> Dataset:
    """Copy a dataset with the targets of a split moved to the other side of their images; all else is the same.

    Args:
        dataset: the original.
        split: whose targets are moved.
        folder: of the copy; must not exist yet.
    """
    shutil.copytree(dataset.folder, folder)
    corpus = getattr(dataset, split)
    image = corpus.sentences["image"].to_numpy()[corpus.phrases["sentence"].to_numpy()]
    width, height = (corpus.images[side].to_numpy()[image] for side in ("width", "height"))
    x1, y1, x2, y2 = (corpus.phrases[name].to_numpy() for name in TARGET)
    mirrored = dict(zip(TARGET, (width - x2, height - y2, width - x1, height - y1), strict=True))
    _replace(folder / split, lambda phrases: phrases.assign(**mirrored))
    return open_dataset(folder, verify=False)


def _replace(folder: Path, change: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    """Change the phrases of a split on disk, and their hash with them."""
    path, about = folder / "phrases.parquet", folder / "corpus.json"
    phrases = pd.read_parquet(path)
    change(phrases).astype(phrases.dtypes).to_parquet(path, index=False)
    content = json.loads(about.read_text(encoding="utf-8"))
    content["files"][path.name] = file_hash(path)
    about.write_text(json.dumps(content), encoding="utf-8")
