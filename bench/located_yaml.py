"""YAML read with the line of every key, so that a mistake can be told where it stands.

Scalars follow the YAML 1.2 core schema, which holds no surprises: `1e-3` is a number, `010` is ten, and `no`,
`on`, `1:30` and `2024-01-01` are text. Keys are always text, and one that is given twice is a problem.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TypeAlias

import yaml

Value: TypeAlias = "str | int | float | bool | list[Value] | dict[str, Value] | None"
Location: TypeAlias = tuple[str | int, ...]
Place: TypeAlias = int | str
"""A line number from 1, or the command-line option that gave a value."""

_INTEGER = re.compile(r"[-+]?[0-9]+")
_REAL = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
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
    """Read one YAML document; syntax errors and repeated keys are in its `problems`."""
    document = Document()
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        document.problems.append(_syntax_problem(error))
    except yaml.YAMLError as error:
        document.problems.append(Problem((), str(error).replace("\n", " ")))
    else:
        if node is not None:
            document.value = _value(node, (), document, ())
    return document


def scalar(text: str) -> str | int | float | bool | None:
    """Read an unquoted scalar by the YAML 1.2 core schema; `1e-3` becomes 0.001."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _REAL.fullmatch(text):
        return float(text)
    if sign := _INFINITE.fullmatch(text):
        return float(f"{sign[1]}inf")
    return float("nan") if text in (".nan", ".NaN", ".NAN") else text


def dump(value: Value) -> str:
    """Write a value as YAML that `parse` reads back as it was."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, default_flow_style=None, width=110)


class _Dumper(yaml.SafeDumper):
    """Also quotes the text that only YAML 1.2 would take for a number, such as `1e3`."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = None if isinstance(scalar(text), str) else "'"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def _value(node: yaml.Node, at: Location, document: Document, parents: tuple[yaml.Node, ...]) -> Value:
    document.places.setdefault(at, _line(node))
    if any(node is parent for parent in parents):
        document.problems.append(Problem(at, "holds itself through an alias", _line(node)))
        return None
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*at, i), document, (*parents, node)) for i, item in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, at, document, parents)
    assert isinstance(node, yaml.ScalarNode)
    text = str(node.value)
    return scalar(text) if node.style is None else text


def _mapping(
    node: yaml.MappingNode, at: Location, document: Document, parents: tuple[yaml.Node, ...]
) -> dict[str, Value]:
    result: dict[str, Value] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            document.problems.append(Problem(at, "a key must be a single word", _line(key_node)))
            continue
        key = str(key_node.value)
        here = (*at, key)
        if key in result:
            message = f"given twice, first on line {document.places[here]}"
            document.problems.append(Problem(here, message, _line(key_node)))
            continue
        document.places[here] = _line(key_node)
        result[key] = _value(value_node, here, document, (*parents, node))
    return result


def _syntax_problem(error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    message = f"not valid YAML: {error.problem or error.context}"
    if "\\t" in message:
        message = "indent with spaces, not with a tab"
    return Problem((), message, None if mark is None else mark.line + 1)


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
