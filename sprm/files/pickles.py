"""Reading pickles from strangers: plain containers, text and numbers, and nothing that could run or fill the memory."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, ClassVar

from sprm.errors import DataError
from sprm.files.first_bytes import refuse_foreign

_SCALAR = (str, bytes, int, float, bool, type(None))
"""What may be a key or in a set: hashing what is nested deep enough would end the process."""


def load_plain(path: Path) -> Any:
    """Load a pickle that holds plain containers, text and numbers.

    Raises:
        DataError: the file is missing or truncated, or asks for anything else, which is named and not run.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", path=path) from error
    refuse_foreign(content, path)
    return load_with(PlainUnpickler, content, path)


def load_with(unpickler: type[PlainUnpickler], content: bytes, path: Path, where: str | None = None) -> Any:
    """Load a pickle with a restricted unpickler.

    Args:
        unpickler: what is admitted.
        content: the pickle.
        path: the file that it stands in, for the error.
        where: its place in the file.

    Raises:
        DataError: it is truncated, or asks for anything else, which is named and not run.
    """
    try:
        # Out of memory nothing can be read beyond the end, whatever length it claims to have.
        return unpickler(io.BytesIO(content), encoding="utf-8", errors="replace").load()
    except Exception as error:  # a broken pickle raises almost anything
        refusal = isinstance(error, pickle.UnpicklingError) and str(error)
        problem = refusal or ("it ends early" if isinstance(error, EOFError) else "its content is not that of a pickle")
        raise DataError(f"not a pickle that can be read: {problem}", path=path, where=where) from error


def _plain_set(items: Iterable[Any] = ()) -> set[Any]:
    return set(_scalars(items))


def _plain_frozenset(items: Iterable[Any] = ()) -> frozenset[Any]:
    return frozenset(_scalars(items))


_SETS: dict[str, Callable[..., Any]] = {"set": _plain_set, "frozenset": _plain_frozenset}


def _scalars(items: Iterable[Any]) -> list[Any]:
    members = list(items)
    if not all(isinstance(item, _SCALAR) for item in members):
        raise pickle.UnpicklingError("a key, or a member of a set, is neither text nor a number")
    return members


def _holding(operation: bytes, keys: Callable[[list[Any]], Iterable[Any]]) -> Callable[[Any], None]:
    """Return what carries out an operation once the keys or members that lie on the stack are found to be scalars."""
    carry_out = pickle._Unpickler.dispatch[operation[0]]

    def load(unpickler: Any) -> None:
        _scalars(keys(unpickler.stack))
        carry_out(unpickler)

    return load


_KEYS: dict[bytes, Callable[[list[Any]], Iterable[Any]]] = {
    pickle.SETITEM: lambda stack: stack[-2:-1],
    pickle.SETITEMS: lambda stack: stack[::2],
    pickle.DICT: lambda stack: stack[::2],
    pickle.ADDITEMS: lambda stack: stack,
    pickle.FROZENSET: lambda stack: stack,
}
"""Where the keys or members of what an operation fills lie on the stack."""
_USELESS = (pickle.BYTEARRAY8, pickle.NEXT_BUFFER, pickle.READONLY_BUFFER, pickle.BUILD)
"""Of no use to plain containers; the first takes all the memory that it names before it looks for the bytes, and the
last could give what makes the sets another state."""


class PlainUnpickler(pickle._Unpickler):
    """Refuses every global name but those of sets; dicts, lists, tuples, text and numbers need none.

    It is the unpickler in Python: the one in C can be made to fill the memory by a pickle of a few bytes.
    """

    dispatch: ClassVar[dict[int, Any]] = {
        **{code: load for code, load in pickle._Unpickler.dispatch.items() if bytes([code]) not in _USELESS},
        **{operation[0]: _holding(operation, keys) for operation, keys in _KEYS.items()},
    }

    def find_class(self, module: str, name: str) -> Any:
        """Return what stands for a name that the pickle asks for.

        Raises:
            UnpicklingError: it is not admitted.
        """
        if module in ("builtins", "__builtin__") and name in _SETS:
            return _SETS[name]
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, and only plain containers and numbers are read")
