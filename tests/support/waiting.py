"""Waiting for what some other process or thread does."""

from __future__ import annotations

import time
from collections.abc import Callable

LONGEST = 300.0
"""Seconds that nothing takes on the slowest machine, unless it never happens."""


def until(condition: Callable[[], bool], seconds: float = LONGEST) -> None:
    """Wait for a condition.

    Raises:
        TimeoutError: it did not come true.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not so after {seconds:g} seconds")
        time.sleep(0.05)
