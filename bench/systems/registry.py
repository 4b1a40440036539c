"""The kinds of system that there are.

A kind is a class of `System` in a file of this folder, or in another distribution that names its module as an entry
point of the group `sprm_bench.systems`; the module registers the class.
"""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

from bench.systems.system import System
from sprm.registry import Kinds


def _import_own() -> None:
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        importlib.import_module(f"bench.systems.{module.name}")


SYSTEMS = Kinds[System]("sprm_bench.systems", _import_own)
