"""Checkpoints: all that a training needs to go on from where it was stopped, on disk.

::

    checkpoint.json                    how far it was, which training it is, and the hash of
    checkpoint-<step>.safetensors      weights, the optimiser's state and losses
    candidate-<number>/                the same of each training, where one of several is chosen

The tensors are written first; the JSON, which makes them count, takes the place of the one before in an instant. So
whenever the process is killed there is a whole checkpoint, the new one or the one before. One that cannot be used, as
it is damaged or another training's, is set aside under a name of its own, and the training starts anew.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sprm.files.atomic_file import write_atomically
from sprm.training.history import EpochRecord

if TYPE_CHECKING:
    from torch import Tensor

FILE = "checkpoint.json"
_TENSORS = "checkpoint-*.safetensors"
_PARTS = "candidate-*"
"""Folders of the trainings that make up another."""
_ASIDE = range(1, 4)
"""Numbers of checkpoints that were set aside; beyond them, the last one makes room."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Selected(_Strict):
    """What one validation has seen of the epochs so far."""

    history: tuple[EpochRecord, ...]
    seconds: float = Field(ge=0, description="time of its looks")


class Position(_Strict):
    """How far a training is."""

    step: int = Field(ge=1, description="optimiser steps taken")
    sentences: int = Field(ge=1, description="sentences seen, each time that one is")
    seconds: float = Field(ge=0, description="time since it began, without that between two attempts")
    seconds_steps: float = Field(ge=0, description="time in optimiser steps")
    cpu_seconds: float = Field(ge=0, description="time that all threads computed since it began, likewise")
    selected: tuple[Selected, ...] = Field(description="by validation")


class _Stored(_Strict):
    schema_version: Literal[1] = 1
    fingerprint: str
    tensors_sha256: str
    position: Position
    sha256: str = Field("", description="of all the rest")

    @property
    def hash_of_rest(self) -> str:
        return hashlib.sha256(self.model_dump_json(exclude={"sha256"}).encode()).hexdigest()


@dataclass(frozen=True)
class Checkpoint:
    """A training that can go on.

    Attributes:
        position: how far it is.
        tensors: its state by name, on the CPU.
    """

    position: Position
    tensors: Mapping[str, Tensor]


class Unusable(Exception):
    """A checkpoint that no training can go on from; says why, as the end of a sentence about it."""


