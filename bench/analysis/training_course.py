"""How the trainings of a run went: loss and validation by epoch, of each trained system at each amount of data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from bench.analysis.fraction import Fraction
from bench.store.records import TrialRecord
from sprm.training.history import EpochRecord


@dataclass(frozen=True, eq=False)
class TrainingCourse:
    """The trainings of one system on one amount of data, seed by seed. What was not measured is NaN.

    Attributes:
        system: its name in the protocol.
        fraction: the amount of data.
        epochs: (epochs,) from 1, or from 0 where the state before the first step is a choice.
        seeds: (seeds,) of the trials that are complete, ascending.
        selected: (seeds,) the epoch whose weights were kept.
        steps: (seeds, epochs) optimiser steps so far.
        loss: (seeds, epochs) mean training loss of the epoch's batches, in the system's own unit.
        val_accuracy: (seeds, epochs) on the validation split, in [0, 1].
        val_loss: (seeds, epochs) on the validation split.
    """

    system: str
    fraction: Fraction
    epochs: NDArray[np.int64]
    seeds: tuple[int, ...]
    selected: tuple[int, ...]
    steps: NDArray[np.float64]
    loss: NDArray[np.float64]
    val_accuracy: NDArray[np.float64]
    val_loss: NDArray[np.float64]

    @property
    def first(self) -> int:
        """Place of the first epoch that has steps."""
        return int(np.flatnonzero(self.epochs)[0])

    def at_selected(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Take from values (seeds, epochs) those of the epochs that were kept, (seeds,)."""
        kept: NDArray[np.float64] = values[np.arange(len(self.seeds)), np.array(self.selected) - self.epochs[0]]
        return kept


def training_courses(records: Iterable[TrialRecord], fractions: Mapping[str, Fraction]) -> tuple[TrainingCourse, ...]:
    """Follow the trainings behind records, by system in the order of the records and by amount, ascending.

    Args:
        records: of trials that are complete; those without a training are passed over.
        fractions: the amounts of data by label.
    """
    trained = [record for record in records if record.history and record.selected_epoch is not None]
    order = list(dict.fromkeys(record.system for record in trained))
    trained.sort(key=lambda record: (order.index(record.system), fractions[record.fraction].images, record.seed))
    cells = groupby(trained, key=lambda record: (record.system, record.fraction))
    return tuple(_course(system, fractions[label], list(own)) for (system, label), own in cells)


def _course(system: str, fraction: Fraction, records: list[TrialRecord]) -> TrainingCourse:
    histories = [[EpochRecord.model_validate(epoch) for epoch in record.history] for record in records]
    longest = max(histories, key=len)
    return TrainingCourse(
        system=system,
        fraction=fraction,
        epochs=np.array([epoch.epoch for epoch in longest]),
        seeds=tuple(record.seed for record in records),
        selected=tuple(record.selected_epoch for record in records if record.selected_epoch is not None),
        **{name: _by_epoch(histories, name) for name in ("steps", "loss", "val_accuracy", "val_loss")},
    )


def _by_epoch(histories: list[list[EpochRecord]], name: str) -> NDArray[np.float64]:
    """Return one value of every epoch, (seeds, epochs), NaN where a training was shorter or did not measure it."""
    values = np.full((len(histories), max(map(len, histories))), np.nan)
    for row, history in enumerate(histories):
        values[row, : len(history)] = [
            np.nan if (value := getattr(epoch, name)) is None else value for epoch in history
        ]
    return values
