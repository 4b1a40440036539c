"""What a protocol needs of this machine: which files are there, which are missing, and whether there is room."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import h5py
import psutil

from bench.protocol.schema import Protocol
from sprm.corpus.build.convert import missing_files
from sprm.corpus.build.prepare import prepared_folder
from sprm.corpus.build.published_counts import EXTRACTED_SIZE, FEATURE_SIZE
from sprm.corpus.build.requirements import requirements
from sprm.corpus.corpus import SPLITS
from sprm.corpus.coverage import Coverage, scarcities
from sprm.corpus.dataset import Dataset
from sprm.corpus.detectors.released import released_files
from sprm.corpus.doubts import doubts
from sprm.corpus.requirement import Requirement
from sprm.corpus.settings import BackboneSource, FilesSource, Progress, Source
from sprm.errors import DataError
from sprm.files.atomic_folder import damage
from sprm.files.first_bytes import refuse_foreign_file
from sprm.settings import Rules
from sprm.text.heads import identity
from sprm.workers import usable_cpus

FEATURE_BYTES = 2
"""Features are kept in half precision."""
WORD_BYTES = {".gz": 1.5}
"""What a byte of GloVe text takes as numbers, at most, by the file's suffix; half a byte when it is not packed."""


_CGROUP = Path("/sys/fs/cgroup")
CONTAINER_MEMORY = (
    (_CGROUP / "memory.max", _CGROUP / "memory.current"),
    (_CGROUP / "memory" / "memory.limit_in_bytes", _CGROUP / "memory" / "memory.usage_in_bytes"),
)
"""Where the two versions of Linux' control groups tell how much memory a container may use, and how much it does."""


@dataclass(frozen=True)
class Finding:
    """Something that a protocol needs, or may use.

    Attributes:
        what: what it is.
        place: where it stands, or where it has to be put.
        owner: where its owners publish it.
        present: whether it is there.
        fallback: what happens without it; None when it is needed.
        size: bytes, of a file that is there.
    """

    what: str
    place: str
    owner: str
    present: bool
    fallback: str | None = None
    size: int | None = None

    @property
    def is_missing(self) -> bool:
        """Whether nothing can be done without it."""
        return not self.present and self.fallback is None


@dataclass(frozen=True)
class Room:
    """Disk space.

    Attributes:
        folder: on the disk in question.
        free: bytes.
        needed: bytes while the corpus is built; 0 when it is there, or nothing tells how large it will be.
        kept: bytes of them that stay.
    """

    folder: Path
    free: int
    needed: int
    kept: int


@dataclass(frozen=True)
class Machine:
    """What there is to compute with.

    Attributes:
        cpus: that this process may use.
        threads: CPU threads of one trial.
        memory: bytes.
        memory_free: bytes that could be used without swapping.
    """

    cpus: int
    threads: int
    memory: int
    memory_free: int


@dataclass(frozen=True)
class Diagnosis:
    """Everything that `doctor` reports about a protocol.

    Attributes:
        findings: what the corpus is read from.
        prepared: folder of the corpus when it has been built already.
        damage: what of it is not as it was written; None when all of it is.
        doubts: what of its figures no detector gives.
        words: which word vectors are read.
        known_words: share of the words of phrases and of their heads that have a vector, by these names; empty unless
            the corpus has been built.
        scarcities: warnings of too few of them.
        room: on the disk that the corpus is built on.
        machine: what there is to compute with.
    """

    findings: tuple[Finding, ...]
    prepared: Path | None
    damage: str | None
    doubts: tuple[str, ...]
    words: str
    known_words: Mapping[str, float | None]
    scarcities: tuple[str, ...]
    room: Room
    machine: Machine

    @property
    def missing(self) -> tuple[Finding, ...]:
        """What is needed and not there."""
        return tuple(finding for finding in self.findings if finding.is_missing)

    @property
    def is_ready(self) -> bool:
        """Whether a run could start: nothing is missing, and there is room."""
        return not self.missing and self.room.free >= self.room.needed


def diagnose(protocol: Protocol, cache: Path, *, progress: Progress) -> Diagnosis:
    """Look for everything that a protocol needs, and hash what is built of it.

    Args:
        protocol: the protocol.
        cache: the cache folder.
        progress: told how many files have been looked at.
    """
    source = protocol.corpus
    findings = tuple(_findings(source)) if isinstance(source, FilesSource) else ()
    if isinstance(source, FilesSource) and not any(finding.is_missing for finding in findings):
        findings += tuple(_images_without_files(source, protocol.rules))
    complete = not any(finding.is_missing for finding in findings)
    prepared = prepared_folder(source, protocol.rules, cache, progress=progress) if complete else None
    damaged = None if prepared is None else damage(prepared)
    dataset = None if prepared is None or damaged else Dataset(prepared)
    return Diagnosis(
        findings=findings,
        prepared=prepared,
        damage=damaged,
        doubts=() if dataset is None else tuple(doubts(dataset.plausibility)),
        words=_words(source.files(cache)),
        known_words={} if dataset is None else _known_words(dataset.coverage),
        scarcities=() if dataset is None else tuple(scarcities(dataset.coverage)),
        room=_room(source, cache, is_built=prepared is not None),
        machine=Machine(usable_cpus(), protocol.training.threads, *_memory()),
    )


