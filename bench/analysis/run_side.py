"""One of two runs that are compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from bench.analysis.evidence import Evidence, read_evidence
from bench.protocol.load import LoadedProtocol, load
from bench.protocol.schema import Protocol
from bench.store.ledger import Ledger
from bench.store.manifest import Manifest, read_manifest
from bench.store.records import TrialKey, TrialRecord
from bench.trials.status import TrialProgress, TrialStatus, run_progress
from sprm.errors import ResultsError


@dataclass(frozen=True, eq=False)
class Side:
    """A run, as far as it is complete.

    Attributes:
        folder: the run folder.
        protocol: what it was asked for.
        settings: the same as plain values, every default in place; relative paths as they were written down, of
            absolute ones the last name.
        manifest: what it was done with; None where that cannot be read.
        progress: of every trial of the protocol.
        evidence: the outcomes; None where no trial is complete.
    """

    folder: Path
    protocol: Protocol
    settings: Mapping[str, Any]
    manifest: Manifest | None
    progress: tuple[TrialProgress, ...]
    evidence: Evidence | None

    @property
    def name(self) -> str:
        """Name of its folder, also where that was given as `.`."""
        return self.folder.resolve().name

    @cached_property
    def records(self) -> dict[TrialKey, TrialRecord]:
        """The records of the trials that are complete."""
        return {
            trial.key: trial.record
            for trial in self.progress
            if trial.status is TrialStatus.done and trial.record is not None
        }

    @cached_property
    def by_key(self) -> dict[TrialKey, TrialProgress]:
        """How far each trial of the protocol is."""
        return {trial.key: trial for trial in self.progress}


def read_side(run: Path) -> Side:
    """Read a run that is compared with another.

    Raises:
        ProtocolError: its protocol cannot be read.
        ResultsError: its subsets or the outcomes of a complete trial cannot be read.
    """
    loaded, ledger = load(run / "protocol.yaml"), Ledger(run)
    protocol = loaded.protocol
    progress = tuple(run_progress(protocol, ledger))
    done = any(trial.status is TrialStatus.done for trial in progress)
    try:
        manifest = read_manifest(run)
    except ResultsError:
        manifest = None
    return Side(run, protocol, _settings(loaded), manifest, progress, read_evidence(run) if done else None)


def _settings(loaded: LoadedProtocol) -> dict[str, Any]:
    settings = loaded.protocol.model_dump(mode="json", exclude_none=True)
    # Loading makes relative paths those of this machine.
    written = cast(dict[str, Any], loaded.document.value).get("corpus", {})
    return {**settings, "corpus": _without_places({**settings["corpus"], **written})}


def _without_places(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Leave of each absolute path its last name: where a machine keeps its files changes nothing, and is its own."""
    return {name: _without_place(value) for name, value in settings.items()}


def _without_place(value: Any) -> Any:
    if isinstance(value, Mapping):
        return _without_places(value)
    return f".../{Path(value).name}" if isinstance(value, str) and Path(value).is_absolute() else value