class Checkpoints:
    """The checkpoints of one training; at any time there is one, or none.

    Args:
        folder: where they lie; nothing else there has such names.
        fingerprint: stands for everything that the training's outcome depends on.
        seconds: from the start, or from one checkpoint to the next.
        clock: seconds from any fixed moment.
    """

    def __init__(
        self, folder: Path, fingerprint: str, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._folder = folder
        self._fingerprint = fingerprint
        self._seconds = seconds
        self._clock = clock
        self._since = clock()
        self.notes: list[str] = []
        """What a person should know, each as a sentence about the training."""
        self.seconds_before = 0.0
        """Time that the training took in earlier attempts, up to where this one goes on."""
        self.cpu_seconds_before = 0.0
        """Time that all threads computed in earlier attempts, likewise."""
        self.keeps_end = False
        """Whether one is written when the training has ended, as it is not all that has to be done."""

    @contextmanager
    def of_part(self, number: int) -> Iterator[Checkpoints]:
        """Yield the checkpoints of one of several trainings that make up this one, by its number from 0.

        They lie in a folder of their own, and the last one stays, so that no part that has ended is trained again.
        """
        folder = self._folder / _PARTS.replace("*", str(number))
        part = Checkpoints(folder, f"{self._fingerprint} {number}", self._seconds, self._clock)
        part.keeps_end = True
        try:
            yield part
        finally:
            self.notes += part.notes
            self.seconds_before += part.seconds_before
            self.cpu_seconds_before += part.cpu_seconds_before

    @property
    def is_due(self) -> bool:
        """Whether it is time to write one."""
        return self._clock() - self._since >= self._seconds

    def write(self, checkpoint: Checkpoint) -> None:
        """Write a checkpoint in the place of the one before; a disk that does not take it costs no more than that."""
        try:
            self._write(checkpoint)
        except OSError as error:
            note = f"a checkpoint could not be written ({error.strerror or error})"
            if note not in self.notes:
                self.notes.append(note)
        self._since = self._clock()

    def read(self) -> Checkpoint | None:
        """Return the checkpoint that there is; None without one, and where it had to be set aside."""
        try:
            return self._read()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except Unusable as error:
            self.set_aside(str(error))
            return None

    def went_on(self, position: Position, steps: int) -> None:
        """Note that the training goes on from a checkpoint, of so many steps in all."""
        self.seconds_before, self.cpu_seconds_before = position.seconds, position.cpu_seconds
        self.notes.append(f"went on from its checkpoint at step {position.step:,} of {steps:,}")

    def set_aside(self, why: str) -> None:
        """Give the checkpoint another name, as no training can go on from it."""
        number = next((n for n in _ASIDE if not (self._folder / _aside(n, ".json")).exists()), _ASIDE[-1])
        name = _aside(number, ".json")
        try:
            (self._folder / FILE).replace(self._folder / name)
            for path in self._folder.glob(_TENSORS):
                path.replace(self._folder / _aside(number, ".safetensors"))
            became = f"was set aside as {name}"
        except OSError as error:
            became = f"could not be set aside ({error.strerror})"
        self.notes.append(f"its checkpoint {why}; it {became}, and the training started from the beginning")

    def remove(self) -> None:
        """Remove the checkpoint, as its training has ended."""
        remove_checkpoint(self._folder)

    def _write(self, checkpoint: Checkpoint) -> None:
        from safetensors.torch import save

        self._folder.mkdir(parents=True, exist_ok=True)
        content = save({name: tensor.detach().cpu().contiguous() for name, tensor in checkpoint.tensors.items()})
        tensors = self._folder / _tensors(checkpoint.position)
        write_atomically(tensors, content)
        stored = _Stored(
            fingerprint=self._fingerprint,
            tensors_sha256=hashlib.sha256(content).hexdigest(),
            position=checkpoint.position,
        )
        stored = stored.model_copy(update={"sha256": stored.hash_of_rest})
        write_atomically(self._folder / FILE, (stored.model_dump_json(indent=1) + "\n").encode())
        for path in self._folder.glob(_TENSORS):
            if path != tensors:
                path.unlink(missing_ok=True)

    def _read(self) -> Checkpoint:
        from safetensors import SafetensorError
        from safetensors.torch import load

        try:
            stored = _Stored.model_validate_json((self._folder / FILE).read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            raise
        except (OSError, ValidationError) as error:
            raise Unusable("cannot be read") from error
        if stored.sha256 != stored.hash_of_rest:
            raise Unusable("is not as it was written")
        if stored.fingerprint != self._fingerprint:
            raise Unusable("is that of another training, or of other code")
        try:
            content = (self._folder / _tensors(stored.position)).read_bytes()
        except OSError as error:
            raise Unusable(f"lacks its tensors ({error.strerror})") from error
        if hashlib.sha256(content).hexdigest() != stored.tensors_sha256:
            raise Unusable("is not as it was written")
        try:
            return Checkpoint(stored.position, load(content))
        except (SafetensorError, ValueError, KeyError, RuntimeError) as error:
            raise Unusable("has tensors that cannot be read") from error


def require(tensors: Mapping[str, Tensor], like: Mapping[str, Tensor]) -> None:
    """Make sure that tensors are there, each with the shape and type of its namesake.

    Raises:
        Unusable: one is missing or has another form.
    """
    for name, own in like.items():
        found = tensors.get(name)
        if found is None or found.shape != own.shape or found.dtype != own.dtype:
            form = "missing" if found is None else f"{tuple(found.shape)} of {found.dtype}"
            raise Unusable(f"does not fit: {name} should be {tuple(own.shape)} of {own.dtype} and is {form}")


def remove_checkpoint(folder: Path) -> None:
    """Remove the checkpoint in a folder, and what a killed process left of one, as far as the disk takes it."""
    for part in folder.glob(_PARTS):
        remove_checkpoint(part)
        with suppress(OSError):
            part.rmdir()
    with suppress(OSError):
        (folder / FILE).unlink(missing_ok=True)
        for pattern in (_TENSORS, f".{FILE}.*", f".{_TENSORS}.*"):
            for path in folder.glob(pattern):
                path.unlink(missing_ok=True)


def _tensors(position: Position) -> str:
    return _TENSORS.replace("*", str(position.step))


def _aside(number: int, suffix: str) -> str:
    return f"checkpoint.damaged-{number}{suffix}"
