"""Whether a report still says what its run holds."""

from __future__ import annotations

import hashlib
import inspect
import json
import re
from collections.abc import Collection, Mapping
from pathlib import Path

from bench.protocol.claim import CLAIMS
from bench.store.provenance import package_version
from bench.systems.registry import SYSTEMS
from sprm.corpus.sources.registry import SOURCES
from sprm.evaluation.metric import METRICS
from sprm.files.atomic_file import write_atomically
from sprm.files.regular import content_of
from sprm.plugins import loaded

STAMP = "inputs.json"
CODE = Path(__file__).parents[2]
"""Folder of the packages."""
WRITER = "bench.report.write"
"""The module that writes a report."""
TEMPLATES = Path(__file__).with_name("templates")
IMPORTED = re.compile(r"^ *(?:from|import) ((?:bench|sprm)[\w.]*)(?: import (\([^)]*\)|.*))?", re.MULTILINE)
"""A statement that imports from this project: a module, and the names in it."""
OWN = re.compile(r"(figures|tables)/[\w-]+\.(svg|png|csv|tex)")
"""Files of a report that another one of the same run need not have."""
INPUTS = (
    "protocol.yaml",
    "manifest.json",
    "preregistration.json",
    "subsets/index.json",
    "test/index.json",
    "test/*.parquet",
    "test/pictures/*.jpg",
    "phrases/*.parquet",
    "trials/*/*/*/record.json",
    "trials/*/*/*/items.parquet",
    "trials/*/*/*/failure.json",
)


def is_current(run: Path, report: Path) -> bool:
    """Tell whether a report was drawn from a run as it is now, by the code as it is now, and is as it was written.

    Args:
        run: the run folder.
        report: the report's folder.
    """
    try:
        stamp = json.loads((report / STAMP).read_bytes())
        drawn_from, files = stamp["inputs"], stamp["files"].items()
        return drawn_from == fingerprint(run) and all(_hash(report / name) == written for name, written in files)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False


def remove_outdated(report: Path, names: Collection[str]) -> None:
    """Remove the figures and tables of an earlier report that are not among the files of a new one.

    What else lies in the folder is somebody's own, and stays.

    Args:
        report: the report's folder.
        names: the files of the new report.
    """
    try:
        before = json.loads((report / STAMP).read_bytes())["files"].keys()
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return
    for name in before - set(names):
        # The stamp is a file like any other: what it names need not be a report's, nor in its folder.
        if OWN.fullmatch(name) and (report / name).is_file():
            (report / name).unlink(missing_ok=True)


def remove_stamp(report: Path) -> None:
    """Declare a report unfinished."""
    (report / STAMP).unlink(missing_ok=True)


def write_stamp(report: Path, drawn_from: str, files: Mapping[str, bytes]) -> None:
    """Record what a finished report was drawn from and what its files hold.

    Args:
        report: the report's folder.
        drawn_from: the run's fingerprint from before it was analysed, as trials may end meanwhile.
        files: what was written, by name.
    """
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())}
    stamp = {"inputs": drawn_from, "files": hashes}
    write_atomically(report / STAMP, (json.dumps(stamp, indent=1) + "\n").encode())


def fingerprint(run: Path) -> str:
    """Hash what the report is made from, whole: a file may come later than the record that names its hash."""
    digest = hashlib.sha256(f"version {package_version()}\n".encode())
    for module, path in sorted(_code().items()):
        digest.update(f"{module} {_hash(path)}\n".encode())
    for plugin in loaded():
        digest.update(f"{plugin.name}\n".encode())
    for path in sorted(TEMPLATES.rglob("*.*")):
        digest.update(_line(path, TEMPLATES))
    for pattern in INPUTS:
        for path in sorted(run.glob(pattern)):
            digest.update(_line(path, run))
    return digest.hexdigest()


def _code() -> dict[str, Path]:
    """Return the files that decide what a report says: kinds, metrics, the writer, and their imports of the project."""
    code: dict[str, Path] = {}
    for registry in (CLAIMS, METRICS, SOURCES, SYSTEMS):
        code |= {module.__name__: Path(inspect.getfile(module)) for module in registry.modules()}
    left = [WRITER, *(imported for path in code.values() for imported in _imports(path))]
    while left:
        module = left.pop()
        path = CODE.joinpath(*module.split("."))
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        # What is imported from a module may be a module, too, or anything else.
        if module in code or not path.is_file():
            continue
        code[module] = path
        left += _imports(path)
    return code


def _imports(path: Path) -> list[str]:
    """Return what a file imports from this project, each name as it would be called if it were a module."""
    statements = IMPORTED.findall(path.read_text(encoding="utf-8"))
    return [name for module, names in statements for name in (module, *_within(module, names))]


def _within(module: str, names: str) -> list[str]:
    return [f"{module}.{name}" for name in re.findall(r"\w+", names)]


def _line(path: Path, folder: Path) -> bytes:
    try:
        content = _hash(path)
    except OSError:
        # Whoever reads it says why; a report may do without it.
        content = "unreadable"
    return f"{path.relative_to(folder).as_posix()} {content}\n".encode()


def _hash(path: Path) -> str:
    return hashlib.sha256(content_of(path)).hexdigest()
