"""The files that a corpus is read from: what each is, where its owners publish it, and where it has to stand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sprm.corpus.corpus import SPLITS
from sprm.corpus.detectors.bottom_up import VOCABULARY
from sprm.corpus.detectors.released import SIZES, released_files
from sprm.corpus.requirement import Requirement
from sprm.corpus.settings import FilesSource

BOTTOM_UP = "https://github.com/peteanderson80/bottom-up-attention, or https://github.com/airsplay/lxmert"
GLOVE = "https://nlp.stanford.edu/projects/glove"


def requirements(source: FilesSource) -> list[Requirement]:
    """Return everything that a corpus is read from."""
    needed = [*source.annotation_requirements(), *_detections(source)]
    if source.words != "built-in":
        needed.append(Requirement("word vectors, GloVe text", (source.words,), GLOVE, may_be_packed=True))
    return needed


def detection_files(source: FilesSource, split: str) -> list[Path]:
    """Paths of the files that a split's detections are read from, but for raw images."""
    if source.detections == "maf":
        return list(released_files(source.root, source.released_as(split)).values())
    return [path for needed in _detections(source) if needed.kind != "folder" for path in needed.files]


def _detections(source: FilesSource) -> Iterator[Requirement]:
    if source.detections == "maf":
        yield from _released(source)
    elif source.detections == "tsv":
        yield Requirement("boxes and features of bottom-up attention", (source.root / "*.tsv",), BOTTOM_UP, "files")
        yield Requirement("names of the detector's classes", (source.root / VOCABULARY,), BOTTOM_UP)
    else:
        owner = source.images_owner
        yield Requirement(f"raw images, each named {source.images_named}", (source.images_folder,), owner, "folder")
        if source.detector.weights != "coco":
            yield Requirement("weights of the detector", (source.detector.weights,), "whoever trained it")


def _released(source: FilesSource) -> Iterator[Requirement]:
    what = {
        "detection_dict.json": "boxes and class names",
        "imgid2idx.pkl": "row of each image",
        "features_compress.hdf5": "feature vectors of the boxes",
        "images_size.json": "width and height of each image",
    }
    for split in dict.fromkeys(map(source.released_as, SPLITS)):
        for name, path in released_files(source.root, split).items():
            may_lack = name == SIZES and source.tells_sizes(split)
            fallback = "without it those of the annotations are taken" if may_lack else None
            yield Requirement(f"{what[name]}, {split} split", (path,), source.features_owner, fallback=fallback)
