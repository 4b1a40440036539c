"""Reading pickles from strangers: plain containers, text and numbers, and nothing that could run."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

from sprm.errors import DataError

_SETS: dict[str, type] = {"set": set, "frozenset": frozenset}


class _PlainUnpickler(pickle._Unpickler):
    """Refuses every global name but those of sets; dicts, lists, tuples, text and numbers need none.

    It is the unpickler in Python: the one in C can be made to fill the memory by a pickle of a few bytes.
    """

    def find_class(self, module: str, name: str) -> type:
        if module in ("builtins", "__builtin__") and name in _SETS:
            return _SETS[name]
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, and only plain containers and numbers are read")


def load_plain(path: Path) -> Any:
    """Load a pickle that holds plain containers, text and numbers.

    Raises:
        DataError: the file is missing or truncated, or asks for anything else, which is named and not run.
    """
    try:
        with path.open("rb") as file:
            return _PlainUnpickler(file, encoding="utf-8", errors="replace").load()
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", path=path) from error
    except Exception as error:  # a broken pickle raises almost anything
        raise DataError(f"not a pickle that can be read: {error}", path=path) from error
