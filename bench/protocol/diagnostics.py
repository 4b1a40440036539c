"""Mistakes in a document in its writer's own terms: file, line, key and the nearest valid key."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Any

from pydantic_core import ErrorDetails

from bench.protocol.json_schema import valid_keys, valid_kinds
from bench.protocol.yaml_source import Document, Location, Place, Problem, Value, described
from sprm.errors import one_line

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
_MOST_LISTED = 20
_MOST_TOLD = 100
"""Problems of one document that are listed; a document with more is not meant to be read line by line."""
_LONGEST_EXPECTATION = 500
FROM_ELSEWHERE = " (one from elsewhere needs --plugin FILE, or its package installed)"


def nearest(word: str, valid: Iterable[str]) -> str | None:
    """Return the valid word most like the given one, or None when none is at all like it."""
    matches = difflib.get_close_matches(word.lower(), list(valid), n=1, cutoff=0.5)
    return matches[0] if matches else None


def suggestion(word: str, valid: Iterable[str]) -> str:
    """Return `; did you mean "..."?`, or the valid words when none is like the given one."""
    words = list(valid)
    if likely := nearest(word, words):
        return f'; did you mean "{one_line(likely)}"?'
    listed = ", ".join(one_line(choice) for choice in words[:_MOST_LISTED])
    return f"; valid: {listed}" + (f" and {len(words) - _MOST_LISTED} more" if len(words) > _MOST_LISTED else "")


def problems_of(errors: list[ErrorDetails], value: Value, schema: dict[str, Any]) -> list[Problem]:
    """Turn pydantic's errors into problems located in the document as it was written.

    Args:
        errors: of one failed validation.
        value: the document that was validated.
        schema: JSON schema of the model it was validated against.
    """
    by_location: dict[Location, list[ErrorDetails]] = {}
    for error in errors:
        # An entry with a mistake of its own, which is reported, is not counted by pydantic.
        if error["type"] == "too_short" and len(error["input"]) >= error["ctx"]["min_length"]:
            continue
        location = _written_location(error["loc"], value)
        if error["type"] == "union_tag_invalid":
            location = (*location, "kind")
        by_location.setdefault(location, []).append(error)
    shown = list(by_location.items())[:_MOST_TOLD]
    problems = [Problem(location, _message(alike, location, value, schema)) for location, alike in shown]
    if more := len(by_location) - len(shown):
        problems.append(Problem((), f"{more} more mistakes besides these"))
    return problems


def describe(problems: Iterable[Problem], document: Document) -> list[str]:
    """Return a line a problem, `line 4: training.epocs: unknown key; did you mean "epochs"?`.

    Those of the file come first, in its order.
    """
    placed = [(problem.place or document.place(problem.location), problem) for problem in problems]
    placed.sort(key=lambda pair: (isinstance(pair[0], str), pair[0] if isinstance(pair[0], int) else 0))
    return [_sentence(place, problem) for place, problem in placed]


def _sentence(place: Place, problem: Problem) -> str:
    where = f"line {place}" if isinstance(place, int) else one_line(place)
    key = one_line(".".join(str(part) for part in problem.location))
    return ": ".join(filter(None, (where, key, problem.message)))


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


def _message(errors: list[ErrorDetails], location: Location, value: Value, schema: dict[str, Any]) -> str:
    """Return what was expected at a location, what was found there, and the nearest valid choice.

    Args:
        errors: all of the location; several when it may hold one kind of value or another.
        location: in the document as it was written.
        value: the document.
        schema: JSON schema of the whole.
    """
    error = errors[0]
    if error["type"] == "extra_forbidden":
        return f"unknown key{suggestion(str(location[-1]), valid_keys(schema, value, location[:-1]))}"
    if error["type"] == "missing":
        return "missing"
    if error["type"] == "union_tag_not_found":
        return f"needs a kind{suggestion('', valid_kinds(schema, value, location))}"
    message = ", or ".join(dict.fromkeys(_expectation(mistake) for mistake in errors))
    given = error["input"]
    if error["type"] == "union_tag_invalid":
        given = given["kind"]
    is_single = isinstance(given, str | int | float)
    likely = nearest(str(given), re.findall(r"'([^']*)'", message)) if is_single else None
    message = one_line(message, _LONGEST_EXPECTATION)
    # What a validator of ours says of a list or a mapping as a whole tells itself what it found in it.
    if is_single or error["type"] in _EXPECTED:
        message += f", found {described(given)}"
    if likely:
        message += f'; did you mean "{likely}"?'
    # A run's own protocol may name what only a plug-in brings.
    return message + FROM_ELSEWHERE if isinstance(given, str) and _is_registered(error, location) else message


def _is_registered(error: ErrorDetails, location: Location) -> bool:
    return error["type"] == "union_tag_invalid" or location == ("strata",)


def _expectation(error: ErrorDetails) -> str:
    expected = _EXPECTED.get(error["type"])
    if expected is None:
        return error["msg"]
    limits = error.get("ctx", {}).items()
    return expected.format(**{name: f"{limit:g}" if isinstance(limit, float) else limit for name, limit in limits})
