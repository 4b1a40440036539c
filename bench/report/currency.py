"""Whether a report still says what its run holds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from bench.provenance import package_version
from sprm.files.atomic_file import write_atomically

STAMP = "inputs.json"
CODE = Path(__file__).parent.parent
SOURCES = ("report/**/*", "analysis/**/*", "stats/**/*", "claims.py", "preregistration.py", "inputs.py", "standing.py")
"""The code that decides what a report says."""
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
        report: the folder that `render` wrote.
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
    """List the sources and templates that a report is made by."""
    found = (path for pattern in SOURCES for path in CODE.glob(pattern))
    return sorted(path for path in found if path.suffix in (".py", ".jinja", ".css"))


def _line(path: Path, folder: Path) -> bytes:
    return f"{path.relative_to(folder).as_posix()} {_hash(path)}\n".encode()


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
