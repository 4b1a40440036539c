"""Jobs that end their worker process in one way or another; workers import them from here."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path


def sleep(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


def be_killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def leave(code: int) -> None:
    os._exit(code)


def use_up_memory(group: Path) -> None:
    """Enter a control group with little memory and allocate until the system ends this."""
    (group / "cgroup.procs").write_text(str(os.getpid()))
    held = []
    while True:
        # Pages that nothing was written to take no memory.
        held.append(bytearray(os.urandom(1 << 20)) * 16)
        # So slowly that whoever looks at the memory every half second sees it grow.
        time.sleep(0.1)
