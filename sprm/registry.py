"""Registries of things that are added by a file: in a folder of this project, or in another distribution."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from importlib.metadata import entry_points
from operator import or_
from typing import Annotated, Generic, TypeVar, get_args

from pydantic import BaseModel, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema

Thing = TypeVar("Thing")
Base = TypeVar("Base", bound=BaseModel)
Kind = TypeVar("Kind")


class Registry(Generic[Thing]):
    """Things by name.

    Args:
        group: of the entry points by which other distributions name modules that add things.
        own: imports the project's own modules that add things.
    """

    def __init__(self, group: str, own: Callable[[], object]) -> None:
        self.group = group
        self._own: Callable[[], object] | None = own
        self._added: dict[str, Thing] = {}

    def add(self, name: str, thing: Thing) -> None:
        """Add a thing.

        Raises:
            ValueError: another has its name.
        """
        if (other := self._added.setdefault(name, thing)) is not thing:
            raise ValueError(f"{_called(thing)} and {_called(other)} are both called {name!r}")

    def by_name(self) -> dict[str, Thing]:
        """Return everything that there is, in the order of the names."""
        if self._own is not None:
            own, self._own = self._own, None
            own()
            for entry in entry_points(group=self.group):
                entry.load()
        return dict(sorted(self._added.items()))


class Kinds(Registry[type[Base]]):
    """The kinds of something that a protocol may name, each a class whose `kind` is a `Literal` with its name."""

    def register(self, kind: type[Kind]) -> type[Kind]:
        """Let protocols name a kind; a decorator.

        Raises:
            ValueError: another class has its name.
        """
        (name,) = get_args(kind.__pydantic_fields__["kind"].annotation)  # type: ignore[attr-defined]
        self.add(name, kind)  # type: ignore[arg-type]
        return kind


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


def _called(thing: object) -> str:
    return thing.__qualname__ if isinstance(thing, type) else repr(thing)
