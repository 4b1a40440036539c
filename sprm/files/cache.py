"""The cache folder: where everything lies that can be built again."""

from __future__ import annotations

import os
import tempfile
import warnings
from pathlib import Path

from sprm.errors import DataError, SideIssue
from sprm.files.paths import expanded

NAME = "sprm-bench"
VARIABLE = "BENCH_CACHE"
"""Environment variable that names the folder."""


def cache_folder() -> Path:
    """Return the folder that `$BENCH_CACHE` names, or `sprm-bench` in the user's cache folder.

    A user without a home folder, or with one that nothing can be written to, has one in the temporary folder, which a
    `SideIssue` tells.

    Raises:
        DataError: no folder can be written to.
    """
    if named := os.environ.get(VARIABLE):
        return expanded(named).absolute()
    try:
        folder = expanded(os.environ.get("XDG_CACHE_HOME") or "~/.cache").absolute() / NAME
    except DataError:
        return _temporary("there is no home folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return _temporary(f"{error.filename or folder}: {error.strerror}")
    return folder if os.access(folder, os.W_OK) else _temporary(f"{folder}: nothing can be written there")


def _temporary(why: str) -> Path:
    helps = f"{VARIABLE} names a folder that is kept"
    try:
        folder = Path(tempfile.gettempdir()) / f"{NAME}-{os.getuid()}"
        folder.mkdir(mode=0o700, exist_ok=True)
        # Whoever else may write there could put in what is then taken for our own.
        if folder.is_symlink() or folder.stat().st_uid != os.getuid():
            raise DataError(f"{why}, and {folder} belongs to another user; {helps}")
    except OSError as error:
        raise DataError(
            f"{why}, and there is no temporary folder either ({error.strerror or error}); {helps}"
        ) from error
    warnings.warn(f"{why}; what is built goes to {folder}, and {helps}", SideIssue, stacklevel=2)
    return folder
