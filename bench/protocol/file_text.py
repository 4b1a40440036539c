"""The text of a protocol file, whatever a stranger put in its place."""

from __future__ import annotations

from pathlib import Path

from sprm.errors import DataError, ProtocolError
from sprm.files.first_bytes import refuse_foreign
from sprm.files.paths import absence

LARGEST = 1 << 20
"""Bytes of a protocol that are read; those of this project have a few thousand."""


def protocol_text(path: Path) -> str:
    """Return what a file holds.

    Raises:
        ProtocolError: it cannot be read, is too large, or holds something else than text in UTF-8.
    """
    try:
        # A device that never ends has no size that could be asked for.
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except IsADirectoryError as error:
        raise ProtocolError(f"{path}: is a folder, expected a YAML file") from error
    except FileNotFoundError as error:
        raise ProtocolError(f"{path}: this file {absence(path)}") from error
    except OSError as error:
        raise ProtocolError(f"{path}: cannot be read: {error.strerror}") from error
    try:
        refuse_foreign(data, path)
    except DataError as error:
        raise ProtocolError(str(error)) from error
    if len(data) > LARGEST:
        raise ProtocolError(f"{path}: is larger than {LARGEST >> 20} MiB, expected a protocol")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ProtocolError(f"{path}: not a text file in UTF-8") from error
