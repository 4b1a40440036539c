"""From what a protocol says of a corpus to the readers of its files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from sprm.corpus.annotated import Annotations
from sprm.corpus.flickr30k import Flickr30kEntities
from sprm.corpus.referit import ReferIt
from sprm.corpus.released import ReleasedDetections
from sprm.corpus.requirements import images_folder, layout
from sprm.corpus.source import FilesSource, Flickr30kSource
from sprm.errors import DataError
from sprm.settings import Rules

SUFFIXES = (".jpg", ".jpeg", ".png")
"""What may follow an image's id in the name of its file."""


def open_annotations(source: FilesSource, rules: Rules) -> Annotations:
    """Open a corpus' annotations.

    Raises:
        DataError: a file or folder is missing or malformed.
    """
    if isinstance(source, Flickr30kSource):
        return Flickr30kEntities(source.root, rules)
    return ReferIt(source.root, rules)


def open_released(source: FilesSource, split: str, image_ids: Sequence[str]) -> ReleasedDetections:
    """Open the released detections of some images of a split.

    Raises:
        DataError: a file is missing or malformed.
    """
    return ReleasedDetections(source.root, split, layout(source), image_ids)


def image_files(source: FilesSource, image_ids: Sequence[str]) -> Mapping[str, Path]:
    """Find the raw image of each id.

    Raises:
        DataError: an image is missing.
    """
    folder, found = images_folder(source), {}
    for name in image_ids:
        places = [folder / f"{name}{suffix}" for suffix in SUFFIXES]
        path = next((place for place in places if place.is_file()), None)
        if path is None:
            raise DataError("this image is missing", path=places[0])
        found[name] = path
    return found
