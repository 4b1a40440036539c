"""What a run is made of: its corpus, code, libraries and machine; `manifest.json` in its folder."""

from __future__ import annotations

from datetime import UTC, datetime

from bench.provenance import Provenance, provenance
from bench.stored import Part, Stored
from sprm.corpus.prepare import Study
from sprm.corpus.records import Corpus


class SplitProvenance(Part):
    """One split of the corpus."""

    source: str
    fingerprint: str
    images: int
    sentences: int
    phrases: int
    regions: int
    extractor: str
    """What computed the regions' features."""
    files: dict[str, str]
    """sha256 of each file."""


class Manifest(Stored):
    """What a run is made of; `manifest.json` in its folder."""

    name: str
    """The protocol's name."""
    corpus_fingerprint: str
    splits: dict[str, SplitProvenance]
    provenance: Provenance
    started_at: datetime
    """When trials of this run were last started."""


def manifest(name: str, study: Study) -> Manifest:
    """Describe a run on a study that starts now."""
    return Manifest(
        name=name,
        corpus_fingerprint=study.fingerprint,
        splits={split.info.split: _split(split) for split in (study.train, study.val, study.test)},
        provenance=provenance(),
        started_at=datetime.now(UTC),
    )


def _split(corpus: Corpus) -> SplitProvenance:
    info = corpus.info
    return SplitProvenance(
        source=info.source,
        fingerprint=corpus.fingerprint,
        images=info.counts.images,
        sentences=info.counts.sentences,
        phrases=info.counts.phrases,
        regions=info.counts.regions,
        extractor=info.extractor,
        files=info.files,
    )
