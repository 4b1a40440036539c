"""Whether the results of two trials are the same, whichever library wrote their files."""

from __future__ import annotations

from bench.store.ledger import Ledger
from bench.store.records import TEXT_COLUMNS, TrialRecord


def same_items(ledger: Ledger, record: TrialRecord, others: Ledger, other: TrialRecord) -> bool:
    """Tell whether two trials gave the same answers to the same phrases, in the same order: boxes, scores and all.

    Args:
        ledger: of the first trial's run.
        record: of the first trial.
        others: of the second trial's run.
        other: of the second trial.

    Raises:
        ResultsError: their items cannot be read, or were changed.
    """
    if (record.phrases_sha256, record.items_sha256) == (other.phrases_sha256, other.items_sha256):
        return True
    # The bytes of a file depend on the library that wrote it, and an earlier version judged by fewer metrics.
    ours, theirs = ledger.items(record.key), others.items(other.key)
    both = [column for column in ours if column in theirs]
    return bool(ours[both].equals(theirs[both]))


def same_phrases(ledger: Ledger, record: TrialRecord, others: Ledger, other: TrialRecord) -> bool:
    """Tell whether two trials were asked the same phrases, in the same order; otherwise as `same_items`."""
    if record.phrases_sha256 == other.phrases_sha256:
        return True
    columns = list(TEXT_COLUMNS)
    return bool(ledger.items(record.key)[columns].equals(others.items(other.key)[columns]))
