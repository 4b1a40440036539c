"""Every error raised on purpose.

::

    SprmError                 a message for a person; the command line prints it without a traceback
    ├── DataError             a source file or folder is missing, malformed or contradicts another
    │   └── IntegrityError    a stored corpus is not what was written
    ├── ProtocolError         a protocol file or an option holds something that cannot be run
    ├── ResultsError          a results folder cannot be read, or lacks what was asked of it
    ├── TrainingError         training left the numbers (a loss or weight is not finite)
    ├── PluginError           what is not this package's own cannot be loaded, or does other than it has to
    ├── EngineError           what runs trials elsewhere is not installed, does not answer or is another version
    ├── DeviceError           a processor that was asked for is not there
    └── WorkerError           the system ended a worker where no trial can be blamed
    SideIssue                 a warning: something is missing that the work goes on without
"""

from __future__ import annotations

from pathlib import Path

_NESTED = (list, tuple, dict, set, frozenset)
_FEW = 6
"""A list of so few plain values is shown itself."""


def shown(value: object, longest: int = 60) -> str:
    """Return a value from a stranger's file as an error tells it: in few words, however large or deep it is."""
    if isinstance(value, (list, tuple)) and len(value) <= _FEW and not any(isinstance(item, _NESTED) for item in value):
        text = f"[{', '.join(shown(item) for item in value)}]"
        return text if len(text) <= longest else f"{text[:longest]}..."
    if isinstance(value, _NESTED):
        return f"{type(value).__name__} of {len(value)}"
    if isinstance(value, int) and value.bit_length() > 200:
        return f"a number of {value.bit_length()} bits"
    text = repr(value[: longest + 1] if isinstance(value, (str, bytes)) else value)
    return text if len(text) <= longest else f"{text[:longest]}..."


def one_line(text: str, longest: int = 100) -> str:
    """Return a stranger's text without quotes, on one line: what cannot be printed is escaped, what is too long cut."""
    start = text[: longest + 1]
    escaped = "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in start)
    return escaped if len(escaped) <= longest else f"{escaped[:longest]}..."


class SideIssue(UserWarning):
    """Something that this machine lacks, which the work goes on without; says what helps."""


class SprmError(Exception):
    """A mistake in input, told in the user's own terms."""


class DataError(SprmError):
    """A source file or folder is missing, malformed or contradicts another.

    Args:
        problem: what is wrong and what was expected.
        path: the file or folder at fault.
        where: line number, key, row or image id inside it.
    """

    def __init__(self, problem: str, *, path: Path | str | None = None, where: str | int | None = None) -> None:
        place = "" if path is None else str(path)
        if where is not None:
            inside = f"line {where}" if isinstance(where, int) else where
            place = f"{place}, {inside}" if place else inside
        super().__init__(f"{place}: {problem}" if place else problem)
        self.problem = problem
        self.path = None if path is None else Path(path)
        self.where = where


class IntegrityError(DataError):
    """A stored corpus is not what was written: a hash, a count or the schema version differs."""


class ProtocolError(SprmError):
    """A protocol file or an option holds something that cannot be run."""


class ResultsError(SprmError):
    """A results folder cannot be read, or lacks what was asked of it."""


class PluginError(SprmError):
    """What is not this package's own cannot be loaded, or does other than it has to."""


class TrainingError(SprmError):
    """Training left the numbers: a loss or a weight is not finite."""


class DeviceError(SprmError):
    """A processor that was asked for is not there."""


class EngineError(SprmError):
    """What runs trials on other processes is not installed, does not answer or has other code."""


class WorkerError(SprmError):
    """The system ended a worker process where no trial can be blamed."""
