"""Weights that are kept beside a trial's record: whoever wants them needs the record's hash of them, too."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from bench.store.records import TrialRecord
from sprm.errors import ResultsError
from sprm.files.atomic_file import write_atomically
from sprm.files.regular import content_of

if TYPE_CHECKING:
    from sprm.model.trained_weights import TrainedWeights

WEIGHTS = "weights.safetensors"
"""Name of the file, in a trial's folder."""


def has_weights(record: TrialRecord, folder: Path) -> bool:
    """Tell whether a trial's weights were kept and are still there; they are not read."""
    return record.weights_sha256 is not None and (folder / WEIGHTS).is_file()


def store_weights(folder: Path, content: bytes | None) -> str | None:
    """Write a trial's weights, or remove those of an earlier attempt; return their hash for the record."""
    if content is None:
        (folder / WEIGHTS).unlink(missing_ok=True)
        return None
    write_atomically(folder / WEIGHTS, content)
    return hashlib.sha256(content).hexdigest()


def intact_weights(record: TrialRecord, folder: Path) -> bytes | None:
    """Return the file of a trial's weights as it was written; None where none was kept, or it is not so any more."""
    if record.weights_sha256 is None:
        return None
    try:
        content = content_of(folder / WEIGHTS)
    except OSError:
        return None
    return content if hashlib.sha256(content).hexdigest() == record.weights_sha256 else None


def read_weights(record: TrialRecord, folder: Path) -> TrainedWeights:
    """Read the weights of a trial.

    Raises:
        ResultsError: none were kept, or the file is missing or not as it was written.
    """
    from sprm.model.trained_weights import TrainedWeights

    if record.weights_sha256 is None:
        raise ResultsError(f"{record.key}: its weights were not kept; `run --keep-weights` trains it again and does so")
    path = folder / WEIGHTS
    content = intact_weights(record, folder)
    if content is None:
        problem = "missing" if not path.exists() else "not as it was written"
        raise ResultsError(f"{path}: {problem}; without it, `run --keep-weights` trains this trial again")
    try:
        return TrainedWeights.from_bytes(content, record.fingerprint)
    except ValueError as error:
        raise ResultsError(f"{path}: {error}") from error
