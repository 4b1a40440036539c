"""What a run is made of: its corpus, code, libraries and machine; `manifest.json` in its folder."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from bench.store.merged import Merged
from bench.store.provenance import Provenance, package_version, provenance
from bench.store.stored_model import Record, Stored
from sprm.corpus.corpus import Corpus, LeftOut, Warnings
from sprm.corpus.coverage import Coverage
from sprm.corpus.dataset import Dataset
from sprm.corpus.plausibility import Plausibility
from sprm.errors import ResultsError
from sprm.files.atomic_file import write_atomically
from sprm.files.regular import content_of

FILE = "manifest.json"


class SplitProvenance(Record):
    """One split of the corpus."""

    source: str
    fingerprint: str
    images: int
    sentences: int
    phrases: int
    regions: int
    extractor: str
    """What computed the regions' features."""
    heads: str
    """What found the phrases' head words."""
    left_out: tuple[LeftOut, ...]
    """Every image that belongs to the split and could not be used."""
    differences: tuple[str, ...]
    """Where its counts are not those of the full corpus."""
    files: dict[str, str]
    """sha256 of each file."""


class Manifest(Stored):
    """What a run is made of; `manifest.json` in its folder."""

    name: str
    """The protocol's name."""
    corpus_fingerprint: str
    splits: dict[str, SplitProvenance]
    warnings: dict[str, tuple[Warnings, ...]]
    """What was passed over in reading each split."""
    coverage: Coverage
    """How much of the phrases, their heads and the labels has a word vector."""
    plausibility: Plausibility | None = None
    """Whether boxes and classes are such as a detector gives; None where an earlier version wrote the record."""
    provenance: Provenance
    started_at: datetime
    """When trials of this run were last started."""
    merged: Merged | None = None
    """What it was merged from; None when it was not."""


def manifest(name: str, dataset: Dataset, *, record_host: bool = False) -> Manifest:
    """Describe a run on a dataset that starts now; `record_host` tells this machine's name, too."""
    return Manifest(
        name=name,
        corpus_fingerprint=dataset.fingerprint,
        splits=_splits(dataset),
        warnings=_warnings(dataset),
        coverage=dataset.coverage,
        plausibility=dataset.plausibility,
        provenance=provenance(host=record_host),
        started_at=datetime.now(UTC),
    )


def read_manifest(run: Path) -> Manifest:
    """Read what a run is made of.

    Raises:
        ResultsError: the file is missing, or not as it was written.
    """
    path = run / FILE
    try:
        return Manifest.model_validate_json(content_of(path))
    except (OSError, ValidationError) as error:
        raise ResultsError(f"{path}: cannot be read; `bench run` writes it") from error


def begin(run: Path, name: str, dataset: Dataset, *, record_host: bool) -> None:
    """Write the manifest of a run whose trials start now; that it was merged from others stays in it.

    Args:
        run: the run folder.
        name: the protocol's.
        dataset: what the trials run on.
        record_host: whether this machine's name is told.
    """
    try:
        merged = read_manifest(run).merged
    except ResultsError:
        merged = None
    starting = manifest(name, dataset, record_host=record_host)
    write_atomically(run / FILE, starting.model_copy(update={"merged": merged}).to_json())


def bring_up_to_date(run: Path, name: str, dataset: Dataset) -> None:
    """Write a finished run's manifest anew when it is missing or describes run or dataset otherwise than they now are.

    Images left out and warnings are no part of a dataset's fingerprint, so they change without any trial to run.
    """
    path = run / FILE
    try:
        stored = read_manifest(run)
    except ResultsError:
        write_atomically(path, manifest(name, dataset).to_json())
        return
    if stored.provenance.package != package_version():
        # Another version has other run folders.
        stored = stored.model_copy(update={"provenance": provenance()})
    of_study = {
        "name": name,
        "corpus_fingerprint": dataset.fingerprint,
        "splits": _splits(dataset),
        "warnings": _warnings(dataset),
        "coverage": dataset.coverage,
        "plausibility": dataset.plausibility,
    }
    current = stored.model_copy(update=of_study)
    if current != read_manifest(run):
        write_atomically(path, current.to_json())


def _splits(dataset: Dataset) -> dict[str, SplitProvenance]:
    return {split.info.origin.split: _split(split) for split in (dataset.train, dataset.val, dataset.test)}


def _warnings(dataset: Dataset) -> dict[str, tuple[Warnings, ...]]:
    return {part: tuple(warnings) for part, warnings in dataset.warnings.items()}


def _split(corpus: Corpus) -> SplitProvenance:
    info = corpus.info
    return SplitProvenance(
        source=info.origin.source,
        fingerprint=corpus.fingerprint,
        images=info.counts.images,
        sentences=info.counts.sentences,
        phrases=info.counts.phrases,
        regions=info.counts.regions,
        extractor=info.origin.extractor,
        heads=info.origin.heads,
        left_out=tuple(info.left_out),
        differences=tuple(info.differences),
        files=info.files,
    )
