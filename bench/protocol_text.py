"""The text of a protocol file, whatever a stranger put in its place."""

from __future__ import annotations

from pathlib import Path

from sprm.errors import ProtocolError

LARGEST = 1 << 20
"""Bytes of a protocol that are read; those of this project have a few thousand."""

_SIGNATURES = {
    b"\x1f\x8b": "a gzip archive",
    b"PK\x03\x04": "a zip archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ\x00": "an xz archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
    b"\x89HDF": "an HDF5 file",
    b"\x89PNG": "a PNG image",
    b"PAR1": "a Parquet file",
    b"%PDF-": "a PDF document",
}
"""What other files that lie about begin with."""


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
    except OSError as error:
        raise ProtocolError(f"{path}: cannot be read: {error.strerror}") from error
    for signature, kind in _SIGNATURES.items():
        if data.startswith(signature):
            raise ProtocolError(f"{path}: is {kind}, expected YAML text")
    if len(data) > LARGEST:
        raise ProtocolError(f"{path}: is larger than {LARGEST >> 20} MiB, expected a protocol")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ProtocolError(f"{path}: not a text file in UTF-8") from error
