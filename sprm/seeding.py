"""Independent random streams, one for each named axis of variation.

Which images are drawn, how weights start and in what order batches come are separate sources of variance, so
each draws from a stream of its own. A stream is named, never counted: adding one does not shift another.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np

_noted: ContextVar[dict[str, int] | None] = ContextVar("_noted", default=None)


@contextmanager
def noted_seeds() -> Iterator[dict[str, int]]:
    """Note each seed that is derived meanwhile in this thread, by its names joined by commas: `batch order, 3, 1`."""
    seeds: dict[str, int] = {}
    before = _noted.set(seeds)
    try:
        yield seeds
    finally:
        _noted.reset(before)


def seed_of(*names: str | int) -> int:
    """Derive a 64-bit seed from named values, for example `seed_of("batch order", 3)`.

    Returns:
        An integer in [0, 2**63), the first eight bytes of the sha256 of the names, top bit cleared.
    """
    text = "\x1f".join(f"{type(name).__name__}:{name}" for name in names)
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1
    if (seeds := _noted.get()) is not None:
        seeds[", ".join(map(str, names))] = seed
    return seed


def generator(*names: str | int) -> np.random.Generator:
    """Return a numpy generator seeded by `seed_of(*names)`."""
    return np.random.Generator(np.random.PCG64(seed_of(*names)))
