"""How far a run is, from its folder alone: each record is held against what the protocol asks for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from bench.protocol.schema import Protocol
from bench.store.inputs import differing, fingerprint, system_inputs, trial_inputs
from bench.store.ledger import Ledger
from bench.store.manifest import read_manifest
from bench.store.merged import Merged
from bench.store.records import UNTRAINED, TrialKey, TrialRecord
from bench.store.set_aside import exists
from bench.subsets.draw import read_index
from sprm.errors import ResultsError
from sprm.files.leases import holder_of

_HASHES = ("corpus", "subset", "system.code")
"""Inputs whose values say nothing to a person."""
_METRIC = "metrics."
"""What the names of those inputs begin with that are hashes of a metric's code."""


NO_TRIAL = "the protocol has no such trial"
"""Why a record counts for nothing."""


class TrialStatus(StrEnum):
    """Whether a trial still has to run."""

    done = "done"
    """Its result is on disk and is the one that the protocol asks for."""
    stale = "stale"
    """There is a result, but of other settings, or it was damaged."""
    missing = "missing"
    """It has not run."""
    failed = "failed"
    """Its last attempt failed."""
    running = "running elsewhere"
    """A process has it at work, of this run or of another one on the same folder."""
    not_needed = "not needed"
    """It has not run, and the run stopped before it, as its plan had decided every claim."""

    @property
    def is_settled(self) -> bool:
        """Whether nothing has to run."""
        return self in (TrialStatus.done, TrialStatus.not_needed)


def shown_statuses(statuses: Collection[TrialStatus]) -> list[TrialStatus]:
    """Return the statuses that a count names: all, but those of plans and of trials at work only where they occur."""
    rare = TrialStatus.running, TrialStatus.not_needed
    return [each for each in TrialStatus if each not in rare or each in statuses]


@dataclass(frozen=True)
class TrialProgress:
    """How far a trial is.

    Attributes:
        key: the trial.
        status: whether it still has to run.
        why: what is wrong or missing, in a few words; empty when it is done.
        record: its record, when there is one that can be read.
    """

    key: TrialKey
    status: TrialStatus
    why: str = ""
    record: TrialRecord | None = None


def keys_of(protocol: Protocol) -> list[TrialKey]:
    """Return a protocol's trials: a trained system has one for each fraction and training, any other has one.

    A system that answers with random initial weights has one for each independent training.
    """
    return [
        TrialKey(system, label, seed)
        for system in protocol.systems
        for label in ([UNTRAINED] if protocol.training_of(system) is None else protocol.fraction_labels)
        for seed in _seeds(protocol, system)
    ]


def _seeds(protocol: Protocol, system: str) -> Sequence[int]:
    if system in protocol.trained:
        return range(protocol.trainings)
    return protocol.design.independent if system in protocol.seeded else (0,)


def run_progress(protocol: Protocol, ledger: Ledger) -> list[TrialProgress]:
    """Return how far each of a protocol's trials is, as far as the run's folder tells.

    Without a manifest the corpus and the package are those of most records; without an index of subsets any will do.
    """
    corpus, package, merged, subsets, unknown = None, None, None, {}, set()
    try:
        manifest = read_manifest(ledger.folder)
        corpus, package, merged = manifest.corpus_fingerprint, manifest.provenance.package, manifest.merged
    except ResultsError:
        corpus, package = _of_most(ledger)
    try:
        subsets = {(record.seed, record.fraction): record.sha256 for record in read_index(ledger.folder).subsets}
    except ResultsError:
        unknown.add("subset")
    inputs_of = {name: system_inputs(protocol, name) for name in protocol.systems}
    design = protocol.design
    return [
        trial_progress(
            ledger,
            key,
            trial_inputs(
                protocol,
                key.system,
                key.seed,
                corpus=corpus or "",
                subset=subsets.get((design.subset_of(key.seed), key.fraction)),
                package=package,
                of_system=inputs_of[key.system],
            ),
            protocol.metric_columns,
            unknown | _allowed(merged, ledger, key),
        )
        for key in keys_of(protocol)
    ]


