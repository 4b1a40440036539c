"""Reading regions that were extracted: a folder for every few images, memory-mapped, checked when it is first read.

A folder holds `features.npy` float16 (regions, F), `boxes.npy` float32 (regions, 4) xyxy pixels of the image as it is
stored, `labels.npy` int32 (regions,), `scores.npy` float32 (regions,), `offsets.npy` int64 (images + 1,), and
`chunk.json`, which names images and classes and holds the sha256 of each of the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sprm.corpus.corpus import Warnings
from sprm.corpus.detection import Detected, read_scores
from sprm.corpus.pixels import check_coordinates, check_size
from sprm.corpus.warnings import Tally
from sprm.errors import IntegrityError
from sprm.files.hashes import verify_files

LIBRARIES = ("torch", "torchvision", "pillow")
"""What decodes images and runs detectors; another version may give other features."""
ARRAYS = {"features": np.float16, "boxes": np.float32, "labels": np.int32, "scores": np.float32, "offsets": np.int64}


class ChunkImage(BaseModel):
    """An image of a chunk."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    image_id: str
    width: int = Field(description="pixels")
    height: int = Field(description="pixels")


class ChunkInfo(BaseModel):
    """What `chunk.json` says of its folder."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    images: list[ChunkImage]
    class_names: list[str] = Field(description="what `labels.npy` holds rows of")
    files: dict[str, str] = Field(description="sha256 of each file")


@dataclass(frozen=True)
class Place:
    """Where an image's regions stand."""

    folder: Path
    """Of the chunk."""
    row: int
    """The image's in the chunk."""


@dataclass(frozen=True)
class ExtractedDetections:
    """The regions that were extracted of images."""

    extractor: str
    """The network, the library and the weights."""
    places: Mapping[str, Place]
    """By image id."""
    unlisted: Mapping[str, list[Warnings]]
    """What files hold beyond the images of any split, by the split that it counts with."""

    def part(self, image_ids: Sequence[str]) -> ExtractedPart:
        """Return what a worker needs to read the regions of some images."""
        return ExtractedPart({name: self.places[name] for name in image_ids if name in self.places})

    def passed_over(self, split: str) -> list[Warnings]:
        """Count what files of boxes hold beyond the images of any split."""
        return self.unlisted[split]


class ExtractedPart:
    """The regions of some images; a context manager that can be sent to a worker.

    Args:
        places: where they stand, by image id.
    """

    def __init__(self, places: Mapping[str, Place]) -> None:
        self._places = places
        self._chunk: _Chunk | None = None

    def __enter__(self) -> ExtractedPart:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._chunk = None

    def find(self, image_id: str, tally: Tally) -> Detected | None:
        """Read the regions of an image; None when the detector found nothing in it, or was not run on it.

        Raises:
            DataError: the detector gave a box that is no box.
            IntegrityError: the image's chunk is not what was written.
        """
        place = self._places.get(image_id)
        if place is None:
            return None
        # Images are asked for in the order in which they were extracted, so one chunk at a time is enough.
        if self._chunk is None or self._chunk.folder != place.folder:
            self._chunk = _Chunk.open(place.folder)
        return self._chunk.find(place.row, image_id)


@dataclass(frozen=True)
class _Chunk:
    folder: Path
    info: ChunkInfo
    arrays: Mapping[str, NDArray[Any]]

    @classmethod
    def open(cls, folder: Path) -> _Chunk:
        path = folder / "chunk.json"
        try:
            info = ChunkInfo.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            problem = "not readable as what was extracted; `prepare` extracts it again"
            raise IntegrityError(problem, path=path) from error
        verify_files(folder, {f"{name}.npy": info.files.get(f"{name}.npy", "") for name in ARRAYS})
        arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in ARRAYS}
        return cls(folder, info, arrays)

    def find(self, row: int, image_id: str) -> Detected | None:
        if [image.image_id for image in self.info.images[row : row + 1]] != [image_id]:
            problem = f"its image {row} should be {image_id}; delete the folder to extract it again"
            raise IntegrityError(problem, path=self.folder)
        image = self.info.images[row]
        start, end = (int(offset) for offset in self.arrays["offsets"][row : row + 2])
        if start == end:
            return None
        names = [self.info.class_names[label] for label in self.arrays["labels"][start:end]]
        boxes, features = self.arrays["boxes"][start:end], self.arrays["features"][start:end]
        where = f"image {image_id}"
        check_size(image.width, image.height, self.folder / "chunk.json", where)
        check_coordinates(boxes, "a coordinate is no number of pixels", self.folder / "boxes.npy", where)
        scores = read_scores(self.arrays["scores"][start:end], len(boxes), self.folder / "scores.npy", where)
        return Detected(image.width, image.height, boxes, names, features, self.folder / "features.npy", scores)
