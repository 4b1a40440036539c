"""The files that a corpus is read from: what each is, where its owners publish it, and where it has to stand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from sprm.corpus.corpus import SPLITS
from sprm.corpus.detectors.coco_results import CATEGORIES, RESULTS
from sprm.corpus.detectors.feature_archives import FOLDER
from sprm.corpus.detectors.released import DETECTIONS, SIZES, released_files
from sprm.corpus.detectors.vocabulary import VOCABULARY
from sprm.corpus.requirement import Requirement
from sprm.corpus.settings import FilesSource

BOTTOM_UP = "https://github.com/peteanderson80/bottom-up-attention, or https://github.com/airsplay/lxmert"
BOTTOM_UP_PYTORCH = "https://github.com/MILVLG/bottom-up-attention.pytorch"
COCO = "https://cocodataset.org"
TORCHVISION = "https://docs.pytorch.org/vision/stable/models.html"
GLOVE = "https://nlp.stanford.edu/projects/glove"


def requirements(source: FilesSource) -> list[Requirement]:
    """Return everything that a corpus is read from."""
    needed = [*source.annotation_requirements(), *_detections(source)]
    if source.words != "built-in":
        needed.append(Requirement("word vectors, GloVe text", (source.words,), GLOVE, may_be_packed=True))
    return needed


def detection_files(source: FilesSource, split: str) -> list[Path]:
    """Paths of the files that a split's detections are read from, but for those that an image has to itself."""
    if source.detections == "maf":
        return list(released_files(source.root, source.released_as(split)).values())
    return [path for needed in _detections(source) if needed.kind != "folder" for path in needed.files]


def scores_of(source: FilesSource, split: str) -> Path:
    """Path of what tells a split's detector's scores if anything does: a file, or the folder of files of each image."""
    if source.detections == "maf":
        return released_files(source.root, source.released_as(split))[DETECTIONS]
    needed = next(_detections(source))
    return needed.places[0] if needed.kind == "folder" else next(needed.files, needed.places[0])


def _detections(source: FilesSource) -> Iterator[Requirement]:
    kinds: dict[str, Callable[[FilesSource], Iterator[Requirement]]] = {
        "maf": _released,
        "tsv": _tables,
        "npz": _archives,
        "extracted": _extracted,
        "coco": _pooled,
    }
    yield from kinds[source.detections](source)


def _vocabulary(source: FilesSource, owner: str) -> Requirement:
    return Requirement("names of the detector's classes", (source.root / VOCABULARY,), owner)


def _tables(source: FilesSource) -> Iterator[Requirement]:
    yield Requirement("boxes and features of bottom-up attention", (source.root / "*.tsv",), BOTTOM_UP, "files")
    yield _vocabulary(source, BOTTOM_UP)


def _archives(source: FilesSource) -> Iterator[Requirement]:
    what = "boxes and features of bottom-up-attention.pytorch, a file an image"
    yield Requirement(what, (source.root / FOLDER,), BOTTOM_UP_PYTORCH, "folder")
    yield _vocabulary(source, BOTTOM_UP_PYTORCH)


def _raw_images(source: FilesSource) -> Requirement:
    what = f"raw images, each named {source.images_named}"
    return Requirement(what, (source.images_folder,), source.images_owner, "folder")


def _extracted(source: FilesSource) -> Iterator[Requirement]:
    yield _raw_images(source)
    if source.detector.weights != "coco":
        yield Requirement("weights of the detector", (source.detector.weights,), "whoever trained it", may_be_zip=True)


def _pooled(source: FilesSource) -> Iterator[Requirement]:
    yield Requirement("boxes as COCO results", (source.root / RESULTS,), "a detector of your own", "files")
    what = "names of the detector's classes, an annotations file of COCO's or its categories alone"
    yield Requirement(what, (source.root / CATEGORIES,), COCO)
    yield _raw_images(source)
    if source.backbone is not None:
        yield Requirement("weights of the backbone", (source.backbone.weights,), TORCHVISION, may_be_zip=True)


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
