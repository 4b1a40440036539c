"""Timing pieces of work side by side, so that a machine that slows down slows all of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from statistics import median

TURNS = 5
"""Turns of the quick works for each of the slow ones."""


def interleaved(works: Mapping[str, Callable[[], None]], rounds: int, slow: Collection[str] = ()) -> dict[str, float]:
    """Time works in turn and return the median seconds of each.

    Args:
        works: by name; each is called once before anything is timed.
        rounds: how often each is timed.
        slow: names of works that are timed in one round of `TURNS` only.
    """
    for work in works.values():
        work()
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for turn in range(rounds):
        for name, work in works.items():
            if name not in slow or turn % TURNS == 0:
                started = time.perf_counter()
                work()
                seconds[name].append(time.perf_counter() - started)
    return {name: median(times) for name, times in seconds.items()}
