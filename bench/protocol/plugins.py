"""Plug-ins that a person names: read, loaded after the project's own kinds, and refused if they add nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.util import decode_source
from pathlib import Path
from typing import Any

from bench.protocol.claim import CLAIMS
from bench.protocol.stratifier import STRATA
from bench.systems.registry import SYSTEMS
from sprm.corpus.sources.registry import SOURCES
from sprm.errors import PluginError
from sprm.evaluation.metric import METRICS
from sprm.files.paths import absence
from sprm.plugins import Plugin, loaded
from sprm.registry import Registry

REGISTRIES: Mapping[str, Registry[Any]] = {
    "system": SYSTEMS,
    "source": SOURCES,
    "stratifier": STRATA,
    "metric": METRICS,
    "claim": CLAIMS,
}
"""All that a plug-in can add to, by what the things in it are."""


def load_plugins(paths: Iterable[Path]) -> None:
    """Load files of Python that add things to registries.

    Raises:
        PluginError: a file cannot be read, raises an error, adds what there is already, or adds nothing.
    """
    for path in paths:
        plugin, before = read_plugin(path), _names()
        is_new = plugin not in loaded()
        plugin.load()
        if is_new and _names() == before:
            raise PluginError(
                f"{path}: it adds nothing; expected a class with @SYSTEMS.register, @SOURCES.register or"
                " @CLAIMS.register, or METRICS.add or STRATA.add"
            )


def read_plugin(path: Path) -> Plugin:
    """Read a file of Python.

    Raises:
        PluginError: there is none, or it is no text.
    """
    if not path.is_file():
        raise PluginError(f"{path}: this file {absence(path)}")
    try:
        return Plugin(str(path), decode_source(path.read_bytes()))
    except OSError as error:
        raise PluginError(f"{path}: cannot be read: {error.strerror}") from error
    except (SyntaxError, ValueError) as error:
        raise PluginError(f"{path}: not a Python file: {error}") from error


def _names() -> set[tuple[str, str]]:
    return {(what, name) for what, registry in REGISTRIES.items() for name in registry.by_name()}
