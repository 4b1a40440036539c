"""What a run may be asked for that changes no result."""

from __future__ import annotations

from dataclasses import dataclass

CHECKPOINT_MINUTES = 10.0


@dataclass(frozen=True)
class TrialOptions:
    """How trials are run, whatever they compute.

    Attributes:
        checkpoint_minutes: how long a training goes on without a checkpoint, above 0.
        keep_weights: whether the weights of the selected epoch are kept beside each record.
        record_host: whether records tell the names of the machines.
    """

    checkpoint_minutes: float = CHECKPOINT_MINUTES
    keep_weights: bool = False
    record_host: bool = False
