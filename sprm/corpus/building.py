"""Folders that appear under their name only when they are whole."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout


class Building:
    """A context manager that gives a folder to write in, and its name at the end; what was half built goes.

    What a process left that was killed while it built goes when the folder is next built.

    Args:
        folder: the name that it takes.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._building = folder.with_name(f".{folder.name}.building-{os.getpid()}")

    def __enter__(self) -> Path:
        for left in self._folder.parent.glob(f".{self._folder.name}.building-*"):
            if not _runs(int(left.name.rpartition("-")[2])):
                shutil.rmtree(left, ignore_errors=True)
        shutil.rmtree(self._building, ignore_errors=True)
        self._building.mkdir(parents=True)
        return self._building

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        try:
            if error is None:
                self._building.replace(self._folder)
        except OSError:
            # Another process may have been faster; its folder is as good.
            if not self._folder.is_dir():
                raise
        finally:
            shutil.rmtree(self._building, ignore_errors=True)


@contextmanager
def exclusively(folder: Path, waiting: Callable[[], object]) -> Iterator[None]:
    """Let one process at a time build what goes by a name; the lock of a process that dies is free.

    Args:
        folder: the name.
        waiting: called once when another process is at it.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder.with_name(f".{folder.name}.lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        waiting()
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _runs(process: int) -> bool:
    """Tell whether a process is there, as far as the system says without harming it."""
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
