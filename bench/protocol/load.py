"""Reading a protocol file, and writing one out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import BaseModel
from pydantic_core import ValidationError

from bench.protocol.bounded_yaml import is_whole
from bench.protocol.claim import NO_SUCH_FRACTION
from bench.protocol.diagnostics import describe, problems_of
from bench.protocol.file_text import protocol_text
from bench.protocol.overrides import apply
from bench.protocol.schema import Protocol
from bench.protocol.yaml_source import Document, Problem, described, dump, parse
from sprm.errors import DataError, ProtocolError, shown
from sprm.files.paths import expanded

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class LoadedProtocol:
    """A protocol as it was read, once: its file may be a pipe, or be edited meanwhile.

    Attributes:
        path: the file's name.
        protocol: what it says, overrides included.
        left_out: names of its claims about amounts of data that an override took away.
        document: the file's values with their places.
    """

    path: Path
    protocol: Protocol
    left_out: tuple[str, ...]
    document: Document

    def refusal(self, problems: Sequence[Problem]) -> ProtocolError:
        """Return the error that tells where in a sound protocol's file stands what cannot be done with its corpus."""
        return _refusal(self.path, replace(self.document, problems=list(problems)))


def load(path: Path, overrides: Sequence[str] = ()) -> LoadedProtocol:
    """Read a protocol file, once.

    Args:
        path: the YAML file.
        overrides: settings that go before the file's, each `key.key=value`.

    Raises:
        ProtocolError: the file cannot be read, or it or an override holds mistakes; all are reported at once,
            each with its line, key and the nearest valid choice. Claims about amounts of data that an override took
            away are no mistake: they are left out, and named.
    """
    return load_text(protocol_text(path), path, overrides)


def load_text(text: str, path: Path, overrides: Sequence[str] = ()) -> LoadedProtocol:
    """Read the text of a protocol.

    Args:
        text: YAML.
        path: what errors call it.
        overrides: see `load`.

    Raises:
        ProtocolError: see `load`.
    """
    document = _document(text, path, overrides)
    value = cast(dict[str, Any], document.value)
    left_out: list[str] = []
    while True:
        try:
            # JSON's strict mode takes names for enumerations and paths, but never 1 for true or "5" for 5.
            protocol = Protocol.model_validate_json(json.dumps(value), strict=True)
            break
        except ValidationError as error:
            if not (unfit := _of_other_amounts(error, overrides)):
                document.problems += problems_of(error.errors(), document.value, Protocol.model_json_schema())
                break
            left_out += [value["claims"][place]["name"] for place in sorted(unfit)]
            value = {**value, "claims": [claim for place, claim in enumerate(value["claims"]) if place not in unfit]}
    if document.problems:
        raise _refusal(path, document)
    try:
        absolute = protocol.model_copy(update={"corpus": _with_absolute_paths(protocol.corpus)})
    except DataError as error:
        raise ProtocolError(f"{path}: {error}") from error
    return LoadedProtocol(path, absolute, tuple(left_out), document)


def _of_other_amounts(error: ValidationError, overrides: Sequence[str]) -> set[int]:
    """Return the places of claims about amounts of data that an override took away, when nothing else is wrong."""
    if not any(override.partition("=")[0].strip() in ("fractions", "shots") for override in overrides):
        return set()
    errors = error.errors()
    about_amounts = all(each["type"] == NO_SUCH_FRACTION for each in errors)
    return {int(each["loc"][1]) for each in errors} if about_amounts else set()


def _with_absolute_paths(settings: Model) -> Model:
    """Resolve every path against the current folder, `~` being the user's own."""
    changed: dict[str, Path | BaseModel] = {}
    for name, value in settings:
        if isinstance(value, Path):
            changed[name] = expanded(value).absolute()
            if not is_whole(str(changed[name])):
                raise DataError("its name is not in UTF-8, so no protocol can be written that says it", path=value)
            if "\0" in str(value):
                raise DataError(f"{name}: no path can hold the character '\\x00', found {shown(str(value))}")
        elif isinstance(value, BaseModel):
            changed[name] = _with_absolute_paths(value)
    return settings.model_copy(update=changed)


def _document(text: str, path: Path, overrides: Sequence[str]) -> Document:
    document = parse(text)
    if document.problems and document.value is None:
        raise _refusal(path, document)
    if not isinstance(document.value, dict):
        given = described(document.value)
        raise ProtocolError(f"{path}: expected keys and values, such as `name: fractions`, found {given}")
    schema = Protocol.model_json_schema() if overrides else {}
    for override in overrides:
        apply(override, document, schema)
    return document


def _refusal(path: Path, document: Document) -> ProtocolError:
    lines = describe(document.problems, document)
    if len(lines) == 1:
        return ProtocolError(f"{path}: {lines[0]}")
    return ProtocolError("\n  ".join([f"{path}: {len(lines)} problems", *lines]))


def resolved_yaml(protocol: Protocol) -> str:
    """Write a protocol out as YAML with every default in place; loading it gives the same protocol."""
    return dump(protocol.model_dump(mode="json", exclude_none=True))
