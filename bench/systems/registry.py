"""The kinds of system that there are.

A kind is a class of `System`, in a file of this folder or in another distribution that names its module as an entry
point of the group `sprm_bench.systems`; the module registers the class.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import TypeVar, get_args

from bench.systems.system import System

GROUP = "sprm_bench.systems"
_registered: dict[str, type[System]] = {}
Kind = TypeVar("Kind", bound=type[System])


def register(kind: Kind) -> Kind:
    """Let protocols name a kind of system; a decorator.

    Raises:
        ValueError: another class has its name.
    """
    (name,) = get_args(kind.__pydantic_fields__["kind"].annotation)
    if _registered.setdefault(name, kind) is not kind:
        raise ValueError(f"{kind.__qualname__} and {_registered[name].__qualname__} are both called {name!r}")
    return kind


@cache
def kinds() -> tuple[type[System], ...]:
    """Return every kind of system, in the order of their names."""
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        importlib.import_module(f"bench.systems.{module.name}")
    for entry in entry_points(group=GROUP):
        entry.load()
    return tuple(kind for _, kind in sorted(_registered.items()))
