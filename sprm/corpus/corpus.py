"""The one data contract: a split of a corpus on disk, opened memory-mapped, refused when it is not what was written.

A folder a split holds `features.npy` float16 (regions, F), `boxes.npy` float32 (regions, 4) xyxy pixels, `labels.npy`
int32 (regions,), `offsets.npy` int64 (images + 1,), `labels.json`, `images.parquet`, `sentences.parquet`,
`phrases.parquet`, and `corpus.json`, which holds counts and the sha256 of each of the others. Where the detector's
scores are known there is `scores.npy`, too, float32 (regions,). Regions are ragged; nothing is padded.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sprm.errors import DataError, IntegrityError
from sprm.files.hashes import verify_files
from sprm.settings import Rules

SCHEMA_VERSION = 2
"""Raised whenever what the files mean changes."""
SPLITS = ("train", "val", "test")
ARRAYS = {"features": np.float16, "boxes": np.float32, "labels": np.int32, "offsets": np.int64}
TABLES = ("images", "sentences", "phrases")
FILES = (*(f"{name}.npy" for name in ARRAYS), "labels.json", *(f"{name}.parquet" for name in TABLES))
TARGET = ("x1", "y1", "x2", "y2")
"""Columns of a phrase's target box."""
SCORES = "scores.npy"
"""The one file that may be missing: not every source tells how sure its detector was."""


class Warnings(BaseModel):
    """Something in the source that was passed over, and how often."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str = Field(description="what was passed over, in words")
    count: int = Field(ge=1)
    examples: list[str] = Field(description="where, at most ten")

    @property
    def wording(self) -> str:
        """The kind as a reader sees it, worded as of images that were left out: `phrases left out, missing a box`."""
        return self.kind.replace(" for want of ", ", missing ")


class LeftOut(BaseModel):
    """An image of the split that could not be used."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    image_id: str
    reason: str = Field(description="what is missing")


def by_reason(left_out: Iterable[LeftOut]) -> dict[str, list[str]]:
    """Group the ids of images that were left out by what is missing."""
    ids: dict[str, list[str]] = {}
    for left in left_out:
        ids.setdefault(left.reason, []).append(left.image_id)
    return ids


class Origin(BaseModel):
    """What a split was made from, and how."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str = Field(description="kind of source, for example flickr30k")
    split: str = Field(description="train, val or test")
    rules: Rules = Field(description="which rules phrases and targets were read by")
    extractor: str = Field(description="what made boxes and features")
    heads: str = Field(description="what found head words: rule, or a pipeline with its version")


class Counts(BaseModel):
    """How much a split holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    images: int
    sentences: int
    phrases: int
    regions: int


class CorpusInfo(BaseModel):
    """What `corpus.json` says of its folder."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: int
    origin: Origin
    counts: Counts
    feature_size: int = Field(description="F, length of a feature vector; 0 when there is none")
    warnings: list[Warnings]
    left_out: list[LeftOut] = Field(description="every image of the split that could not be used")
    differences: list[str] = Field(description="where the counts are not those of the full corpus, in words")
    files: dict[str, str] = Field(description="sha256 of each file")

    @property
    def has_scores(self) -> bool:
        """Whether the detector's scores are known."""
        return SCORES in self.files


