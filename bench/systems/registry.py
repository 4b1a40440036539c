"""The kinds of system that there are.

A kind is a class of `System` in a file of this folder, in a plug-in, or in another distribution that names its module
as an entry point of the group `sprm_bench.systems`; the module registers the class.
"""

from __future__ import annotations

from typing import Any

from bench.systems.system import System
from sprm.registry import Kinds

CODE = "code"
"""Key of the hash of a kind's code in what results are known by."""


class Systems(Kinds[System]):
    """Kinds of system."""

    def add(self, name: str, thing: type[System]) -> None:
        """Add a kind.

        Raises:
            ValueError: another has its name, or a field of it that of something else that results are known by.
        """
        if CODE in thing.model_fields:
            raise ValueError(f"no field of {thing.__qualname__} can be called {CODE!r}, as the hash of its code is")
        super().add(name, thing)


SYSTEMS = Systems("sprm_bench.systems", "bench.systems.*")


def identity_of(system: System) -> dict[str, Any]:
    """Return what of a system's own settings and code its outcome depends on, training values aside.

    The code of this package's own kinds is told by the package's version.
    """
    code = SYSTEMS.code_of(type(system))
    return {**system.identity, **({} if code is None else {CODE: code})}
