"""Settings given on the command line, `--set training.epochs=3`, laid over a protocol file's."""

from __future__ import annotations

from typing import Any

from bench.protocol.bounded_yaml import MOST_LEVELS, is_whole
from bench.protocol.diagnostics import suggestion
from bench.protocol.json_schema import valid_types
from bench.protocol.yaml_source import Document, Location, Problem, Value, parse, scalar

_YAML_BEGINS_WITH = ("[", "{", '"', "'")


class _Unusable(Exception):
    """A path leads nowhere, or what is to be set there cannot be read."""

    def __init__(self, location: Location, message: str) -> None:
        self.location = location
        self.message = message


def apply(override: str, document: Document, schema: dict[str, Any]) -> None:
    """Set one value in a document by its dotted path; list items go by position, `claims.0.margin=0.05`.

    Where only text or a path may stand, the value is taken as it is. Anywhere else it is a number, a truth value or
    null, or YAML when it begins with a bracket, a brace or a quote; nothing in it is a comment.

    What cannot be set is added to the document's problems. Whether a key exists is left to the protocol's
    schema, except under `systems`, where a mistyped name would start a new system.

    Args:
        override: `key.key=value`.
        document: changed in place.
        schema: JSON schema of the document.
    """
    place = f"--set {override}"
    path, equals, text = override.partition("=")
    steps = path.strip().split(".")
    try:
        if not equals or not all(steps):
            raise _Unusable((), "expected key=value, such as training.epochs=3")
        if not is_whole(override):
            raise _Unusable((), "expected text in UTF-8")
        location = _location(document.value, steps)
        value = _value(text, location, document, schema)
    except _Unusable as error:
        document.problems.append(Problem(error.location, error.message, place))
        return
    _put(document.value, location, value)
    for known in [known for known in document.places if known[: len(location)] == location]:
        del document.places[known]
    for depth in range(1, len(location) + 1):
        document.places.setdefault(location[:depth], place)


def _location(value: Value, steps: list[str]) -> Location:
    """Find where a path leads; mappings on the way that are not there will be made."""
    if len(steps) > MOST_LEVELS:
        raise _Unusable((), f"expected at most {MOST_LEVELS} keys, found {len(steps)}")
    location: Location = ()
    for number, step in enumerate(steps, start=1):
        here = (*location, step)
        if isinstance(value, list):
            positions = [str(i) for i in range(len(value))]
            if step not in positions:
                raise _Unusable(here, f"no such item{suggestion(step, positions)}")
            location = (*location, int(step))
            value = value[int(step)]
        elif isinstance(value, dict) or value is None:
            known = value or {}
            if location == ("systems",) and step not in known and number < len(steps):
                raise _Unusable(here, f"no such system{suggestion(step, known)}")
            location = here
            value = known.get(step)
        else:
            raise _Unusable(here, "stands inside a single value")
    return location


def _value(text: str, location: Location, document: Document, schema: dict[str, Any]) -> Value:
    """Read what is to stand at a location."""
    types = valid_types(schema, document.value, location)
    if types - {"null"} == {"string"}:
        if not text:
            raise _Unusable(location, "expected some text, found ''")
        return None if "null" in types and text == "null" else text
    if not text.strip().startswith(_YAML_BEGINS_WITH):
        return scalar(text.strip())
    given = parse(text.strip())
    if given.problems:
        raise _Unusable((*location, *given.problems[0].location), given.problems[0].message)
    return given.value


def _put(root: Value, location: Location, value: Value) -> None:
    """Set a value at a location, making the mappings that lead to it."""
    parent: Any = root
    for step in location[:-1]:
        held = parent.get(step) if isinstance(parent, dict) else parent[step]
        if held is None:
            held = parent[step] = {}
        parent = held
    parent[location[-1]] = value
