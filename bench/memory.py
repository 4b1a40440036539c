"""How much memory this process has."""

from __future__ import annotations

import resource
import sys
from dataclasses import dataclass
from pathlib import Path


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
    status = Path("/proc/self/status")
    if not status.is_file():
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        peak = most / (1024 * 1024 if sys.platform == "darwin" else 1024)
        return Memory(peak, peak)
    lines = (line.split(":", 1) for line in status.read_text(encoding="utf-8").splitlines())
    mib = {name: int(value.split()[0]) / 1024 for name, value in lines if value.endswith("kB")}
    # The system remembers the peak of all memory only; fewer files may have been mapped then than now.
    return Memory(now=mib["RssAnon"], peak=max(mib["RssAnon"], mib["VmHWM"] - mib["RssFile"]))
