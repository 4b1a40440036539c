"""Paths as people write them, and why nothing that serves stands at one."""

from __future__ import annotations

import os
from pathlib import Path

from sprm.errors import DataError


def expanded(path: Path | str) -> Path:
    """Put the user's home folder in the place of a leading `~`.

    Raises:
        DataError: there is no such home folder.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise DataError("~ cannot be expanded, because no home folder is known", path=path) from error


def absence(path: Path, *, folder: bool = False) -> str:
    """Say why no file, or no folder, stands at a path: `is missing`, `is a link to gone, which is not there`, ...

    Args:
        path: where one was expected.
        folder: whether it is a folder that was expected.
    """
    for place in (path, *path.parents):
        if place.is_symlink() and not place.exists():
            what = f"a link to {os.readlink(place)}, which is not there"  # noqa: PTH115 as it was written
            return f"is {what}" if place == path else f"cannot be reached, {place} is {what}"
        if place != path and place.exists() and not place.is_dir():
            return f"cannot be reached, {place} is a file"
    if path.is_dir():
        return "is a folder, where a file is expected"
    if path.exists():
        return "is a file, where a folder is expected" if folder else "is no ordinary file"
    return "is missing"
