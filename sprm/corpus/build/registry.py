"""From what a protocol says of a corpus to the readers of its files."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from sprm.corpus.annotation import Annotations
from sprm.corpus.build.requirements import images_folder
from sprm.corpus.detectors.bottom_up import VOCABULARY, read_vocabulary
from sprm.corpus.detectors.released import FLICKR30K, REFERIT, ReleasedDetections, ReleaseLayout
from sprm.corpus.settings import FilesSource, Flickr30kSource
from sprm.corpus.sources.flickr30k.reader import Flickr30kEntities
from sprm.corpus.sources.referit.reader import ReferIt
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


def layout(source: FilesSource) -> ReleaseLayout:
    """Return what a corpus' released feature files call their tables."""
    return FLICKR30K if isinstance(source, Flickr30kSource) else REFERIT


def open_released(
    source: FilesSource, split: str, image_ids: Sequence[str], others: Collection[str] = ()
) -> ReleasedDetections:
    """Open the released detections of some images of a split; `others` are the images of the other splits.

    Raises:
        DataError: a file is missing or malformed.
    """
    return ReleasedDetections(source.root, split, layout(source), image_ids, others)


def class_vocabulary(source: FilesSource) -> list[str] | None:
    """Return the names of all classes in the order of their ids, where a file among the corpus' own tells them.

    Raises:
        DataError: that file is missing or malformed.
    """
    return read_vocabulary(source.root / VOCABULARY) if source.detections == "tsv" else None


def image_files(source: FilesSource, image_ids: Sequence[str]) -> Mapping[str, Path]:
    """Find the raw image of each id, in the folder of images or in folders below it.

    Returns:
        Path of each image; that of a missing one is where it was looked for first.

    Raises:
        DataError: two files are named after one image.
    """
    folder = images_folder(source)
    found: dict[str, Path] = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in SUFFIXES and found.setdefault(path.stem, path) != path:
            raise DataError(f"{found[path.stem].name} is the same image, by its name", path=path)
    return {name: found.get(name, folder / f"{name}{SUFFIXES[0]}") for name in image_ids}