def _words(files: FilesSource) -> str:
    return "the built-in sample of GloVe 6B" if files.words == "built-in" else files.words.name


def _known_words(coverage: Coverage) -> dict[str, float | None]:
    return {"phrases": coverage.phrases.total.share, "heads": coverage.heads.total.share}


def _findings(source: FilesSource) -> Iterator[Finding]:
    for needed in requirements(source):
        yield _finding(needed)
    if source.detections == "extracted" and source.detector.weights == "coco":
        yield _torchvision_weights(source)
    if source.detections == "coco" and source.backbone is not None:
        yield from _unknown_backbone(source.backbone)
    for what, finder in zip(("finds head words", "finds phrases"), source.finders, strict=False):
        if finder != "rule":
            yield _pipeline(finder, what)


def _finding(needed: Requirement) -> Finding:
    path = needed.found
    if path is not None and needed.kind == "file":
        try:
            refuse_foreign_file(path, or_gzip=needed.may_be_packed, or_zip=needed.may_be_zip)
        except DataError as error:
            return Finding(error.problem, str(path), needed.owner, present=False)
    size = path.stat().st_size if path is not None and needed.kind == "file" else None
    place = path or needed.places[0]
    ending = os.sep if needed.kind == "folder" else ""
    return Finding(needed.what, f"{place}{ending}", needed.owner, path is not None, needed.fallback, size)


def _images_without_files(source: FilesSource, rules: Rules) -> Iterator[Finding]:
    """Look for the files of every image that the lists name, once the lists are there."""
    try:
        annotations = source.annotations(rules)
        ids = [name for split in SPLITS for name in annotations.image_ids(split)]
        missing = missing_files(source, annotations, ids)
    except DataError as error:
        place = str(error).removesuffix(f": {error.problem}")
        yield Finding(error.problem, place, "no known source in this form", present=False)
        return
    if missing:
        what = f"one of {len(missing):,} missing files of the {len(ids):,} images"
        yield Finding(what if len(missing) > 1 else "a file of an image", str(missing[0]), "as above", present=False)


def _torchvision_weights(source: FilesSource) -> Finding:
    # It takes seconds to import torchvision, and few protocols ask for it.
    from sprm.corpus.detectors.detector_weights import weights_path, weights_url

    what = "weights of the detector"
    try:
        path, url = weights_path(source.detector), str(weights_url(source.detector))
    except DataError as error:
        return Finding(str(error), f"corpus.detector.name: {source.detector.name}", "https://docs.pytorch.org", False)
    return Finding(what, str(path), url, path.is_file(), fallback="torchvision downloads them when it needs them")


def _unknown_backbone(backbone: BackboneSource) -> Iterator[Finding]:
    from sprm.corpus.detectors.backbone import check_name

    try:
        check_name(backbone.name)
    except DataError as error:
        place = f"corpus.backbone.name: {backbone.name}"
        yield Finding(str(error), place, "https://docs.pytorch.org/vision/stable/models.html", present=False)


def _pipeline(setting: str, what: str) -> Finding:
    owner = "https://spacy.io/models"
    try:
        return Finding(what, identity(setting), owner, present=True)
    except DataError as error:
        return Finding(str(error), setting, owner, present=False)


def _memory() -> tuple[int, int]:
    """Return how much memory there is and how much of it is free, in bytes, as far as a container may use it."""
    memory = psutil.virtual_memory()
    for limit, used in CONTAINER_MEMORY:
        try:
            most, taken = int(limit.read_text()), int(used.read_text())
        except (OSError, ValueError):
            continue
        return min(memory.total, most), max(0, min(memory.available, most - taken))
    return memory.total, memory.available


def _room(source: Source, cache: Path, *, is_built: bool) -> Room:
    folder = next(place for place in (cache, *cache.absolute().parents) if place.is_dir())
    free = shutil.disk_usage(folder).free
    if is_built or not isinstance(source, FilesSource):
        return Room(folder, free, 0, 0)
    regions, size = _regions_and_size(source)
    features = regions * (source.project or size) * FEATURE_BYTES
    if not features:
        return Room(folder, free, 0, 0)
    words = source.words
    if words == "built-in" or not words.is_file():
        vectors = 0
    else:
        vectors = int(WORD_BYTES.get(words.suffix, 0.5) * words.stat().st_size)
    kept = features + vectors
    if source.extracts:
        # What was extracted of the images is kept whole beside the corpora that are made of it.
        kept += regions * size * FEATURE_BYTES
    # The parts of a corpus stand beside it until they are joined.
    return Room(folder, free, kept + features, kept)


def _regions_and_size(source: FilesSource) -> tuple[int, int]:
    """Count the regions of all splits, and the numbers of a feature as it is read; none when nothing tells.

    From the released files when they are there, else as in the full corpus.
    """
    if source.detections == "maf":
        features, count, size = source.layout.features, 0, 0
        try:
            for split in SPLITS:
                paths = released_files(source.root, source.released_as(split))
                with h5py.File(paths["features_compress.hdf5"], "r") as file:
                    rows, size = file[features].shape
                    count += rows
        except (OSError, KeyError, AttributeError, ValueError):
            pass
        else:
            return count, size
    images = sum(source.published.images.values())
    if source.detections == "extracted":
        return images * source.detector.at_most, EXTRACTED_SIZE
    return images * source.published.regions, FEATURE_SIZE
