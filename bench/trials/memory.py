"""How much memory this process has."""

from __future__ import annotations

import resource
import sys
from dataclasses import dataclass
from pathlib import Path

STATUS = Path("/proc/self/status")
"""Where Linux describes a process."""


@dataclass(frozen=True)
class Memory:
    """Resident memory that no other process could share: what is not mapped from a file, libraries included.

    Attributes:
        now: MiB.
        peak: MiB, at least the most so far.
    """

    now: float
    peak: float


def private_memory() -> Memory:
    """Return this process' memory; where the system does not tell files apart, they count."""
    # Containers that imitate Linux give some of these lines and not others.
    mib = _status()
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)
    peak = mib.get("VmHWM", most)
    now = mib.get("RssAnon", mib.get("VmRSS", peak))
    # The system remembers the peak of all memory only; fewer files may have been mapped then than now.
    return Memory(now=now, peak=max(now, peak - mib.get("RssFile", 0.0)))


def _status() -> dict[str, float]:
    """Return what the system says of this process in MiB, by its names; nothing where it does not."""
    try:
        lines = STATUS.read_text(encoding="utf-8").splitlines()
        pairs = [line.split(":", 1) for line in lines if line.endswith("kB")]
        return {name: int(value.split()[0]) / 1024 for name, value in pairs}
    except (OSError, ValueError, IndexError):
        return {}
