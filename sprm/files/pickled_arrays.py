"""Reading what numpy writes of a dict of arrays: an array of one object, the dict, as a pickle.

Nothing of numpy is called by the pickle. What it may ask for are stand-ins, which note shape, type and bytes of an
array; the array is made of them once they are found to fit.
"""

from __future__ import annotations

import pickle
import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sprm.errors import DataError, shown
from sprm.files.pickles import PlainUnpickler, load_with

Record: TypeAlias = Mapping[str, NDArray[Any] | str | bytes | int | float | bool | None]
"""Arrays of numbers, single numbers and texts by their names."""
_NUMBERS = re.compile(r"b1|[iu][1248]|f[248]")
"""What numpy calls its types of numbers."""
_ORDERS = ("<", ">", "|")
_OBJECT = "O8"


def load_record(content: bytes, path: Path, where: str) -> Record:
    """Load the body of an array of one object, which has to be a dict of arrays of numbers, numbers and texts.

    Args:
        content: a pickle, as `numpy.save` writes it after the header.
        path: the file that it stands in, for the error.
        where: its place in the file.

    Raises:
        DataError: it is truncated, holds something else, or asks for anything else, which is named and not run.
    """
    outer = load_with(_ArrayUnpickler, content, path, where)
    inner = outer.value if isinstance(outer, _Array) and outer.is_object else outer
    if not isinstance(inner, dict):
        raise DataError(f"expected a dict of arrays, found {_told(inner)}", path=path, where=where)
    record: dict[str, Any] = {}
    for name, value in inner.items():
        is_numbers = isinstance(value, _Array) and not value.is_object and value.value is not None
        if not isinstance(name, str) or not (is_numbers or isinstance(value, str | bytes | int | float | None)):
            problem = f"expected arrays of numbers, numbers and texts by name, found {_told(name)}: {_told(value)}"
            raise DataError(problem, path=path, where=where)
        record[name] = value.value if isinstance(value, _Array) else value
    return record


@dataclass
class _Type:
    """Stands for a numpy type while its array is read."""

    numbers: np.dtype[Any] | None
    """None for objects."""


@dataclass(eq=False)
class _Array:
    """Stands for an array while it is read."""

    value: Any = None
    """An array of numbers; or the only object of an array of objects."""
    is_object: bool = False


class _Kind:
    """Stands for `numpy.ndarray`, which a pickle names and nobody may call."""


_KIND = _Kind()


def _reconstruct(kind: object, shape: object, code: object) -> _Array:
    if kind is not _KIND:
        raise pickle.UnpicklingError("it holds an array of a kind of its own")
    return _Array()


def _type(name: object, align: object = False, copy: object = True) -> _Type:
    if name == _OBJECT:
        return _Type(None)
    if not isinstance(name, str) or not _NUMBERS.fullmatch(name):
        raise pickle.UnpicklingError(f"it holds an array of type {shown(name)}, and only numbers are read")
    return _Type(np.dtype(name))


def _set_type(kind: _Type, state: tuple[Any, ...]) -> None:
    version, order, *structure = state[:5]
    if version != 3 or order not in _ORDERS or any(part is not None for part in structure):
        raise pickle.UnpicklingError("it holds an array whose type has parts, and only numbers are read")
    if kind.numbers is not None:
        kind.numbers = kind.numbers.newbyteorder(order)


def _set_array(array: _Array, state: tuple[Any, ...]) -> None:
    _, shape, kind, by_columns, content = state
    if not isinstance(kind, _Type) or not isinstance(shape, tuple) or not all(type(n) is int for n in shape):
        raise pickle.UnpicklingError("it holds an array without a shape or a type")
    if kind.numbers is None:
        if shape != () or not isinstance(content, list) or len(content) != 1:
            raise pickle.UnpicklingError("it holds an array of more than one object")
        array.value, array.is_object = content[0], True
        return
    size = kind.numbers.itemsize
    if not isinstance(content, bytes) or min(shape, default=0) < 0 or len(content) != prod(shape) * size:
        there = f"{len(content)} bytes" if isinstance(content, bytes) else shown(content)
        raise pickle.UnpicklingError(f"it holds an array of {shown(shape)} numbers of {size} bytes, found {there}")
    array.value = np.frombuffer(content, dtype=kind.numbers).reshape(shape, order="F" if by_columns else "C")


class _ArrayUnpickler(PlainUnpickler):
    """Reads arrays of numbers, too."""

    def find_class(self, module: str, name: str) -> Any:
        if name == "_reconstruct" and module in ("numpy.core.multiarray", "numpy._core.multiarray"):
            return _reconstruct
        if module == "numpy" and name in ("ndarray", "dtype"):
            return _KIND if name == "ndarray" else _type
        return super().find_class(module, name)

    def _build(self: Any) -> None:
        """Give a stand-in what it stands for."""
        state, target = self.stack.pop(), self.stack[-1]
        if not isinstance(state, tuple) or not isinstance(target, _Type | _Array):
            raise pickle.UnpicklingError("it sets the state of something that is no array")
        if isinstance(target, _Type):
            _set_type(target, state)
        else:
            _set_array(target, state)

    dispatch: ClassVar[dict[int, Any]] = {**PlainUnpickler.dispatch, pickle.BUILD[0]: _build}


def _told(value: object) -> str:
    if isinstance(value, _Array):
        return "an array of an object" if value.is_object else "an array"
    return shown(value)
