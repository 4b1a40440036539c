"""Files that are either as they were or complete, never half-written."""

from __future__ import annotations

import os
from errno import EDQUOT, ENOSPC
from pathlib import Path
from uuid import uuid4

NO_SPACE = (ENOSPC, EDQUOT)
"""What the system says when a disk is full, or a user's share of it."""


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file by way of a temporary one in the same folder, flushed to disk before it is renamed."""
    temporary = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
