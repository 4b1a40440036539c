"""How far a training is, for whoever waits for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class TrainingProgress:
    """How far a training is.

    Attributes:
        epoch: the one at work, from 1.
        epochs: all of them.
        step: optimiser steps taken.
        steps: those of all epochs.
        loss: mean training loss of the last few steps.
        sentences_per_second: sentences trained on, by the time since the start, looks at the validation split included.
        seconds: time since the start, without that between two attempts.
        seconds_left: time that the steps left will take at that rate.
    """

    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float
    sentences_per_second: float
    seconds: float
    seconds_left: float


Report: TypeAlias = Callable[[TrainingProgress], None]


def unreported(progress: TrainingProgress) -> None:
    """Leave it at that: nobody waits."""
