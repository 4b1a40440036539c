"""What a file is when it is not the one expected, told by its first bytes: an archive, a pointer, a web page."""

from __future__ import annotations

from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from contextlib import suppress
from pathlib import Path

from sprm.errors import DataError

HEAD = 1024
"""Bytes that are enough to tell."""
GZIP = b"\x1f\x8b"
ZIP = b"PK\x03\x04"
_PACKED = {
    GZIP: "is packed with gzip; unpack it",
    b"\xfd7zXZ\x00": "is packed with xz; unpack it",
    b"BZh91AY&SY": "is packed with bzip2; unpack it",
    b"\x28\xb5\x2f\xfd": "is packed with zstd; unpack it",
    ZIP: "is a zip archive; unpack it and name the file in it",
    b"PK\x05\x06": "is an empty zip archive",
    b"7z\xbc\xaf\x27\x1c": "is a 7z archive; unpack it and name the file in it",
    b"Rar!\x1a\x07": "is a rar archive; unpack it and name the file in it",
}
_TAR, _TAR_AT = (b"ustar\x00", b"ustar  \x00"), 257
_POINTER = b"version https://git-lfs.github.com/spec/"


def refuse_foreign(head: bytes, path: Path) -> None:
    """Refuse a file that an archive, a pointer of git-lfs or a web page was saved in place of.

    Args:
        head: its first bytes, `HEAD` of them or more where it has as many.
        path: the file, for the error.

    Raises:
        DataError: it is one of these; which, and what to do.
    """
    problem = next((message for magic, message in _PACKED.items() if head.startswith(magic)), None)
    if head[_TAR_AT:].startswith(_TAR):
        problem = "is a tar archive; unpack it and name the file in it"
    if head.startswith(_POINTER):
        problem = "is a pointer of git-lfs and not the file itself; `git lfs pull` fetches it"
    if _is_web_page(head[:HEAD]):
        problem = "is a web page, saved in place of the file; download the file itself"
    if problem is not None:
        raise DataError(problem, path=path)


def refuse_utf16(head: bytes, path: Path) -> None:
    """Refuse a text whose first bytes say that it is in UTF-16.

    Raises:
        DataError: they do.
    """
    if head.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        raise DataError("is text in UTF-16; save it as UTF-8", path=path)


def refuse_foreign_file(path: Path, *, or_gzip: bool = False, or_zip: bool = False) -> None:
    """Refuse a file like `refuse_foreign`, by its path; one that cannot be read passes.

    Args:
        path: the file.
        or_gzip: whether one that is packed with gzip passes, too.
        or_zip: whether a zip archive passes, too, as weights are one.

    Raises:
        DataError: it is an archive, a pointer or a web page.
    """
    head = b""
    with suppress(OSError), path.open("rb") as file:
        head = file.read(HEAD)
    if not (or_gzip and head.startswith(GZIP)) and not (or_zip and head.startswith(ZIP)):
        refuse_foreign(head, path)


def _is_web_page(head: bytes) -> bool:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return text.startswith((b"<!doctype html", b"<html")) or (text.startswith(b"<?xml") and b"<!doctype html" in text)
