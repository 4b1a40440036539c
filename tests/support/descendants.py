"""What a process has started, and what that has: processes any of which may end while it is looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TypeVar

import psutil
from waiting import LONGEST, until

Answer = TypeVar("Answer")


def descendants(pid: int) -> list[psutil.Process]:
    """Return all that a process has started, and what that has; nothing when it has ended."""
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).children(recursive=True)
    return []


def of_each(pid: int, question: Callable[[psutil.Process], Answer]) -> dict[psutil.Process, Answer]:
    """Ask something of every living descendant of a process; those that end meanwhile are left out."""
    answers = {}
    for process in descendants(pid):
        # Raised of those, too, that have ended and whose parents have not asked how.
        with suppress(psutil.NoSuchProcess):
            answers[process] = question(process)
    return answers


def workers_of(pid: int) -> list[psutil.Process]:
    """Return the living worker processes that joblib has started for a process."""
    return [process for process, command in of_each(pid, psutil.Process.cmdline).items() if "Loky" in " ".join(command)]


def kill_descendants(pid: int) -> None:
    """Kill all that a process has started."""
    of_each(pid, psutil.Process.kill)


def kill_tree(pid: int) -> None:
    """Kill a process and all that it has started."""
    started = descendants(pid)
    with suppress(psutil.NoSuchProcess):
        # First, as it might start another in place of one that was killed.
        psutil.Process(pid).kill()
    for process in started:
        with suppress(psutil.NoSuchProcess):
            process.kill()


def still_alive(processes: Iterable[psutil.Process], seconds: float = LONGEST) -> list[psutil.Process]:
    """Return which of some processes have not ended after some seconds."""
    left = list(processes)

    def all_have_ended() -> bool:
        left[:] = filter(_is_alive, left)
        return not left

    with suppress(TimeoutError):
        until(all_have_ended, seconds)
    return left


def _is_alive(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        # Who has ended is listed as long as its parent has not asked how, and nobody may ever ask.
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False
