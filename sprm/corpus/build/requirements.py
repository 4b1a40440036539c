"""The files that a corpus is read from: what each is, where its owners publish it, and where it has to stand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from sprm.corpus.corpus import SPLITS
from sprm.corpus.detectors.bottom_up import VOCABULARY
from sprm.corpus.detectors.released import SIZES, released_files
from sprm.corpus.settings import FilesSource, Flickr30kSource
from sprm.corpus.sources.flickr30k.reader import ENTITIES as FOLDER
from sprm.corpus.sources.flickr30k.reader import UNRELATED, list_places
from sprm.corpus.sources.referit.refclef import INSTANCES, REFERENTS

ENTITIES = "https://github.com/BryanPlummer/flickr30k_entities"
FLICKR_IMAGES = "https://hockenmaier.cs.illinois.edu/DenotationGraph (a form to fill in)"
MAF = "https://github.com/qinzzz/Multimodal-Alignment-Framework"
SPRM = "https://github.com/drigoni/SPRM"
REFER = "https://github.com/lichengunc/refer"
BOTTOM_UP = "https://github.com/peteranderson80/bottom-up-attention, or https://github.com/airsplay/lxmert"
GLOVE = "https://nlp.stanford.edu/projects/glove"

Kind: TypeAlias = Literal["file", "folder", "files"]


@dataclass(frozen=True)
class Requirement:
    """Something that has to be there, or may be."""

    what: str
    places: tuple[Path, ...]
    """Where it may stand; it should be put at the first. Of `files`, the last part is a pattern."""
    owner: str
    """Where its owners publish it."""
    kind: Kind = "file"
    fallback: str | None = None
    """What happens without it; None when it is needed."""
    may_be_packed: bool = False
    """Whether it is read when it is packed with gzip."""

    @property
    def optional(self) -> bool:
        """Whether a corpus can be read without it."""
        return self.fallback is not None

    @property
    def found(self) -> Path | None:
        """The place at which it stands; None when it is missing."""
        return next((place for place in self.places if self._stands_at(place)), None)

    def _stands_at(self, place: Path) -> bool:
        if self.kind == "files":
            return any(place.parent.glob(place.name))
        return place.is_dir() if self.kind == "folder" else place.is_file()

    @property
    def files(self) -> Iterator[Path]:
        """Every file of it, and every place at which one may stand."""
        if self.kind == "files":
            yield from sorted(self.places[0].parent.glob(self.places[0].name))
        elif self.kind == "folder":
            yield from sorted(self.places[0].rglob("*"))
        else:
            yield from self.places


def requirements(source: FilesSource) -> list[Requirement]:
    """Return everything that a corpus is read from."""
    of_flickr = isinstance(source, Flickr30kSource)
    found = [*(_entities(source.root) if of_flickr else _refer(source.root)), *_detections(source)]
    if source.words != "built-in":
        found.append(Requirement("word vectors, GloVe text", (source.words,), GLOVE, may_be_packed=True))
    return found


def detection_files(source: FilesSource, split: str) -> list[Path]:
    """Paths of the files that a split's detections are read from, but for raw images."""
    if source.detections == "maf":
        return list(released_files(source.root, split).values())
    return [path for needed in _detections(source) if needed.kind != "folder" for path in needed.files]


def images_folder(source: FilesSource) -> Path:
    """Folder of the raw images."""
    if source.images is not None:
        return source.images
    if isinstance(source, Flickr30kSource):
        return source.root / "flickr30k_images"
    return source.root / "refer" / "data" / "images" / "saiapr_tc-12"


def _entities(root: Path) -> Iterator[Requirement]:
    folder = root / FOLDER
    for name, what in (("Sentences", "captions with marked phrases"), ("Annotations", "boxes of the entities")):
        yield Requirement(f"{what}, from annotations.zip", (folder / name,), ENTITIES, "folder")
    for split in SPLITS:
        yield Requirement(f"ids of the {split} images", list_places(root, f"{split}.txt"), ENTITIES)
    what = "captions that do not describe their image"
    yield Requirement(what, list_places(root, UNRELATED), ENTITIES, fallback="without it they are kept")


def _refer(root: Path) -> Iterator[Requirement]:
    yield Requirement("referring expressions and splits, from refclef.zip", (root / REFERENTS,), REFER)
    yield Requirement("boxes, sizes and categories, from refclef.zip", (root / INSTANCES,), REFER)


def _detections(source: FilesSource) -> Iterator[Requirement]:
    if source.detections == "maf":
        yield from _released(source)
    elif source.detections == "tsv":
        yield Requirement("boxes and features of bottom-up attention", (source.root / "*.tsv",), BOTTOM_UP, "files")
        yield Requirement("names of the detector's classes", (source.root / VOCABULARY,), BOTTOM_UP)
    else:
        owner = FLICKR_IMAGES if isinstance(source, Flickr30kSource) else f"{REFER} (saiapr_tc-12.zip)"
        yield Requirement("raw images, each named by its id", (images_folder(source),), owner, "folder")
        if source.detector.weights != "coco":
            yield Requirement("weights of the detector", (source.detector.weights,), "whoever trained it")


def _released(source: FilesSource) -> Iterator[Requirement]:
    owner = MAF if isinstance(source, Flickr30kSource) else f"{SPRM} (pre-processed ReferIt)"
    what = {
        "detection_dict.json": "boxes and class names",
        "imgid2idx.pkl": "row of each image",
        "features_compress.hdf5": "feature vectors of the boxes",
        "images_size.json": "width and height of each image",
    }
    for split in SPLITS:
        for name, path in released_files(source.root, split).items():
            fallback = "without it those of the annotations are taken" if name == SIZES else None
            yield Requirement(f"{what[name]}, {split} split", (path,), owner, fallback=fallback)
