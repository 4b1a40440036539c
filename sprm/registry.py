"""Registries of things that are added by a file: in a folder of this project, or in another distribution."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import reduce
from importlib.metadata import EntryPoint, entry_points
from operator import or_
from types import ModuleType
from typing import Annotated, Generic, Literal, TypeAlias, TypeVar, get_args

from pydantic import BaseModel, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema

from sprm.errors import PluginError, shown
from sprm.plugins import source_hash

Thing = TypeVar("Thing")
Base = TypeVar("Base", bound=BaseModel)
Kind = TypeVar("Kind")
Definition: TypeAlias = type | Callable[..., object]
"""A class or a function, which knows the module that it stands in."""


class Registry(Generic[Thing]):
    """Things by name.

    Args:
        group: of the entry points by which other distributions name modules that add things.
        own: the project's own modules that add things, `package.*` or, for those in folders, `package.*.module`.
    """

    def __init__(self, group: str, own: str) -> None:
        self.group = group
        self._own = own
        self._added: dict[str, Thing] = {}
        self._modules: tuple[ModuleType, ...] | None = None

    def add(self, name: str, thing: Thing) -> None:
        """Add a thing.

        Raises:
            ValueError: another has its name.
        """
        if (other := self._added.setdefault(name, thing)) is not thing:
            raise ValueError(f"{_called(thing)} and {_called(other)} are both called {name!r}")

    def by_name(self) -> dict[str, Thing]:
        """Return everything that there is, in the order of the names.

        Raises:
            PluginError: a module of another distribution cannot be loaded.
        """
        self.modules()
        return dict(sorted(self._added.items()))

    def is_own(self, thing: Definition) -> bool:
        """Whether a class or function is one of the project's own modules, and not from elsewhere."""
        return thing.__module__.startswith(f"{self._own.partition('.*')[0]}.")

    @contextmanager
    def blamed(self, what: str, thing: Definition) -> Iterator[None]:
        """Name what is not the project's own where it raises an error.

        Args:
            what: its name, for a person.
            thing: the function that is called.

        Raises:
            PluginError: it raised an error.
        """
        try:
            yield
        except Exception as error:
            if self.is_own(thing):
                raise
            raise PluginError(f"{what}: {type(error).__name__}: {error}") from error

    def code_of(self, thing: Definition) -> str | None:
        """Return the `source_hash` of the module that defines a class or function; None of the project's own.

        Raises:
            PluginError: that module has no source.
        """
        return None if self.is_own(thing) else source_hash(thing.__module__)

    def modules(self) -> tuple[ModuleType, ...]:
        """Return the modules that add things.

        Raises:
            PluginError: one of another distribution cannot be loaded.
        """
        # Kept when all are loaded, so that what failed once fails again and is never left out.
        if self._modules is None:
            self._modules = (*self._load_own(), *map(_load, entry_points(group=self.group)))
        return self._modules

    def _load_own(self) -> Iterator[ModuleType]:
        package, _, below = self._own.partition(".*")
        for found in pkgutil.iter_modules(importlib.import_module(package).__path__):
            if found.ispkg == bool(below):
                yield importlib.import_module(f"{package}.{found.name}{below}")


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


class NameOf:
    """Has a text field take the name of everything that there is when the field is first used.

    Args:
        registry: of what is named.
    """

    def __init__(self, registry: Registry[Thing]) -> None:
        self._registry = registry

    def __get_pydantic_core_schema__(self, source: type, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the schema of the names."""
        return handler.generate_schema(Literal[tuple(self._registry.by_name())])


def _load(entry: EntryPoint) -> ModuleType:
    try:
        module = entry.load()
    except Exception as error:
        distribution = "another distribution" if entry.dist is None else entry.dist.name
        problem = f"{type(error).__name__}: {error}"
        raise PluginError(f"{distribution}: its {entry.group} “{entry.name}” cannot be loaded ({problem})") from error
    if not isinstance(module, ModuleType):
        raise PluginError(f"{entry.group} “{entry.name}”: expected a module, found {shown(entry.value)}")
    return module


def _called(thing: object) -> str:
    return thing.__qualname__ if isinstance(thing, type) else repr(thing)
