"""Which code runs, whether or not it was committed or installed."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

import bench
import sprm


@lru_cache(maxsize=1)
def code_hash() -> str:
    """Return the hash of the code of both packages."""
    digest = hashlib.sha256()
    for package in (bench, sprm):
        root = Path(package.__path__[0])
        for path in sorted(root.rglob("*.py")):
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
