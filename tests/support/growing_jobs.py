"""Jobs for workers: one that needs more and more memory, one that tells what its process has done."""

from __future__ import annotations

import os
import time

KEPT: list[object] = []


def grow(job: int) -> int:
    """Keep 400 MB after a worker's first job, and return the worker's process."""
    if job >= 2 and not KEPT:
        KEPT.append(b"x" * 400_000_000)
    time.sleep(1.1)
    return os.getpid()


def remember(job: int) -> list[object]:
    """Return all jobs of this kind that this process has had."""
    KEPT.append(job)
    return list(KEPT)
