"""Where answers and progress are written, whatever state the streams and the terminal are in.

stdout is for data, stderr for progress and messages. Text is printed as it is: no bracket is markup. What a terminal's
encoding lacks is replaced. A stream that is closed, before the start or meanwhile, costs what would have been written
to it, and not the work.
"""

from __future__ import annotations

import codecs
import errno
import os
import sys
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Any, TextIO, cast

from rich.console import Console

from sprm.errors import SideIssue

PLAIN = {
    "…": "...", "–": "-", "—": "-", "−": "-", "‑": "-", "·": ".", "•": "*", "×": "x", "≥": ">=", "≤": "<=", "±": "+-",
    "“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "→": "->", "\u00a0": " ", "━": "-", "─": "-",
}  # fmt: skip
"""What stands for a character where a terminal has none for it."""
_told: set[str] = set()
"""Side issues that have been told, each of which is met again and again."""
_REPLACING = "sprm-bench.plain"
_CLOSED = (errno.EPIPE, errno.EIO, errno.EBADF)

stderr = Console(stderr=True, highlight=False, markup=False, emoji=False)
"""Where progress and messages go."""


def console() -> Console:
    """Return where answers go."""
    # A pipe has no width; a line there must not be folded.
    out = Console(highlight=False, markup=False, emoji=False)
    return out if out.is_terminal else Console(highlight=False, markup=False, emoji=False, width=240)


def prepare_streams() -> None:
    """Make the standard streams take whatever is written to them; before anything is."""
    # A file that is opened later must not get the number of a standard stream, whose readers and writers are many.
    closed = [number for number in range(3) if not _is_open(number)]
    for number in closed:
        os.dup2(os.open(os.devnull, os.O_RDWR), number)
        os.set_inheritable(number, True)
    codecs.register_error(_REPLACING, _plainly)
    sys.stdout = sys.stdout or _nowhere()
    sys.stderr = sys.stderr or _nowhere()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=_REPLACING)
    if not isinstance(sys.stderr, _Unbroken):
        sys.stderr = cast(TextIO, _Unbroken(sys.stderr, lambda error: True))
        sys.stdout = cast(TextIO, _Unbroken(sys.stdout, lambda error: error.errno in _CLOSED))
    warnings.showwarning = _show_warning
    if 1 in closed:
        stderr.print("note: stdout is closed, so the output is lost")


def reader_has_left() -> bool:
    """Tell whether whoever read the answer has closed the pipe, once all of it is written out."""
    with suppress(OSError):
        sys.stdout.flush()
    return isinstance(sys.stdout, _Unbroken) and sys.stdout.broken


class _Unbroken:
    """A stream that costs no work where it cannot be written to; what is still written then goes nowhere.

    Args:
        stream: the stream.
        bears: says of an error whether the work goes on in spite of it.
    """

    def __init__(self, stream: TextIO, bears: Callable[[OSError], bool]) -> None:
        self._stream, self._bears = stream, bears
        self.broken = False

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError as error:
            self._abandon(error)
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError as error:
            self._abandon(error)

    def _abandon(self, error: OSError) -> None:
        if not self._bears(error):
            raise error
        self.broken = True
        # Its buffer is written out once more at the program's end.
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _nowhere() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 it stays open as long as the program


def _plainly(error: UnicodeError) -> tuple[str, int]:
    """Replace what an encoding lacks; characters that it lacks, too, become question marks."""
    assert isinstance(error, UnicodeEncodeError)
    characters = error.object[error.start : error.end]
    return "".join(PLAIN.get(character, "?") for character in characters), error.end


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: IO[str] | None = None,
    line: str | None = None,
) -> None:
    """Print what the work goes on without in a line, and any other warning as Python does."""
    if isinstance(message, SideIssue):
        if str(message) not in _told:
            _told.add(str(message))
            stderr.print(f"note: {message}", soft_wrap=True)
    else:
        print(warnings.formatwarning(message, category, filename, lineno, line), file=sys.stderr, end="")  # noqa: T201
