"""Values that a system is tried with, of which the validation split chooses."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Annotated, Any, TypeAlias

from pydantic import Field, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import InitErrorDetails, PydanticCustomError

Tune: TypeAlias = dict[str, Annotated[tuple[Any, ...], Field(min_length=1)]]
"""For each setting or training value that is tuned, the values that are tried; all combinations of them are."""


def candidates_of(tune: Tune | None) -> list[dict[str, Any]]:
    """Return the combinations of values that are tried, in order; a single empty one where nothing is tuned."""
    if tune is None:
        return [{}]
    return [dict(zip(tune, values, strict=True)) for values in product(*tune.values())]


def checked(tune: Tune, fields: Mapping[str, FieldInfo]) -> Tune:
    """Return the same values as the fields have them.

    Args:
        tune: as it was written.
        fields: what may be tuned, by name.

    Raises:
        ValidationError: a name is none of these, or a value is none that the field takes, or is there twice.
    """
    errors: list[InitErrorDetails] = []
    found: Tune = {}
    for name, values in tune.items():
        if name not in fields:
            expected = " or ".join(sorted(fields))
            error = PydanticCustomError("tune", "expected {expected}", {"expected": expected})
            errors.append({"type": error, "loc": (name,), "input": name})
            continue
        field = fields[name]
        adapter: TypeAdapter[Any] = TypeAdapter(Annotated[field.annotation, field])  # type: ignore[arg-type]
        own: list[Any] = []
        for place, value in enumerate(values):
            try:
                own.append(adapter.validate_python(value))
            except ValidationError as wrong:
                for each in wrong.errors():
                    details: InitErrorDetails = {"type": each["type"], "loc": (name, place), "input": each["input"]}
                    errors.append({**details, "ctx": each["ctx"]} if "ctx" in each else details)
                continue
            if own[-1] is None or own[-1] in own[:-1]:
                what = "a value that is tried" if own[-1] is None else "each value once"
                error = PydanticCustomError("tune", "expected {what}", {"what": what})
                errors.append({"type": error, "loc": (name, place), "input": value})
        found[name] = tuple(own)
    if errors:
        raise ValidationError.from_exception_data("tune", errors)
    return found
