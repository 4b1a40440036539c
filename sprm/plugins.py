"""Plug-ins: files of code from outside the project, each a module that adds things to registries when it is loaded.

A process that is given what a plug-in defines needs the plug-in first, so the code goes with it: another machine need
not have the file, and a file that is edited during a run changes nothing in it.
"""

from __future__ import annotations

import hashlib
import pickle
import sys
from dataclasses import dataclass
from functools import cache
from importlib.abc import ExecutionLoader
from importlib.util import decode_source, module_from_spec, spec_from_loader
from pathlib import Path
from traceback import walk_tb
from typing import Any, Generic, TypeVar

from sprm.errors import PluginError

Value = TypeVar("Value")


@dataclass(frozen=True)
class Plugin:
    """A file of code.

    Attributes:
        path: of the file, as it was given.
        source: its text.
    """

    path: str
    source: str

    @property
    def name(self) -> str:
        """Name of its module, by what it holds: files of one name do not collide, and one that is edited is another."""
        return f"plugin_{hashlib.sha256(self.source.encode()).hexdigest()[:16]}"

    def load(self) -> None:
        """Run it, unless this process has.

        Raises:
            PluginError: it is not Python, or raises an error; names the line.
        """
        if self in _loaded:
            return
        spec = spec_from_loader(self.name, _Loader(self))
        assert spec is not None
        assert spec.loader is not None
        module = module_from_spec(spec)
        # Classes look their own module up, by name.
        sys.modules[self.name] = module
        try:
            spec.loader.exec_module(module)
        except (Exception, SystemExit) as error:
            del sys.modules[self.name]
            raise PluginError(f"{self._place_of(error)}: {_problem(error)}") from error
        _loaded.append(self)

    def _place_of(self, error: BaseException) -> str:
        line = line_in(self.path, error)
        return self.path if line is None else f"{self.path}, line {line}"


_loaded: list[Plugin] = []


def loaded() -> tuple[Plugin, ...]:
    """Return the plug-ins that this process has loaded, in that order."""
    return tuple(_loaded)


class Shipped(Generic[Value]):
    """A value on its way to another process, which loads this one's plug-ins before it reads the value.

    Args:
        value: what can be pickled.
    """

    def __init__(self, value: Value) -> None:
        self.value = value

    def __reduce__(self) -> tuple[Any, ...]:
        """Tell how another process makes it."""
        return _unpacked, (loaded(), pickle.dumps(self.value))


def _unpacked(plugins: tuple[Plugin, ...], content: bytes) -> Shipped[Any]:
    for plugin in plugins:
        plugin.load()
    return Shipped(pickle.loads(content))


@cache
def source_hash(module: str) -> str:
    """Return the sha256 of the source of a loaded module, and of all other modules of its package.

    Raises:
        PluginError: it has none, so that its results could not be told from those of other code.
    """
    spec = sys.modules[module].__spec__
    loader, path = (None, None) if spec is None else (spec.loader, spec.origin)
    if isinstance(loader, _Loader):
        return hashlib.sha256(loader.get_source(module).encode()).hexdigest()
    if path is None or not path.endswith(".py"):
        raise PluginError(f"{module}: expected a module with Python source, by which its results are known")
    package = sys.modules[module.partition(".")[0]].__file__
    if package is None or Path(package).name != "__init__.py":
        return _hash_of(Path(path))
    hashes = map(_hash_of, sorted(Path(package).parent.rglob("*.py")))
    return hashlib.sha256("".join(hashes).encode()).hexdigest()


def _hash_of(source: Path) -> str:
    return hashlib.sha256(decode_source(source.read_bytes()).encode()).hexdigest()


def line_in(path: str, error: BaseException) -> int | None:
    """Return the innermost line of a file that an error came through; None when it did not."""
    if isinstance(error, SyntaxError) and error.filename == path:
        return error.lineno
    lines = [line for frame, line in walk_tb(error.__traceback__) if frame.f_code.co_filename == path]
    return lines[-1] if lines else None


class _Loader(ExecutionLoader):
    """Runs a plug-in's text under the name of its file."""

    def __init__(self, plugin: Plugin) -> None:
        self._plugin = plugin

    def get_filename(self, fullname: str) -> str:
        return self._plugin.path

    def get_source(self, fullname: str) -> str:
        return self._plugin.source


def _problem(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return f"not valid Python: {error.msg}"
    return f"{type(error).__name__}: {error}"
