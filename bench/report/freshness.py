"""Whether a report still says what its run holds."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path

from bench.store.provenance import package_version
from sprm.files.atomic_file import write_atomically

STAMP = "inputs.json"
CODE = Path(__file__).parents[2]
"""Folder of the packages."""
WRITER = "bench.report.write"
"""The module that writes a report."""
TEMPLATES = Path(__file__).with_name("templates")
IMPORTED = re.compile(r"^ *(?:from|import) ((?:bench|sprm)[\w.]*)(?: import (\([^)]*\)|.*))?", re.MULTILINE)
"""A statement that imports from this project: a module, and the names in it."""
INPUTS = (
    "protocol.yaml",
    "manifest.json",
    "preregistration.json",
    "subsets/index.json",
    "trials/*/*/*/record.json",
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
        return drawn_from == _fingerprint(run) and all(_hash(report / name) == written for name, written in files)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False


def remove_stamp(report: Path) -> None:
    """Declare a report unfinished."""
    (report / STAMP).unlink(missing_ok=True)


def write_stamp(run: Path, report: Path, files: Mapping[str, bytes]) -> None:
    """Record what a finished report was drawn from and what its files hold."""
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())}
    stamp = {"inputs": _fingerprint(run), "files": hashes}
    write_atomically(report / STAMP, (json.dumps(stamp, indent=1) + "\n").encode())


def _fingerprint(run: Path) -> str:
    """Hash what the report is made from; a record holds the hash of its items, so those need not be read."""
    digest = hashlib.sha256(f"version {package_version()}\n".encode())
    for path in _code():
        digest.update(_line(path, CODE))
    for pattern in INPUTS:
        for path in sorted(run.glob(pattern)):
            digest.update(_line(path, run))
    return digest.hexdigest()


def _code() -> list[Path]:
    """List the sources and templates that decide what a report says: all that whatever writes it imports."""
    found: dict[str, Path] = {}
    left = [WRITER]
    while left:
        module = left.pop()
        path = CODE.joinpath(*module.split("."))
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        # What is imported from a module may be a module, too, or anything else.
        if module in found or not path.is_file():
            continue
        found[module] = path
        for imported, names in IMPORTED.findall(path.read_text(encoding="utf-8")):
            left += [imported, *(f"{imported}.{name}" for name in re.findall(r"\w+", names))]
    return sorted([*found.values(), *TEMPLATES.iterdir()])


def _line(path: Path, folder: Path) -> bytes:
    return f"{path.relative_to(folder).as_posix()} {_hash(path)}\n".encode()


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
