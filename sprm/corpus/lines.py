"""Text files of lines: captions and lists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from sprm.corpus.warnings import Tally
from sprm.errors import DataError, shown
from sprm.files.first_bytes import refuse_foreign, refuse_utf16

CRLF = "files whose lines end in CR LF, as Windows or git may write them; read as if they ended in LF"
"""What is counted, a file at a time."""
HALF_CHARACTER = re.compile("[\ud800-\udfff]")
"""A surrogate; a text that is read from UTF-8 has none."""


def read_text(path: Path, *, errors: str = "replace") -> str:
    """Read a file of UTF-8; what is none is read as �, unless `errors` is `strict`.

    Raises:
        DataError: it cannot be read, is UTF-16, or is an archive, a pointer or a web page in place of the file.
        UnicodeDecodeError: it is no UTF-8 and `errors` is `strict`.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", path=path) from error
    refuse_foreign(content, path)
    refuse_utf16(content, path)
    return content.decode("utf-8-sig", errors=errors)


def numbered_lines(text: str, path: Path) -> Iterator[tuple[int, str]]:
    """Lines that hold something, numbered from 1, without the blanks around them.

    Only a line feed, with or without a carriage return, ends a line: `str.splitlines` would also split at stray
    control characters, and shift the numbers.

    Raises:
        DataError: a carriage return stands within a line, so that two lines may be taken for one.
    """
    for number, line in enumerate(text.split("\n"), start=1):
        stripped = line.strip()
        refuse_lone_return(stripped, path, number)
        if stripped:
            yield number, stripped


def refuse_lone_return(stripped: str, path: Path, number: int) -> None:
    """Check that no carriage return stands within a line.

    Raises:
        DataError: one does.
    """
    if "\r" in stripped:
        problem = f"a carriage return without a line feed, so lines may be lost: {shown(stripped)}"
        raise DataError(problem, path=path, where=number)


def refuse_half_characters(text: str, path: Path, where: str | int) -> None:
    """Check that a text that was written with escapes, as JSON has them, is text.

    Raises:
        DataError: it holds half of a pair of surrogates, which no file of text can hold.
    """
    if (half := HALF_CHARACTER.search(text)) is not None:
        problem = f"holds half of a character, \\u{ord(half[0]):04x}: {shown(text)}"
        raise DataError(problem, path=path, where=where)


def tally_stray_characters(text: str, path: Path, tally: Tally) -> None:
    """Count what is no UTF-8 in a file of captions."""
    tally.add("stray characters in captions, read as �", path.name, text.count("\N{REPLACEMENT CHARACTER}"))


def tally_line_ends(text: str, path: Path, tally: Tally) -> None:
    """Count a file whose lines, or some of them, end in CR LF."""
    tally.add(CRLF, path.name, int("\r\n" in text))