@dataclass(frozen=True, eq=False)
class Corpus:
    """One split, read-only. Equal only to itself, so that what is derived from it can be cached by it."""

    folder: Path
    info: CorpusInfo
    features: NDArray[np.float16]
    """(regions, F)."""
    boxes: NDArray[np.float32]
    """(regions, 4) xyxy pixels."""
    labels: NDArray[np.int32]
    """(regions,) row of `label_names`."""
    offsets: NDArray[np.int64]
    """(images + 1,) first region of each image."""
    label_names: tuple[str, ...]
    """Class lines as the detector's vocabulary has them, for example `stop sign,stopsign`."""
    images: pd.DataFrame
    """image_id, width, height in pixels."""
    sentences: pd.DataFrame
    """sentence_id, image (row of `images`); sorted by image."""
    phrases: pd.DataFrame
    """sentence (row of `sentences`, sorted), text, category (types joined by `/`), head (words), locations (flags),
    x1, y1, x2, y2 (union target box in pixels, NaN where nobody has said it)."""
    scores: NDArray[np.float32] | None = None
    """(regions,) how sure the detector is of each region, in [0, 1]; None where its source does not say."""

    @classmethod
    def open(cls, folder: Path, *, verify: bool = True) -> Corpus:
        """Open a split.

        Args:
            folder: what `CorpusWriter` wrote.
            verify: whether to hash every file; False where the same process tree has done so already.

        Raises:
            DataError: there is no corpus in the folder.
            IntegrityError: a file is missing or is not what was written, or the schema is another version's.
        """
        info = verify_corpus(folder) if verify else _read_info(folder)
        parts: dict[str, Any] = {}
        try:
            for name in ARRAYS:
                parts[name] = np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
            if info.has_scores:
                parts["scores"] = np.load(folder / SCORES, mmap_mode="r", allow_pickle=False)
            for name in TABLES:
                parts[name] = pd.read_parquet(folder / f"{name}.parquet")
            label_names = tuple(json.loads((folder / "labels.json").read_text(encoding="utf-8")))
        except (OSError, ValueError, RecursionError) as error:
            raise IntegrityError(f"a file of the corpus cannot be read ({error})", path=folder) from error
        corpus = cls(folder=folder, info=info, label_names=label_names, **parts)
        corpus._check_counts()
        return corpus

    @property
    def fingerprint(self) -> str:
        """sha256 over the hashes of all files and the name of what found the head words."""
        about = {**self.info.files, "heads": self.info.origin.heads}
        return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()

    @cached_property
    def has_targets(self) -> bool:
        """Whether every phrase has a target, so that answers can be judged."""
        return TARGET[0] in self.phrases and bool(self.phrases[TARGET[0]].notna().all())

    def without_targets(self) -> Corpus:
        """Return the same split without the columns of its phrases' targets."""
        return replace(self, phrases=self.phrases.drop(columns=list(TARGET)))

    def regions_of(self, image: int) -> slice:
        """Rows of an image's regions."""
        return slice(int(self.offsets[image]), int(self.offsets[image + 1]))

    def _check_counts(self) -> None:
        counts = self.info.counts
        expected = {
            "features": (counts.regions, self.info.feature_size),
            "boxes": (counts.regions, 4),
            "labels": (counts.regions,),
            "offsets": (counts.images + 1,),
        }
        for name, shape in expected.items():
            array = getattr(self, name)
            if array.shape != shape or array.dtype != ARRAYS[name]:
                problem = f"expected {shape} of {np.dtype(ARRAYS[name])}, found {array.shape} of {array.dtype}"
                raise IntegrityError(problem, path=self.folder / f"{name}.npy")
        if self.scores is not None and (self.scores.shape != (counts.regions,) or self.scores.dtype != np.float32):
            problem = f"expected a score of 32 bits for each of {counts.regions} regions, found {self.scores.shape}"
            raise IntegrityError(problem, path=self.folder / SCORES)
        if self.offsets[0] != 0 or self.offsets[-1] != counts.regions or (np.diff(self.offsets) < 1).any():
            raise IntegrityError("the offsets do not divide the regions", path=self.folder / "offsets.npy")
        for name in TABLES:
            rows, wanted = len(getattr(self, name)), getattr(counts, name)
            if rows != wanted:
                raise IntegrityError(f"expected {wanted} rows, found {rows}", path=self.folder / f"{name}.parquet")


def files_of(has_scores: bool) -> tuple[str, ...]:
    """Names of a split's files, but for `corpus.json`."""
    return (*FILES, SCORES) if has_scores else FILES


def verify_corpus(folder: Path) -> CorpusInfo:
    """Hash every file of a split and return what it says of itself.

    Raises:
        DataError: there is no corpus in the folder.
        IntegrityError: a file is missing or is not what was written, or the schema is another version's.
    """
    info = _read_info(folder)
    verify_files(folder, {name: info.files.get(name, "") for name in files_of(info.has_scores)})
    return info


def _read_info(folder: Path) -> CorpusInfo:
    path = folder / "corpus.json"
    if not path.is_file():
        raise DataError("no corpus here", path=folder)
    try:
        info = CorpusInfo.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise IntegrityError("not a corpus of this version of the program", path=path) from error
    if info.schema_version != SCHEMA_VERSION:
        problem = f"schema version {info.schema_version}, this program reads {SCHEMA_VERSION}"
        raise IntegrityError(problem, path=path)
    return info
