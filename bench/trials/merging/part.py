"""One of the runs that are merged, as its folder holds it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from bench.protocol.load import load
from bench.protocol.schema import Protocol
from bench.store.ledger import Ledger
from bench.store.manifest import Manifest, read_manifest
from bench.store.preregistration import Preregistration, read_preregistration
from bench.store.records import TrialKey, TrialRecord
from bench.store.test_split import flaw_of_test_split
from bench.subsets.draw import SubsetIndex, read_index
from sprm.errors import ResultsError


@dataclass(frozen=True, eq=False)
class Part:
    """A run that is merged with others.

    Attributes:
        folder: the run folder.
        protocol: what it was asked for.
        manifest: what it was done with; None where that cannot be read.
        index: its subsets; None where it has none that can be read.
        stated: what it was held against.
        records: its results that are intact, by trial.
        unreadable: a line for each file that is not as it was written.
    """

    folder: Path
    protocol: Protocol
    manifest: Manifest | None
    index: SubsetIndex | None
    stated: Preregistration
    records: dict[TrialKey, TrialRecord]
    unreadable: tuple[str, ...]

    @property
    def name(self) -> str:
        """Name of its folder, also where that was given as `.`."""
        return self.folder.resolve().name

    @property
    def ledger(self) -> Ledger:
        """Its trials."""
        return Ledger(self.folder)

    @property
    def corpus(self) -> str | None:
        """Fingerprint of its corpus, by its manifest or else by most of its results; None without any."""
        return self.manifest.corpus_fingerprint if self.manifest else self._of_most("corpus")

    @property
    def package(self) -> str | None:
        """Version of the package that it was run with, by its manifest or else by most of its results."""
        return self.manifest.provenance.package if self.manifest else self._of_most("package")

    def _of_most(self, name: str) -> str | None:
        values = Counter(str(record.inputs.get(name)) for record in self.records.values())
        return values.most_common(1)[0][0] if values else None


def read_part(folder: Path) -> Part:
    """Read a run that is to be merged; a result that is not as it was written is named and left out.

    Raises:
        ProtocolError: its protocol cannot be read.
        ResultsError: the folder is not a run's, or what it was held against cannot be read.
    """
    if not (folder / "protocol.yaml").is_file() or not (folder / "trials").is_dir():
        raise ResultsError(f"{folder}: not a run folder with results; expected a protocol.yaml and trials")
    ledger, unreadable = Ledger(folder), []
    found = {ledger.trial_folder(record.key): record for record in ledger.records()}
    records = {}
    for path in sorted(folder.glob("trials/*/*/*/record.json")):
        record = found.get(path.parent)
        if record is None:
            unreadable.append(f"{path.parent}: {_flaw(ledger, path.parent)}")
        elif (damaged := ledger.damaged(record)) is not None:
            unreadable.append(f"{path.parent}: {damaged.name} is missing or was changed")
        else:
            records[record.key] = record
    manifest: Manifest | None = None
    index: SubsetIndex | None = None
    try:
        manifest = read_manifest(folder)
    except ResultsError:
        unreadable.append(f"{folder / 'manifest.json'}: cannot be read")
    try:
        index = read_index(folder)
    except ResultsError:
        unreadable.append(f"{folder / 'subsets' / 'index.json'}: cannot be read")
    if manifest is not None and (flaw := flaw_of_test_split(folder)) is not None:
        unreadable.append(f"{folder / flaw}")
    protocol = load(folder / "protocol.yaml").protocol
    return Part(folder, protocol, manifest, index, read_preregistration(folder), records, tuple(unreadable))


def _flaw(ledger: Ledger, folder: Path) -> str:
    """Say why what lies in a trial's folder is no record of its own."""
    system, fraction, seed = folder.parts[-3:]
    key = TrialKey(system, fraction, int(seed)) if seed.isdecimal() else None
    flaw = None if key is None or ledger.trial_folder(key) != folder else ledger.flaw(key)
    return flaw or "no folder of a trial"
