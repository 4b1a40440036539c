"""What a JSON schema allows at a location of a document, found by walking both side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bench.protocol.yaml_source import Location, Value


@dataclass(frozen=True)
class _Spot:
    """What the walk has come to.

    Attributes:
        part: of the schema; references and unions in it are still to be followed.
        value: of the document; None where it has none.
    """

    part: dict[str, Any]
    value: Value


def valid_keys(schema: dict[str, Any], value: Value, location: Location) -> list[str]:
    """Return the keys that may stand in the mapping at a location."""
    spot = _spot(schema, value, location)
    return list(_member(schema, spot.part, spot.value).get("properties", {}))


def valid_kinds(schema: dict[str, Any], value: Value, location: Location) -> list[str]:
    """Return what `kind` may be in the mapping at a location; empty where it is no union."""
    return list(_kinds(_spot(schema, value, location).part))


def valid_types(schema: dict[str, Any], value: Value, location: Location) -> set[str]:
    """Return the JSON types that may stand at a location, such as `string` and `null`; empty for an unknown key."""
    return _types(schema, _spot(schema, value, location).part)


def _spot(schema: dict[str, Any], value: Value, location: Location) -> _Spot:
    part = schema
    for step in location:
        member = _member(schema, part, value)
        if isinstance(step, int):
            part = member.get("items", {})
            value = value[step] if isinstance(value, list) else None
        else:
            named = member.get("properties", {}).get(step)
            part = named or _any_value(member) or _of_another_member(schema, part, step)
            value = value.get(step) if isinstance(value, dict) else None
    return _Spot(part, value)


def _any_value(part: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of the values of a mapping whose keys are free."""
    patterns = list(part.get("patternProperties", {}).values())
    return patterns[0] if patterns else part.get("additionalProperties") or {}


def _of_another_member(schema: dict[str, Any], part: dict[str, Any], key: str) -> dict[str, Any]:
    """Return the schema of a key that the chosen member of a union lacks: its kind may be given later."""
    for option in part.get("oneOf", []):
        if named := _resolved(schema, option).get("properties", {}).get(key):
            return dict(named)
    return {}


def _member(schema: dict[str, Any], part: dict[str, Any], value: Value) -> dict[str, Any]:
    """Follow references and choose the member of a union that the value's kind names, or else the default's."""
    part = _resolved(schema, part)
    kinds = _kinds(part)
    given = value if isinstance(value, dict) and "kind" in value else part.get("default")
    kind = given.get("kind") if isinstance(given, dict) else None
    if isinstance(kind, str) and kind in kinds:
        return _resolved(schema, {"$ref": kinds[kind]})
    # Members that no kind tells apart are told apart by their form.
    for option in [*part.get("anyOf", []), *([] if kinds else part.get("oneOf", []))]:
        chosen = _member(schema, option, value)
        if "properties" in chosen or "items" in chosen:
            return chosen
    return part


def _kinds(part: dict[str, Any]) -> dict[str, str]:
    """Return the reference of each kind of a union; empty for what is no union by kind."""
    return dict(part.get("discriminator", {}).get("mapping", {}))


def _types(schema: dict[str, Any], part: dict[str, Any]) -> set[str]:
    part = _resolved(schema, part)
    options = [*part.get("anyOf", []), *part.get("oneOf", [])]
    if options:
        return set().union(*(_types(schema, option) for option in options))
    return {part["type"]} if "type" in part else set()


def _resolved(schema: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in part:
        part = schema["$defs"][part["$ref"].rpartition("/")[2]]
    return part
