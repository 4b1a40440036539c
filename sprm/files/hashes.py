"""Hashes of files, and folders held against them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from sprm.errors import IntegrityError


def file_hash(path: Path) -> str:
    """sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verify_files(folder: Path, hashes: Mapping[str, str]) -> None:
    """Hash the files of a folder.

    Args:
        folder: the folder.
        hashes: sha256 of each file by its name.

    Raises:
        IntegrityError: a file is missing or is not what was written.
    """
    for name, expected in hashes.items():
        path = folder / name
        if not path.is_file():
            raise IntegrityError("missing from the corpus", path=path)
        if file_hash(path) != expected:
            raise IntegrityError("the content has changed; `prepare` rebuilds it", path=path)
