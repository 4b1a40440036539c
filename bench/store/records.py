"""What the files of a trial hold."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from pydantic import Field, model_validator

from bench.store.inputs import fingerprint
from bench.store.provenance import Provenance
from bench.store.stored_model import Record, Stored
from sprm.evaluation.metric import DEFAULT_METRICS
from sprm.settings import Device

TEXT_COLUMNS = ("image_id", "sentence_id", "phrase", "category")
UNTRAINED = "0"
"""Fraction label of a system that is not trained."""
_SEALED = re.compile(rb'(.*),\n "checksum": "([0-9a-f]{64})"\n}\n', re.DOTALL)
"""A record on disk with its checksum, the sha256 of all that stands before it."""


@dataclass(frozen=True, order=True)
class TrialKey:
    """One cell of a run.

    Attributes:
        system: its name in the protocol.
        fraction: label of the training subset: `0.05`, `16-images`, or `0` for an untrained system.
        seed: number of the training from 0, see `bench.protocol.seeds.SeedDesign`; 0 for an untrained system.
    """

    system: str
    fraction: str
    seed: int

    def __str__(self) -> str:
        return f"{self.system} {self.fraction} seed {self.seed}"


class Candidate(Record):
    """Values that a trial was tried with, and what came of them on the validation split."""

    values: dict[str, Any]
    """Settings and training values, by name."""
    val_accuracy: float = Field(ge=0, le=1)
    """Of the epoch that was selected."""
    epoch: int = Field(ge=0)
    """The epoch that was selected."""
    steps: int = Field(ge=1)
    """Optimiser steps taken."""
    chosen: bool
    """Whether the trial answered as this one."""


class TrialRecord(Stored):
    """What a trial was and what came of it."""

    system: str
    kind: str
    fraction: str
    seed: int
    fingerprint: str
    """sha256 of everything that the outcome depends on, which is `inputs`."""
    inputs: dict[str, Any]
    """What the fingerprint was computed from."""
    images: int = Field(ge=0)
    """Training images used; 0 when nothing was trained."""
    sentences: int = Field(ge=0)
    """Training sentences used."""
    phrases: int = Field(ge=1)
    """Test phrases answered, which is the number of items."""
    accuracy: float = Field(ge=0, le=1)
    """Share of test phrases whose box meets the target with an IoU of at least 0.5."""
    phrases_sha256: str = Field(pattern="^(|[0-9a-f]{64})$")
    """Of the phrases, which all trials of a run share."""
    items_sha256: str
    """Of what became of them."""
    metrics: tuple[str, ...] = DEFAULT_METRICS
    """Names of the metrics that the items hold; a record of an earlier version does not say, and has these."""
    weights_sha256: str | None = Field(None, pattern="^[0-9a-f]{64}$")
    """Of the selected epoch's weights, beside the record; None where they were not kept."""
    history: tuple[dict[str, float | int | None], ...]
    """One entry for each epoch, as `EpochRecord` names them."""
    selected_epoch: int | None
    """The epoch whose weights were kept; None when nothing was trained."""
    selection_boxes: int | None = Field(None, ge=0)
    """Validation phrases whose annotated boxes decided between the epochs, the same ones after each epoch of `history`,
    and of every candidate's training where several were tried.
    0 where the last epoch or the loss decided: the accuracy in `history` is then measured, but decides nothing. None
    when nothing was trained, and in records of earlier versions."""
    parameters: int | None = Field(None, ge=0)
    """Numbers that were trained, without the word vectors, which depend on the corpus' vocabulary; None as above."""
    steps: int = Field(ge=0)
    """Optimiser steps taken; of the chosen candidate, where several were tried."""
    candidates: tuple[Candidate, ...] | None = None
    """The values that the trial was tried with; None where nothing was tuned."""
    sentences_seen: int = Field(ge=0)
    """Sentences trained on, counted each time that one is; 0 when the training is part of another trial."""
    seconds_steps: float
    """Time in optimiser steps; 0 when they are part of another trial."""
    seconds_selection: float
    """Time on the validation split, to compare epochs."""
    seconds_evaluation: float
    """Time to answer and judge the test split."""
    seconds: float
    """Wall-clock time of the whole trial, without a training that is part of another one."""
    peak_memory_mb: float
    """Most memory of the worker so far, in MiB, its libraries included and what it maps from files not."""
    threads: int
    """CPU threads of the trial."""
    device: Device
    """What it computed on."""
    cpu_seconds: float | None = Field(None, ge=0)
    """Time that all threads of the worker computed for the trial; None where it is counted in the trial whose training
    this one shares, and in records of earlier versions."""
    generators: dict[str, int] | None = None
    """The 64-bit seed of each random generator that subset, training and choice of an epoch drew from, by its names;
    see `sprm.seeding`. None in records of earlier versions."""
    provenance: Provenance
    finished_at: datetime

    @model_validator(mode="after")
    def _made_from_its_inputs(self) -> TrialRecord:
        if self.fingerprint != fingerprint(self.inputs):
            raise ValueError("the fingerprint is not that of the inputs")
        return self

    @property
    def key(self) -> TrialKey:
        """The cell of the run that this record fills."""
        return TrialKey(self.system, self.fraction, self.seed)

    def to_json(self) -> bytes:
        """Return the record as it is written to disk, with a checksum by which an edited one is recognised."""
        content = super().to_json().removesuffix(b"\n}\n")
        return b'%s,\n "checksum": "%s"\n}\n' % (content, hashlib.sha256(content).hexdigest().encode())

    @classmethod
    def from_json(cls, content: bytes) -> Self:
        """Read a record; one of an earlier version has no checksum, and is believed.

        Raises:
            ValueError: it is no record, or was changed since it was written.
        """
        if (sealed := _SEALED.fullmatch(content)) is None:
            return super().from_json(content)
        if hashlib.sha256(sealed[1]).hexdigest().encode() != sealed[2]:
            raise ValueError("it was changed since it was written")
        return super().from_json(sealed[1] + b"\n}\n")


class Running(Record):
    """How far the training of a trial is that is at work."""

    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float | None
    """None where it is no finite number."""
    sentences_per_second: float
    seconds: float
    """What it took so far, without the time between two attempts."""
    seconds_left: float


class Failure(Stored):
    """Why a trial's last attempt ended without a result."""

    system: str
    fraction: str
    seed: int
    fingerprint: str
    problem: str
    """One line for a person."""
    traceback: str

    @property
    def key(self) -> TrialKey:
        """The cell of the run that stayed empty."""
        return TrialKey(self.system, self.fraction, self.seed)
