"""What a number depends on besides its settings: code, library versions, machine, threads."""

from __future__ import annotations

import os
import platform
import subprocess
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from bench.store.stored_model import Record

LIBRARIES = ("torch", "torchvision", "numpy", "pandas", "pyarrow", "scipy")


def package_version() -> str:
    """Return this package's version, which is part of every fingerprint."""
    return version("sprm-bench")


class Provenance(Record):
    """Where and with what something was computed."""

    package: str
    """Version of this package."""
    revision: str | None
    """Git revision of its source folder, ending in `+` when files were changed; None outside git."""
    python: str
    libraries: dict[str, str]
    """Versions of the libraries that numbers pass through."""
    platform: str
    processor: str
    processors: int
    """Logical CPUs of the machine."""


def provenance() -> Provenance:
    """Describe this code and this machine; imports none of the libraries it names."""
    return Provenance(
        package=package_version(),
        revision=_git_revision(Path(__file__).resolve().parent),
        python=platform.python_version(),
        libraries={library: version(library) for library in LIBRARIES},
        platform=platform.platform(),
        processor=_processor(),
        processors=os.cpu_count() or 1,
    )


def _processor() -> str:
    with suppress(OSError, ValueError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _git_revision(folder: Path) -> str | None:
    # `ls-files` tells an installed copy inside someone else's repository from a checkout of this one.
    if not _git(folder, "ls-files", "provenance.py"):
        return None
    revision = _git(folder, "rev-parse", "HEAD")
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no", ".", "../sprm")
    return f"{revision}+" if revision and changed else revision or None


def _git(folder: Path, *arguments: str) -> str:
    try:
        answer = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=5, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""
