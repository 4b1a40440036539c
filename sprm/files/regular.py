"""Reading files of folders that somebody else may have filled."""

from __future__ import annotations

import errno
import os
from pathlib import Path


def content_of(path: Path) -> bytes:
    """Read a file, also through a link; a pipe or a device is refused, since it may never end.

    Raises:
        OSError: it is not there, no file, or cannot be read.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise OSError(errno.EINVAL, "No regular file", os.fspath(path))
    return path.read_bytes()
