"""The kinds of corpus source that there are.

A kind is a class of `Source` in the file `source.py` of a folder beside this file, or in another distribution that
names its module as an entry point of the group `sprm_bench.sources`; the module registers the class.
"""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

from sprm.corpus.settings import Source
from sprm.registry import Kinds


def _import_own() -> None:
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        if module.ispkg:
            importlib.import_module(f"sprm.corpus.sources.{module.name}.source")


SOURCES = Kinds[Source]("sprm_bench.sources", _import_own)
