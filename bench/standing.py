"""How far a run is, from its folder alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bench.ledger import Ledger, TrialKey, TrialRecord
from bench.protocol import Protocol

UNTRAINED = "0"
"""Fraction label of a system that is not trained."""


class State(StrEnum):
    """Whether a trial still has to run."""

    done = "done"
    """Its result is on disk and is the one that the protocol asks for."""
    stale = "stale"
    """There is a result, but of other settings, or it was damaged."""
    missing = "missing"
    """It has not run."""
    failed = "failed"
    """Its last attempt failed."""


@dataclass(frozen=True)
class Standing:
    """A trial's state.

    Attributes:
        key: the trial.
        state: whether it still has to run.
        why: what is wrong or missing, in a few words; empty when it is done.
        record: its record, when there is one that can be read.
    """

    key: TrialKey
    state: State
    why: str = ""
    record: TrialRecord | None = None


def keys_of(protocol: Protocol) -> list[TrialKey]:
    """Return a protocol's trials: a trained system has one for each portion and seed, any other has one."""
    return [
        TrialKey(system, label, seed)
        for system in protocol.systems
        for label in ([UNTRAINED] if protocol.training_of(system) is None else protocol.portions)
        for seed in range(1 if label == UNTRAINED else protocol.seeds)
    ]


def standings(protocol: Protocol, ledger: Ledger) -> list[Standing]:
    """Return the state of each of a protocol's trials, taking the run's settings to be the protocol's."""
    return [standing(ledger, key) for key in keys_of(protocol)]


def standing(ledger: Ledger, key: TrialKey, fingerprint: str | None = None) -> Standing:
    """Return a trial's state.

    Args:
        ledger: the run's.
        key: the trial.
        fingerprint: what the result must have been made from; None for what was last tried.
    """
    record, failure = ledger.record(key), ledger.failure(key)
    if fingerprint is None and failure is not None:
        # A finished trial forgets its failure, so one that is there was tried after the record was written.
        fingerprint = failure.fingerprint
    if record is not None and fingerprint in (None, record.fingerprint):
        if ledger.is_intact(record):
            return Standing(key, State.done, record=record)
        return Standing(key, State.stale, "items.parquet is missing or was changed", record)
    if failure is not None and fingerprint in (None, failure.fingerprint):
        return Standing(key, State.failed, failure.problem, record)
    if record is not None:
        return Standing(key, State.stale, "made with other settings", record)
    if (ledger.trial_folder(key) / "record.json").exists():
        return Standing(key, State.stale, "record.json cannot be read")
    return Standing(key, State.missing, "has not run")
