"""Kinds that register themselves: in a folder of this project, or in another distribution."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from importlib.metadata import entry_points
from operator import or_
from typing import Annotated, Generic, TypeVar, get_args

from pydantic import BaseModel, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema

Base = TypeVar("Base", bound=BaseModel)
Kind = TypeVar("Kind")


class Kinds(Generic[Base]):
    """The kinds of something that a protocol may name, each a class whose `kind` is a `Literal` with its name.

    Args:
        group: of the entry points by which other distributions name modules that register kinds.
        own: imports the project's own modules that register kinds.
    """

    def __init__(self, group: str, own: Callable[[], object]) -> None:
        self.group = group
        self._own: Callable[[], object] | None = own
        self._registered: dict[str, type[Base]] = {}

    def register(self, kind: type[Kind]) -> type[Kind]:
        """Let protocols name a kind; a decorator.

        Raises:
            ValueError: another class has its name.
        """
        (name,) = get_args(kind.__pydantic_fields__["kind"].annotation)  # type: ignore[attr-defined]
        if self._registered.setdefault(name, kind) is not kind:  # type: ignore[arg-type]
            both = f"{kind.__qualname__} and {self._registered[name].__qualname__}"
            raise ValueError(f"{both} are both called {name!r}")
        return kind

    def by_name(self) -> dict[str, type[Base]]:
        """Return every kind, in the order of their names."""
        if self._own is not None:
            own, self._own = self._own, None
            own()
            for entry in entry_points(group=self.group):
                entry.load()
        return dict(sorted(self._registered.items()))


class AnyOf:
    """Has a field take every kind that there is when the field is first used.

    Args:
        kinds: those.
    """

    def __init__(self, kinds: Kinds[Base]) -> None:
        self._kinds = kinds

    def __get_pydantic_core_schema__(self, source: type, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the schema of the kinds' union, told apart by `kind`."""
        union = reduce(or_, self._kinds.by_name().values())
        return handler.generate_schema(Annotated[union, Field(discriminator="kind")])
