"""Writing a corpus image by image; `corpus.json` comes last and makes it one.

Features go to disk as they come, everything else is kept until the end: a big split is written in parts, which
`joining` puts together.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sprm.corpus.annotation import SentenceRecord
from sprm.corpus.corpus import SCHEMA_VERSION, SCORES, TARGET, CorpusInfo, Counts, LeftOut, Origin, Warnings, files_of
from sprm.errors import DataError
from sprm.files.hashes import file_hash

_UNKNOWN = (np.nan,) * 4
"""Target of a phrase that has none."""


@dataclass(frozen=True)
class ImageRecord:
    """An image with its sentences and its regions."""

    image_id: str
    width: int
    height: int
    boxes: NDArray[np.floating]
    """(regions, 4) xyxy pixels, at least one."""
    class_names: Sequence[str]
    """(regions,) class lines of the detector."""
    features: NDArray[np.float16]
    """(regions, F), finite."""
    sentences: Sequence[SentenceRecord]
    path: Path | None = None
    """File that its regions come from, for errors."""
    scores: NDArray[np.float32] | None = None
    """(regions,) of the detector, in [0, 1]; None where they are not known, which then holds for all images."""


class CorpusWriter:
    """Writes a split or a part of one; a context manager that closes its files.

    Args:
        folder: empty, or not there yet.
        origin: what it was made from.
    """

    def __init__(self, folder: Path, origin: Origin) -> None:
        self._folder = folder
        self._origin = origin
        self._feature_size: int | None = None
        self._boxes: list[NDArray[np.float32]] = []
        self._scores: list[NDArray[np.float32]] = []
        self._labels: list[int] = []
        self._label_rows: dict[str, int] = {}
        self._offsets = [0]
        self._images: list[tuple[str, int, int]] = []
        self._sentences: list[tuple[str, int]] = []
        self._phrases: list[tuple[Any, ...]] = []

    def __enter__(self) -> CorpusWriter:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._features = (self._folder / "features.npy").open("wb")
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._features.close()

    def add(self, image: ImageRecord, heads: Mapping[str, Sequence[str]]) -> None:
        """Append an image.

        Args:
            image: its regions and sentences.
            heads: head words of each of its phrases, by the phrase's text.

        Raises:
            DataError: its regions contradict each other or the images before it.
        """
        features = np.asarray(image.features, dtype=np.float16)
        if self._feature_size is None:
            self._feature_size = features.shape[1]
            self._write_header(rows=0)
        self._check(image, features)
        self._features.write(np.ascontiguousarray(features).tobytes())
        self._boxes.append(np.asarray(image.boxes, dtype=np.float32))
        if image.scores is not None:
            self._scores.append(np.asarray(image.scores, dtype=np.float32))
        self._labels += [self._label_rows.setdefault(name, len(self._label_rows)) for name in image.class_names]
        self._offsets.append(self._offsets[-1] + len(features))
        for sentence in image.sentences:
            row = len(self._sentences)
            self._sentences.append((sentence.sentence_id, len(self._images)))
            for phrase in sentence.phrases:
                target = phrase.target or _UNKNOWN
                head = " ".join(heads[phrase.text])
                self._phrases.append((row, phrase.text, phrase.category, head, phrase.locations, *target))
        self._images.append((image.image_id, image.width, image.height))

    def _check(self, image: ImageRecord, features: NDArray[np.float16]) -> None:
        regions = {len(image.boxes), len(image.class_names), len(features)}
        if len(regions) != 1 or 0 in regions:
            problem = f"{len(image.boxes)} boxes, {len(image.class_names)} classes, {len(features)} feature vectors"
            raise DataError(problem, path=image.path, where=f"image {image.image_id}")
        if features.shape[1] != self._feature_size:
            problem = f"features of length {features.shape[1]}, expected {self._feature_size}"
            raise DataError(problem, path=image.path, where=f"image {image.image_id}")
        if image.scores is not None and len(image.scores) != len(features):
            problem = f"{len(features)} regions, but {len(image.scores)} scores"
            raise DataError(problem, path=image.path, where=f"image {image.image_id}")
        if self._images and (image.scores is None) == bool(self._scores):
            here, others = ("no scores", "has") if image.scores is None else ("scores", "has none")
            problem = f"{here} of the detector, which image {self._images[-1][0]} {others}"
            raise DataError(problem, path=image.path, where=f"image {image.image_id}")

    def finish(self, *, warnings: Sequence[Warnings] = (), left_out: Sequence[LeftOut] = ()) -> None:
        """Write what is left, `corpus.json` last."""
        self._write_header(rows=self._offsets[-1])
        self._features.close()
        self._write_arrays()
        self._write_tables()
        describe(
            self._folder,
            self._origin,
            Counts(
                images=len(self._images),
                sentences=len(self._sentences),
                phrases=len(self._phrases),
                regions=self._offsets[-1],
            ),
            feature_size=self._feature_size or 0,
            has_scores=bool(self._scores),
            warnings=warnings,
            left_out=left_out,
        )

    def _write_header(self, rows: int) -> None:
        # numpy leaves room in a header for the first axis to grow, so the final one takes the same bytes as the first.
        self._features.seek(0)
        header = {"descr": "<f2", "fortran_order": False, "shape": (rows, self._feature_size or 0)}
        np.lib.format.write_array_header_1_0(self._features, header)

    def _write_arrays(self) -> None:
        np.save(self._folder / "boxes.npy", np.concatenate([np.empty((0, 4), dtype=np.float32), *self._boxes]))
        np.save(self._folder / "labels.npy", np.array(self._labels, dtype=np.int32))
        np.save(self._folder / "offsets.npy", np.array(self._offsets, dtype=np.int64))
        if self._scores:
            np.save(self._folder / SCORES, np.concatenate(self._scores))
        (self._folder / "labels.json").write_text(json.dumps(list(self._label_rows)), encoding="utf-8")

    def _write_tables(self) -> None:
        box = dict.fromkeys(TARGET, "float32")
        images = {"image_id": "str", "width": "int32", "height": "int32"}
        sentences = {"sentence_id": "str", "image": "int32"}
        phrases = {"sentence": "int32", "text": "str", "category": "str", "head": "str", "locations": "uint8", **box}
        self._write_table("images", self._images, images)
        self._write_table("sentences", self._sentences, sentences)
        self._write_table("phrases", self._phrases, phrases)

    def _write_table(self, name: str, rows: Sequence[tuple[Any, ...]], columns: dict[str, str]) -> None:
        table = pd.DataFrame.from_records(rows, columns=list(columns)).astype(columns)
        table.to_parquet(self._folder / f"{name}.parquet", index=False)


def describe(
    folder: Path,
    origin: Origin,
    counts: Counts,
    *,
    feature_size: int,
    has_scores: bool,
    warnings: Sequence[Warnings],
    left_out: Sequence[LeftOut],
    differences: Sequence[str] = (),
) -> None:
    """Write the `corpus.json` of a folder that holds all other files, with their hashes."""
    info = CorpusInfo(
        schema_version=SCHEMA_VERSION,
        origin=origin,
        counts=counts,
        feature_size=feature_size,
        warnings=list(warnings),
        left_out=list(left_out),
        differences=list(differences),
        files={name: file_hash(folder / name) for name in files_of(has_scores)},
    )
    (folder / "corpus.json").write_text(info.model_dump_json(indent=2), encoding="utf-8")
