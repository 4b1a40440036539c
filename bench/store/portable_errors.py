"""What an error says, without where on this machine's disk its files lie: a record of it can be shared.

Code is named from its package on, `torch/nn/modules/linear.py`. In messages a folder of this process is named by what
it is, and of any other absolute path its last name is left: `<cache>/corpora/1f/train`, `.../annotations.json`.
"""

from __future__ import annotations

import re
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from traceback import FrameSummary, StackSummary, TracebackException

from sprm.errors import DataError, SprmError
from sprm.files.cache import cache_folder

_QUOTED = re.compile(r"""(["'])(/[^"'\n]+)\1""")
# In `file:///home/ada/x` and `//home/ada/x` there is a path, in `https://host/x` there is none.
_BARE = re.compile(r"""(?<![\w.>~/])((?:/|(?<!:)//|///)[^\s"'<>:;,()\[\]{}/]+(?:/[^\s"'<>:;,()\[\]{}/]+)*/?)""")


def problem_of(error: BaseException, run: Path) -> str:
    """Say in a line what an error says; what is no message for a person has its kind before it.

    Args:
        error: what was raised.
        run: the run folder.
    """
    return _portable(told(error), error, run)


def told(error: BaseException) -> str:
    """Say what an error says on this machine, paths included."""
    name = "" if isinstance(error, SprmError) else type(error).__name__
    return ": ".join(filter(None, (name, str(error))))


def traceback_of(error: BaseException, run: Path) -> str:
    """Return an error's traceback, those that led to it included."""
    trace = TracebackException.from_exception(error)
    for each in _all(trace):
        each.stack = StackSummary.from_list(_code(frame) for frame in each.stack)
    return _portable("".join(trace.format()), error, run)


def _all(trace: TracebackException) -> Iterator[TracebackException]:
    waiting: list[TracebackException | None] = [trace]
    while waiting:
        each = waiting.pop()
        if each is not None:
            yield each
            waiting += [each.__cause__, each.__context__, *(each.exceptions or ())]


def _code(frame: FrameSummary) -> FrameSummary:
    return FrameSummary(frame.filename and _module(frame.filename), frame.lineno, frame.name, line=frame.line)


def _module(filename: str) -> str:
    path = Path(filename)
    places = [Path(place) for place in sys.path if place]
    within = [place for place in places if path.is_relative_to(place)]
    if not path.is_absolute() or not within:
        return path.name
    return str(path.relative_to(max(within, key=lambda place: len(place.parts))))


def _portable(text: str, error: BaseException, run: Path) -> str:
    for path in sorted(_named(error), key=len, reverse=True):
        text = text.replace(path, _short(path, run))
    for folder, name in _folders(run).items():
        text = re.sub(rf"{re.escape(folder)}(?![\w.-])", name, text)
    text = _QUOTED.sub(lambda match: f"{match[1]}.../{Path(match[2]).name}{match[1]}", text)
    return _BARE.sub(lambda match: f".../{Path(match[1]).name}", text)


def _named(error: BaseException) -> set[str]:
    """Return the absolute paths that an error and those that led to it are about; they may have blanks in them."""
    paths: set[str] = set()
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        waiting += [each.__cause__, each.__context__]
        about = [each.path] if isinstance(each, DataError) else []
        about += [each.filename, each.filename2] if isinstance(each, OSError) else []
        paths |= {str(path) for path in about if isinstance(path, str | Path) and Path(path).is_absolute()}
    return paths


def _short(path: str, run: Path) -> str:
    for folder, name in _folders(run).items():
        if Path(path).is_relative_to(folder):
            rest = Path(path).relative_to(folder)
            return f"{name}/{rest}" if rest.parts else name
    return f".../{Path(path).name}"


def _folders(run: Path) -> Mapping[str, str]:
    """Return the folders of this process and what they are, those that lie deepest first."""
    folders: dict[Path, str] = {run.absolute(): "<run>", Path(sysconfig.get_path("purelib")): "<site-packages>"}
    with suppress(SprmError):
        folders[cache_folder()] = "<cache>"
    folders[Path(__file__).resolve().parents[2]] = "<code>"
    with suppress(OSError):
        folders.setdefault(Path.cwd(), "<working folder>")
    folders.setdefault(Path(tempfile.gettempdir()), "<temporary folder>")
    with suppress(RuntimeError):
        folders.setdefault(Path.home(), "~")
    usable = {folder: name for folder, name in folders.items() if len(folder.parts) > 1}
    return {str(folder): usable[folder] for folder in sorted(usable, key=lambda folder: -len(folder.parts))}
