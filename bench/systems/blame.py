"""What a kind of system gets wrong, told by its name, its method and where it stands in its file."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.systems.registry import SYSTEMS
from bench.systems.system import Encoding, System
from sprm.corpus.corpus import SPLITS, TARGET
from sprm.errors import PluginError, SprmError, shown
from sprm.plugins import line_in


@contextmanager
def blamed(system: System, method: str) -> Iterator[None]:
    """Name a kind of system, and its method, where something goes wrong inside that is its own fault.

    Raises:
        PluginError: that is so.
    """
    try:
        yield
    except PluginError as error:
        raise PluginError(f"{_culprit(system, error)}: {method}: {error}") from error
    except Exception as error:
        if isinstance(error, KeyError) and any(f"'{name}'" in str(error) for name in TARGET):
            problem = "it reads the targets of phrases that it is judged on"
        elif SYSTEMS.is_own(type(system)) or isinstance(error, (SprmError, OSError)):
            raise
        else:
            problem = f"{type(error).__name__}: {error}"
        raise PluginError(f"{_culprit(system, error)}: {method}: {problem}") from error


def reads_of(system: System) -> tuple[Encoding, ...]:
    """Return what a system says that it reads.

    Raises:
        PluginError: it says something else.
    """
    with blamed(system, "reads"):
        read = tuple(system.reads())
        for each in read:
            if not isinstance(each, Encoding):
                raise PluginError(f"returns {shown(each)}; expected an Encoding")
            if each.split not in SPLITS:
                raise PluginError(f"names the split {shown(each.split)}; expected one of {', '.join(SPLITS)}")
    return read


def _culprit(system: System, error: Exception) -> str:
    """Name a kind, and the line of its own file that an error came from, if it came from there."""
    path = getattr(sys.modules[type(system).__module__], "__file__", None)
    line = None if path is None else line_in(path, error)
    return f"system kind {system.kind}" + ("" if path is None or line is None else f" ({Path(path).name}, line {line})")
