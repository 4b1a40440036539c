"""The files of one corpus that its readers and detectors are given."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from sprm.corpus.annotation import IMAGE_SUFFIXES
from sprm.corpus.detectors.released import ReleasedDetections
from sprm.corpus.detectors.vocabulary import VOCABULARY, read_vocabulary
from sprm.corpus.settings import FilesSource
from sprm.errors import DataError


def open_released(
    source: FilesSource, split: str, image_ids: Sequence[str], others: Collection[str] = ()
) -> ReleasedDetections:
    """Open the released detections of some images of a split; `others` are the images of the other splits.

    Raises:
        DataError: a file is missing or malformed.
    """
    return ReleasedDetections(source.root, source.released_as(split), source.layout, image_ids, others)


def class_vocabulary(source: FilesSource) -> list[str] | None:
    """Return the names of all classes in the order of their ids, where a file among the corpus' own tells them.

    Raises:
        DataError: that file is missing or malformed.
    """
    return read_vocabulary(source.root / VOCABULARY) if source.detections in ("tsv", "npz") else None


def image_files(source: FilesSource, image_ids: Sequence[str]) -> Mapping[str, Path]:
    """Find the raw image of each id, in the folder of images or in folders below it.

    Returns:
        Path of each image; that of a missing one is where it was looked for first.

    Raises:
        DataError: two files are named after one image.
    """
    folder = source.images_folder
    paths: dict[str, Path] = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in IMAGE_SUFFIXES and paths.setdefault(path.stem, path) != path:
            raise DataError(f"{paths[path.stem].name} is the same image, by its name", path=path)
    names = {image: source.image_name(image) for image in image_ids}
    return {image: paths.get(name, folder / f"{name}{IMAGE_SUFFIXES[0]}") for image, name in names.items()}
