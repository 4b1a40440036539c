"""The kinds of system that there are.

A kind is a class of `System` in a file of this folder, or in another distribution that names its module as an entry
point of the group `sprm_bench.systems`; the module registers the class.
"""

from __future__ import annotations

from bench.systems.system import System
from sprm.registry import Kinds

_OWN = "bench.systems"
SYSTEMS = Kinds[System]("sprm_bench.systems", f"{_OWN}.*")


def is_own(kind: type[System]) -> bool:
    """Whether a kind is one of this package, and not from elsewhere."""
    return kind.__module__.startswith(f"{_OWN}.")
