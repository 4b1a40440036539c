"""Folders that appear under their name only when they are whole."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


class Building:
    """A context manager that gives a folder to write in, and its name at the end; what was half built goes.

    Args:
        folder: the name that it takes.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._building = folder.with_name(f".{folder.name}.building-{os.getpid()}")

    def __enter__(self) -> Path:
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
