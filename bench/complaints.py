"""Mistakes in a document in its writer's own terms: file, line, key and the nearest valid key."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Any

from pydantic_core import ErrorDetails

from bench.located_yaml import Document, Location, Place, Problem, Value

_EXPECTED = {
    "int_type": "expected a whole number",
    "int_parsing": "expected a whole number",
    "int_from_float": "expected a whole number",
    "float_type": "expected a number",
    "float_parsing": "expected a number",
    "finite_number": "expected a finite number",
    "bool_type": "expected true or false",
    "bool_parsing": "expected true or false",
    "string_type": "expected text",
    "path_type": "expected a path",
    "list_type": "expected a list",
    "tuple_type": "expected a list",
    "dict_type": "expected keys and values",
    "model_type": "expected keys and values",
    "model_attributes_type": "expected keys and values",
    "union_tag_not_found": "needs a kind",
    "missing": "missing",
    "greater_than": "expected more than {gt}",
    "greater_than_equal": "expected at least {ge}",
    "less_than": "expected less than {lt}",
    "less_than_equal": "expected at most {le}",
    "too_short": "expected at least {min_length} of these",
    "string_too_short": "expected some text",
    "string_too_long": "expected at most {max_length} characters",
    "string_pattern_mismatch": "expected lower-case letters, digits and single hyphens",
    "enum": "expected {expected}",
    "literal_error": "expected {expected}",
    "union_tag_invalid": "expected {expected_tags}",
}


def nearest(word: str, valid: Iterable[str]) -> str | None:
    """Return the valid word most like the given one, or None when none is at all like it."""
    found = difflib.get_close_matches(word.lower(), list(valid), n=1, cutoff=0.5)
    return found[0] if found else None


def suggestion(word: str, valid: Iterable[str]) -> str:
    """Return `; did you mean "..."?`, or the valid words when none is like the given one."""
    words = list(valid)
    likely = nearest(word, words)
    return f'; did you mean "{likely}"?' if likely else f"; valid: {', '.join(words)}"


def problems_of(errors: list[ErrorDetails], value: Value, schema: dict[str, Any]) -> list[Problem]:
    """Turn pydantic's errors into problems located in the document as it was written.

    Args:
        errors: of one failed validation.
        value: the document that was validated.
        schema: JSON schema of the model it was validated against.
    """
    found: dict[Location, list[str]] = {}
    for error in errors:
        # An entry with a mistake of its own, which is told, is not counted by pydantic.
        if error["type"] == "too_short" and error["input"]:
            continue
        location = _written_location(error["loc"], value)
        if error["type"] == "union_tag_invalid":
            location = (*location, "kind")
        message = _message(error, location, value, schema)
        if message not in found.setdefault(location, []):
            found[location].append(message)
    return [Problem(location, ", or ".join(messages)) for location, messages in found.items()]


def describe(problems: Iterable[Problem], document: Document) -> list[str]:
    """Return a line a problem, `line 4: training.epocs: unknown key; did you mean "epochs"?`.

    Those of the file come first, in its order.
    """
    placed = [(problem.place or document.place(problem.location), problem) for problem in problems]
    placed.sort(key=lambda pair: (isinstance(pair[0], str), pair[0] if isinstance(pair[0], int) else 0))
    return [_sentence(place, problem) for place, problem in placed]


def _sentence(place: Place, problem: Problem) -> str:
    key = ".".join(str(part) for part in problem.location)
    return ": ".join(filter(None, (f"line {place}" if isinstance(place, int) else place, key, problem.message)))


def _written_location(location: Location, value: Value) -> Location:
    """Drop what pydantic adds to a location: the kind of a union's member, `[key]`, names of types."""
    written: list[str | int] = []
    kind_dropped = False
    for i, part in enumerate(location):
        if isinstance(value, dict) and isinstance(part, str):
            if part == "[key]" or (part == value.get("kind") and not kind_dropped):
                kind_dropped = True
            elif part in value or i == len(location) - 1:
                written.append(part)
                value = value.get(part)
                kind_dropped = False
        elif isinstance(value, list) and isinstance(part, int):
            written.append(part)
            value = value[part]
            kind_dropped = False
    return tuple(written)


def _message(error: ErrorDetails, location: Location, value: Value, schema: dict[str, Any]) -> str:
    key = str(location[-1]) if location else ""
    if error["type"] == "extra_forbidden":
        return f"unknown key{suggestion(key, _valid_keys(schema, value, location[:-1]))}"
    limits = error.get("ctx", {}).items()
    context = {name: f"{limit:g}" if isinstance(limit, float) else limit for name, limit in limits}
    expected = _EXPECTED.get(error["type"])
    message = expected.format(**context) if expected else error["msg"]
    given = error["input"]
    if error["type"] == "union_tag_invalid":
        given = given["kind"]
    if isinstance(given, str | int | float) and error["type"] not in ("missing", "union_tag_not_found"):
        message += f", found {given!r}" if isinstance(given, str) else f", found {str(given).lower()}"
        likely = nearest(str(given), re.findall(r"'([^']*)'", message.partition(", found")[0]))
        message += f'; did you mean "{likely}"?' if likely else ""
    return message


def _valid_keys(schema: dict[str, Any], value: Value, location: Location) -> list[str]:
    """Walk a JSON schema beside the document and return the keys that may stand at a location."""
    part = _member(schema, schema, value)
    for step in location:
        if isinstance(step, str):
            value = value.get(step) if isinstance(value, dict) else None
            part = part.get("properties", {}).get(step) or _any_value(part)
        else:
            value = value[step] if isinstance(value, list) else None
            part = part.get("items", {})
        part = _member(schema, part, value)
    return list(part.get("properties", {}))


def _any_value(part: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of the values of a mapping whose keys are free."""
    patterns = list(part.get("patternProperties", {}).values())
    return patterns[0] if patterns else part.get("additionalProperties") or {}


def _member(schema: dict[str, Any], part: dict[str, Any], value: Value) -> dict[str, Any]:
    """Follow references and choose the member of a union that the value's kind names."""
    while "$ref" in part:
        part = schema["$defs"][part["$ref"].rpartition("/")[2]]
    mapping = part.get("discriminator", {}).get("mapping", {})
    kind = value.get("kind") if isinstance(value, dict) else None
    if isinstance(kind, str) and kind in mapping:
        return _member(schema, {"$ref": mapping[kind]}, value)
    for option in part.get("anyOf", []):
        chosen = _member(schema, option, value)
        if "properties" in chosen or "items" in chosen:
            return chosen
    return part
