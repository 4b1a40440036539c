"""YAML read with the line of every key, so that a mistake can be told where it stands.

Scalars follow the YAML 1.2 core schema, which holds no surprises: `1e-3` is a number, `010` is ten, and `no`,
`on`, `1:30` and `2024-01-01` are text. Keys are always text, and one that is given twice is a problem. Merge keys,
`<<: *defaults`, work as in YAML 1.1: a mapping's own keys go first, then those of an earlier merged mapping.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TypeAlias

import yaml

from bench.protocol.bounded_yaml import MOST_LEVELS, Unreadable, compose
from sprm.errors import shown

Value: TypeAlias = "str | int | float | bool | list[Value] | dict[str, Value] | None"
Location: TypeAlias = tuple[str | int, ...]
Place: TypeAlias = int | str
"""A line number from 1, or the command-line option that gave a value."""

_INTEGER = re.compile(r"[-+]?[0-9]+")
_REAL = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_LONGEST_NUMBER = 400
_INFINITE = re.compile(r"([-+]?)\.(inf|Inf|INF)")
_CONSTANTS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


@dataclass(frozen=True)
class Problem:
    """One mistake in a document.

    Attributes:
        location: keys and list positions from the top of the document.
        message: what is wrong and what was expected.
        place: where it stands, when that is not the place of the location.
    """

    location: Location
    message: str
    place: Place | None = None


@dataclass
class Document:
    """A parsed YAML document.

    Attributes:
        value: plain Python values.
        places: where each key and list item was given.
        problems: what made the text unreadable or ambiguous; empty for a sound document.
    """

    value: Value = None
    places: dict[Location, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def place(self, location: Location) -> Place:
        """Return where a location was given, or the innermost of its parents that was."""
        while location and location not in self.places:
            location = location[:-1]
        return self.places.get(location, 1)


def parse(text: str) -> Document:
    """Read one YAML document; what makes it unreadable, repeated keys and wrong merges are in its `problems`."""
    builder = _Builder()
    try:
        node = compose(text)
        if node is not None:
            builder.document.value = builder.value(node, ())
    except Unreadable as error:
        return Document(problems=[Problem((), error.message, error.line)])
    return builder.document


def scalar(text: str) -> str | int | float | bool | None:
    """Read an unquoted scalar by the YAML 1.2 core schema; `1e-3` becomes 0.001.

    A number that is too large for a floating-point number, such as `1e999`, or hundreds of digits long stays text, so
    that whatever expects a number refuses it.
    """
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _REAL.fullmatch(text):
        number = float(text)
        if math.isinf(number) or len(text) > _LONGEST_NUMBER:
            return text
        return int(text) if _INTEGER.fullmatch(text) else number
    if sign := _INFINITE.fullmatch(text):
        return float(f"{sign[1]}inf")
    return float("nan") if text in (".nan", ".NaN", ".NAN") else text


def described(value: Value) -> str:
    """Return a value as a message tells it, on one line and in few words: `true`, `'text'`, `a list of 3 items`."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | dict):
        kind, part = ("list", "item") if isinstance(value, list) else ("mapping", "key")
        return f"a {kind} of {len(value)} {part}{'' if len(value) == 1 else 's'}" if value else f"an empty {kind}"
    return shown(value)


def dump(value: Value) -> str:
    """Write a value as YAML that `parse` reads back as it was."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, default_flow_style=None, width=110)


class _Dumper(yaml.SafeDumper):
    """Also quotes the text that only YAML 1.2 would take for a number, such as `1e3`."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = None if isinstance(scalar(text), str) else "'"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


class _Builder:
    """Turns nodes into plain values and notes where they stand."""

    def __init__(self) -> None:
        self.document = Document()
        self._blamed: set[int] = set()
        """Nodes whose problem has been reported; aliases lead to them again."""

    def value(self, node: yaml.Node, at: Location) -> Value:
        """Return a node's value and note the places of all that is in it."""
        if len(at) > MOST_LEVELS:
            raise Unreadable(f"aliases put more than {MOST_LEVELS} lists and mappings inside one another", _line(node))
        self.document.places.setdefault(at, _line(node))
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*at, i)) for i, item in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            result: dict[str, Value] = {}
            self._fill(result, node, at)
            return result
        assert isinstance(node, yaml.ScalarNode)
        text = str(node.value)
        return scalar(text) if node.style is None else text

    def _fill(self, result: dict[str, Value], node: yaml.MappingNode, at: Location) -> None:
        """Add a mapping's own keys, then those that it merges; a key that is there already stays as it is."""
        lines: dict[tuple[str, bool], int] = {}
        merged: list[yaml.MappingNode] = []
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._blame(key_node, at, "a key must be a single word, found a list or a mapping")
                continue
            key = str(key_node.value)
            here = (*at, key)
            is_merge = key == "<<" and key_node.style is None
            if (key, is_merge) in lines:
                self._blame(key_node, here, f"given twice, first on line {lines[key, is_merge]}")
                continue
            lines[key, is_merge] = _line(key_node)
            if is_merge:
                merged += self._to_merge(value_node, here)
            elif key not in result:
                self.document.places[here] = _line(key_node)
                result[key] = self.value(value_node, here)
        for source in merged:
            self._fill(result, source, at)

    def _to_merge(self, node: yaml.Node, at: Location) -> list[yaml.MappingNode]:
        mappings: list[yaml.MappingNode] = []
        for entry in node.value if isinstance(node, yaml.SequenceNode) else [node]:
            if isinstance(entry, yaml.MappingNode):
                mappings.append(entry)
            else:
                given = entry.value if isinstance(entry, yaml.SequenceNode) else self.value(entry, at)
                self._blame(entry, at, f"expected a mapping to merge, or a list of such, found {described(given)}")
        return mappings

    def _blame(self, node: yaml.Node, at: Location, message: str) -> None:
        if id(node) not in self._blamed:
            self._blamed.add(id(node))
            self.document.problems.append(Problem(at, message, _line(node)))


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