def _allowed(merged: Merged | None, ledger: Ledger, key: TrialKey) -> set[str]:
    """Return the inputs in which a merged run's result may differ, because that was asked for."""
    if merged is None or not (merged.corpora or merged.packages) or (record := ledger.record(key)) is None:
        return set()
    of_corpus = {"corpus", "subset"} if record.inputs.get("corpus") in merged.corpora else set()
    return of_corpus | ({"package"} if record.inputs.get("package") in merged.packages else set())


def trial_progress(
    ledger: Ledger,
    key: TrialKey,
    inputs: Mapping[str, Any],
    metrics: Collection[str],
    unknown: Collection[str] = frozenset(),
) -> TrialProgress:
    """Return how far a trial is.

    Args:
        ledger: the run's.
        key: the trial.
        inputs: what the result must have been made from.
        metrics: names of the metrics that its items must hold.
        unknown: names of those inputs that any value will do for.
    """
    if not exists(ledger.trial_folder(key)):
        return TrialProgress(key, TrialStatus.missing, "has not run")
    record = ledger.record(key)
    why = flaw(ledger, key, record, inputs, metrics, unknown)
    if record is not None and why is None:
        return TrialProgress(key, TrialStatus.done, record=record)
    failure = ledger.failure(key)
    if failure is not None and (unknown or failure.fingerprint == fingerprint(inputs)):
        return TrialProgress(key, TrialStatus.failed, failure.problem, record)
    if why is not None:
        return TrialProgress(key, TrialStatus.stale, why, record)
    return TrialProgress(key, TrialStatus.missing, "has not run")


def with_running(progress: Sequence[TrialProgress], ledger: Ledger) -> list[TrialProgress]:
    """Mark the trials that a process has at work, with the name of its machine and since when."""
    return [each if each.status.is_settled else _or_running(each, ledger) for each in progress]


def _or_running(progress: TrialProgress, ledger: Ledger) -> TrialProgress:
    holder = holder_of(ledger.trial_folder(progress.key))
    return progress if holder is None else replace(progress, status=TrialStatus.running, why=str(holder))


def flaw(
    ledger: Ledger,
    key: TrialKey,
    record: TrialRecord | None,
    inputs: Mapping[str, Any],
    metrics: Collection[str],
    unknown: Collection[str] = frozenset(),
) -> str | None:
    """Say why what lies in a trial's place is not what is asked for; None when it is, or when there is nothing.

    Args:
        ledger: the run's.
        key: the trial.
        record: the trial's in the ledger.
        inputs: what the result must have been made from.
        metrics: names of the metrics that its items must hold.
        unknown: names of those inputs that any value will do for.
    """
    if record is None:
        return ledger.flaw(key)
    if wrong := [name for name in differing(record.inputs, inputs) if name not in unknown]:
        return f"made with another {told(wrong, record.inputs, inputs)}"
    if lacking := [name for name in metrics if name not in record.metrics]:
        return f"its items lack {', '.join(lacking)}"
    damaged = ledger.damaged(record)
    return None if damaged is None else f"{damaged.name} is missing or was changed"


def told(names: Collection[str], then: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """Name inputs that differ, with both values where they say something: `seed (1, not 0)`."""
    return ", ".join(_told(name, then, now) for name in names)


def _told(name: str, then: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    if name.startswith(_METRIC) and _value(now, name) == "none":
        return f"{name} (which is from elsewhere and not loaded; see --plugin)"
    if name in _HASHES or name.startswith(_METRIC):
        return name
    return f"{name} ({_value(then, name)}, not {_value(now, name)})"


def strays(protocol: Protocol, ledger: Ledger) -> list[Path]:
    """Return the folders of records that are no trial of a protocol's; nothing counts them."""
    asked = {ledger.trial_folder(key) for key in keys_of(protocol)}
    there = [path.parent for path in sorted(ledger.folder.glob("trials/*/*/*/record.json"))]
    return [folder for folder in there if folder not in asked]


def _of_most(ledger: Ledger) -> tuple[str | None, str | None]:
    """Return the corpus and the package that most records of a run were made with; the others are another run's."""
    made = (map(record.inputs.get, ("corpus", "package")) for record in ledger.records())
    counts = Counter((str(corpus), str(package)) for corpus, package in made)
    return max(counts, key=lambda both: (counts[both], both), default=(None, None))


def _value(inputs: Mapping[str, Any], name: str) -> Any:
    value: Any = inputs
    for step in name.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return "none" if value is None else str(value).lower() if isinstance(value, bool) else value
