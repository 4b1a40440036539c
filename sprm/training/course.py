"""The course of a training: epoch after epoch, told of, written to checkpoints and taken up again."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sprm.training.checkpoint import Checkpoint, Checkpoints, Position, Selected, Unusable, require
from sprm.training.history import EpochRecord
from sprm.training.learner import Learner
from sprm.training.progress import Report, TrainingProgress
from sprm.training.selection import Selector


@dataclass(frozen=True)
class Training:
    """What training did, and the epoch that one validation selected."""

    history: list[EpochRecord]
    selected_epoch: int
    weights: dict[str, Tensor]
    """State of the trained module after that epoch."""
    sentences: int
    """Sentences seen, each time that one is."""
    seconds_steps: float
    """Time in optimiser steps."""
    seconds_selection: float
    """Time on the validation split, to compare epochs."""
    selection_boxes: int | None = None
    """Phrases by whose annotated boxes epochs are compared, the same after each; 0 where something else decides, and
    None where that is not known."""
    parameters: int | None = None
    """Numbers that are trained, tables of word vectors apart; None where that is not known."""


class Course:
    """A training from its start, or from where an earlier attempt was stopped.

    Args:
        learner: before its first step.
        selectors: before their first look.
        length: steps of an epoch.
        epochs: how many epochs there are.
        starts: whether the state before the first step is looked at, as epoch 0.
        report: is called every few steps with how far it is.
        checkpoints: where it goes on from, and writes what it needs for that; None to start anew and keep nothing.
    """

    def __init__(
        self,
        learner: Learner,
        selectors: Sequence[Selector],
        *,
        length: int,
        epochs: int,
        starts: bool,
        report: Report,
        checkpoints: Checkpoints | None,
    ) -> None:
        self._learner, self._selectors = learner, selectors
        self._length, self._epochs, self._first = length, epochs, 0 if starts else 1
        self._report, self._checkpoints = report, checkpoints
        self._begun, self._cpu_begun, self._seconds_steps = time.perf_counter(), time.process_time(), 0.0
        self._losses: list[Tensor] = []
        self.epoch = 1
        """The epoch at work."""

    @property
    def step(self) -> int:
        """Optimiser steps taken."""
        return (self.epoch - 1) * self._length + len(self._losses)

    def rest_of_epoch(self, batches: Iterator[NDArray[np.int64]]) -> float:
        """Take the steps that are left of the epoch and return the mean loss of all of its steps."""
        started, before = time.perf_counter(), self._seconds_steps

        def stretch_ended(losses: list[Tensor]) -> None:
            self._losses += losses
            self._seconds_steps = before + time.perf_counter() - started
            self._tell(torch.stack(losses).mean().item())
            # At its end an epoch has to be compared first.
            if len(self._losses) < self._length:
                self._keep()

        self._learner.steps(islice(batches, self._length - len(self._losses)), stretch_ended)
        loss = torch.stack(self._losses).mean().item()
        self._seconds_steps = before + time.perf_counter() - started
        return loss

    def begin(self, trained: torch.nn.Module) -> None:
        """Have every selector look at the state before the first step, where that is a choice and nobody has."""
        for selector in self._selectors:
            if self._first == 0 and not selector.history:
                selector.look(EpochRecord(epoch=0, steps=0, loss=None), trained)

    def look(self, loss: float, trained: torch.nn.Module) -> None:
        """Have every selector look at the epoch that has ended, and begin the next one."""
        for selector in self._selectors:
            selector.look(EpochRecord(epoch=self.epoch, steps=self.step, loss=loss), trained)
        self.epoch, self._losses = self.epoch + 1, []
        self._keep(ended=self.epoch > self._epochs)

    def trainings(self) -> list[Training]:
        """Return what each selector selected."""
        return [
            Training(
                history=each.history,
                selected_epoch=each.epoch,
                weights=each.weights,
                sentences=self._learner.sentences,
                seconds_steps=self._seconds_steps,
                seconds_selection=each.seconds,
                selection_boxes=each.boxes,
                parameters=self._learner.parameters,
            )
            for each in self._selectors
        ]

    def go_on(self) -> None:
        """Go on from the checkpoint that there is; one that does not fit is set aside, and nothing changes."""
        found = None if self._checkpoints is None else self._checkpoints.read()
        if self._checkpoints is None or found is None:
            return
        position = found.position
        try:
            self._take_over(position, found.tensors)
        except Unusable as error:
            self._checkpoints.set_aside(str(error))
            return
        self._begun -= position.seconds
        self._cpu_begun -= position.cpu_seconds
        self._seconds_steps = position.seconds_steps
        self._checkpoints.went_on(position, self._epochs * self._length)

    def _take_over(self, position: Position, tensors: Mapping[str, Tensor]) -> None:
        done, of_this_epoch = divmod(position.step, self._length)
        if done > self._epochs or (done == self._epochs and of_this_epoch):
            raise Unusable(f"is at step {position.step}, and the training has {self._epochs * self._length}")
        losses, looks = torch.zeros(of_this_epoch), range(self._first, done + 1)
        require(tensors, {"losses": losses})
        if len(position.selected) != len(self._selectors):
            raise Unusable(f"has selected {len(position.selected)} times, and not {len(self._selectors)} times")
        for selected in position.selected:
            steps = [(epoch.epoch, epoch.steps) for epoch in selected.history]
            if steps != [(number, number * self._length) for number in looks]:
                raise Unusable(f"has another history than {done} epochs of {self._length} steps")
        trained = self._learner.weights
        if looks:
            for place in range(len(self._selectors)):
                require(tensors, {_selected(place, name): weight for name, weight in trained.items()})
        self._learner.go_on(tensors, position.step, position.sentences)
        device = next(iter(trained.values())).device
        for place, (selector, selected) in enumerate(zip(self._selectors, position.selected, strict=True)):
            weights = {name: tensors[_selected(place, name)].to(device, copy=True) for name in trained} if looks else {}
            selector.go_on(selected, weights)
        self.epoch = 1 + done
        self._losses = list(tensors["losses"].to(device))

    def _keep(self, *, ended: bool = False) -> None:
        """Write a checkpoint when one is due."""
        if self._checkpoints is None or not (self._checkpoints.is_due or (ended and self._checkpoints.keeps_end)):
            return
        position = Position(
            step=self.step,
            sentences=self._learner.sentences,
            seconds=time.perf_counter() - self._begun,
            seconds_steps=self._seconds_steps,
            cpu_seconds=time.process_time() - self._cpu_begun,
            selected=tuple(Selected(history=tuple(each.history), seconds=each.seconds) for each in self._selectors),
        )
        losses = torch.stack(self._losses) if self._losses else torch.zeros(0)
        tensors = {"losses": losses, **self._learner.tensors}
        for place, each in enumerate(self._selectors):
            tensors |= {_selected(place, name): weight for name, weight in each.weights.items()}
        self._checkpoints.write(Checkpoint(position, tensors))

    def _tell(self, loss: float) -> None:
        seconds = time.perf_counter() - self._begun
        steps = self._epochs * self._length
        self._report(
            TrainingProgress(
                epoch=self.epoch,
                epochs=self._epochs,
                step=self.step,
                steps=steps,
                loss=loss,
                sentences_per_second=self._learner.sentences / seconds,
                seconds=seconds,
                seconds_left=seconds / self.step * (steps - self.step),
            )
        )


def _selected(place: int, name: str) -> str:
    return f"selected.{place}.{name}"
