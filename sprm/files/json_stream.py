"""JSON files of any size, read a member at a time."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Callable, Container, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import ijson

from sprm.errors import DataError, one_line, shown
from sprm.files.first_bytes import HEAD, refuse_foreign, refuse_utf16

_BUFFER = 2**20
"""Bytes read at a time."""
_DEEPEST = 20
"""No file read here nests more levels of lists and objects; one that does is meant to fill the memory."""

_BEGINNINGS, _ENDS = frozenset({"start_map", "start_array"}), frozenset({"end_map", "end_array"})
_Event: TypeAlias = tuple[str, Any]


def json_members(
    path: Path, wanted: Container[str] | None = None, passed: Callable[[str], object] = lambda key: None
) -> Iterator[tuple[str, Any]]:
    """Yield keys, without blanks around them, and their values of the object that a file holds.

    Args:
        path: the file.
        wanted: the keys; the values of others are passed over. Left out, all are wanted.
        passed: told each key whose value is passed over.

    Raises:
        DataError: the file cannot be read, is no JSON, holds no object, or a key appears twice.
    """
    events = _events(path)
    for key in _keys(events, path):
        if wanted is None or key in wanted:
            yield key, _value(events, next(events))
        else:
            passed(key)
            _pass_over(events, next(events))


def json_items(path: Path, names: Container[str]) -> Iterator[tuple[str, Any]]:
    """Yield the items of some lists in the object that a file holds, each with the name of its list.

    Raises:
        DataError: the file cannot be read, is no JSON, holds no object, or what should be a list is none.
    """
    events = _events(path)
    for key in _keys(events, path):
        first = next(events)
        if key not in names:
            _pass_over(events, first)
        elif first[0] != "start_array":
            raise DataError(f"expected a list, found {_begun(first)}", path=path, where=key)
        else:
            for event in events:
                if event[0] == "end_array":
                    break
                yield key, _value(events, event)


def json_list(path: Path) -> Iterator[Any]:
    """Yield the items of the list that a file holds.

    Raises:
        DataError: the file cannot be read, is no JSON, or holds no list.
    """
    events = _events(path)
    first = next(events)
    if first[0] != "start_array":
        raise DataError(f"expected a list, [...], found {_begun(first)}", path=path)
    for event in events:
        if event[0] != "end_array":
            yield _value(events, event)


def _events(path: Path) -> Iterator[_Event]:
    depth = 0
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
            refuse_foreign(head, path)
            refuse_utf16(head, path)
            file.seek(0)
            if file.read(len(BOM_UTF8)) != BOM_UTF8:
                file.seek(0)
            for event in ijson.basic_parse(file, use_float=True, buf_size=_BUFFER):
                kind = event[0]
                if kind in _BEGINNINGS:
                    depth += 1
                    if depth > _DEEPEST:
                        raise DataError(f"nests more than {_DEEPEST} levels of lists and objects", path=path)
                elif kind in _ENDS:
                    depth -= 1
                yield event
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", path=path) from error
    except (ijson.JSONError, ValueError) as error:
        raise DataError(f"not readable JSON: {_problem(error)}", path=path) from error


def _problem(error: Exception) -> str:
    """Return what a parser says, which quotes the file: as bytes where the file is no text."""
    said = error.args[0] if error.args else ""
    text = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
    return one_line(" ".join(text.split()), 200)


def _keys(events: Iterator[_Event], path: Path) -> Iterator[str]:
    """Yield the keys of an object; the caller takes each value from the events before it asks for the next."""
    first = next(events)
    if first[0] != "start_map":
        raise DataError(f"expected an object, {{...}}, found {_begun(first)}", path=path)
    seen = set()
    for event, key in events:
        if event == "map_key":
            key = key.strip()
            if key in seen:
                raise DataError("this key appears twice", path=path, where=key)
            seen.add(key)
            yield key


def _begun(first: _Event) -> str:
    """Say what kind of value begins with an event."""
    return {"start_map": "an object", "start_array": "a list"}.get(first[0], shown(first[1]))


def _value(events: Iterator[_Event], first: _Event) -> Any:
    """Build the value that begins with an event."""
    event, value = first
    if event == "start_array":
        # Numbers and texts are most of what is read, and a call for each of them would be half of the time.
        items: list[Any] = []
        for event, value in events:
            if event == "end_array":
                return items
            items.append(_value(events, (event, value)) if event in _BEGINNINGS else value)
    if event == "start_map":
        members: dict[str, Any] = {}
        for event, key in events:
            if event == "end_map":
                return members
            members[key] = _value(events, next(events))
    return value


def _pass_over(events: Iterator[_Event], first: _Event) -> None:
    depth = int(first[0] in _BEGINNINGS)
    while depth:
        event, _ = next(events)
        depth += event in _BEGINNINGS
        depth -= event in _ENDS
