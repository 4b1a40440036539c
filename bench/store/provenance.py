"""What a number depends on besides its settings: code, library versions, machine, threads."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution, entry_points, version
from pathlib import Path
from typing import Any

from pydantic import model_validator

from bench.store.stored_model import Record

PACKAGE = "sprm-bench"
"""Name of this distribution."""
DEVELOPERS = ("dev", "docs")
"""Extras of this distribution that no number passes through."""
_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[([^\]]*)\])?")
_EXTRA = re.compile(r"""extra\s*==\s*["']([^"']+)["']""")


@cache
def package_version() -> str:
    """Return this package's version, which is part of every fingerprint."""
    return version(PACKAGE)


class Provenance(Record):
    """Where and with what something was computed."""

    package: str
    """Version of this package."""
    revision: str | None
    """Git revision of its source folder; None outside git."""
    dirty: bool | None = None
    """Whether files of that revision had been changed; None outside git."""
    python: str
    libraries: dict[str, str]
    """Versions of the distributions that this package depends on or is extended by, as far as they are installed."""
    platform: str
    processor: str
    processors: int
    """Logical CPUs of the machine."""
    host: str | None = None
    """Name of the machine; None unless whoever started the run asked for it."""

    @model_validator(mode="before")
    @classmethod
    def _dirty_apart(cls, values: Any) -> Any:
        # Earlier versions wrote a `+` behind the revision of changed files.
        if isinstance(values, Mapping) and "dirty" not in values and isinstance(code := values.get("revision"), str):
            return {**values, "revision": code.removesuffix("+"), "dirty": code.endswith("+")}
        return values

    @property
    def code(self) -> str | None:
        """The revision, with a `+` where files had been changed; None outside git."""
        return f"{self.revision}+" if self.dirty else self.revision


def provenance(*, host: bool = False) -> Provenance:
    """Describe this code, as it was when this process first asked, and this machine; loads no library that it names.

    Nothing in it tells who computed, or where on the disk.

    Args:
        host: whether the machine's name is told.
    """
    here = _here()
    return here.model_copy(update={"host": platform.node()}) if host else here


# Git takes some hundredths of a second, and a worker writes many records.
@cache
def _here() -> Provenance:
    revision, dirty = _git_revision(Path(__file__).resolve().parent)
    return Provenance(
        package=package_version(),
        revision=revision,
        dirty=dirty,
        python=platform.python_version(),
        libraries=_libraries(),
        platform=platform.platform(),
        processor=processor(),
        processors=processors(),
    )


def processors() -> int:
    """Return how many logical CPUs this machine has."""
    return os.cpu_count() or 1


def _libraries() -> dict[str, str]:
    """Return the versions of all that this package depends on, directly or not, or is extended by."""
    versions: dict[str, str] = {}
    extras = distribution(PACKAGE).metadata.get_all("Provides-Extra") or []
    waiting = {(PACKAGE, frozenset(extras) - {*DEVELOPERS})}
    # Other distributions bring kinds of claims, metrics and the like.
    own = PACKAGE.replace("-", "_")
    for group in (group for group in entry_points().groups if group.startswith(own)):
        waiting |= {(each.dist.name, frozenset()) for each in entry_points(group=group) if each.dist}
    seen = set(waiting)
    while waiting:
        name, extras_of_it = waiting.pop()
        try:
            found = distribution(name)
        except PackageNotFoundError:
            # It is for another system, or an extra that is not there.
            continue
        versions[found.metadata["Name"].lower()] = found.version
        needed = {each for line in found.requires or () if (each := _requirement(line, extras_of_it)) is not None}
        waiting |= needed - seen
        seen |= needed
    del versions[PACKAGE]
    return dict(sorted(versions.items()))


def _requirement(line: str, extras: frozenset[str]) -> tuple[str, frozenset[str]] | None:
    """Read a line like `dask[distributed]>=2024; extra == "dask"`; None when it is for an extra not asked for."""
    if (extra := _EXTRA.search(line)) is not None and extra[1] not in extras:
        return None
    match = _REQUIREMENT.match(line)
    if match is None:
        return None
    return match[1].lower(), frozenset(filter(None, map(str.strip, (match[2] or "").split(","))))


@cache
def processor() -> str:
    """Name this machine's CPU."""
    with suppress(OSError, ValueError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _git_revision(folder: Path) -> tuple[str | None, bool | None]:
    """Return the revision of a checkout and whether files were changed; None twice where there is no checkout."""
    # `ls-files` tells an installed copy inside someone else's repository from a checkout of this one.
    if not _git(folder, "ls-files", "provenance.py"):
        return None, None
    revision = _git(folder, "rev-parse", "HEAD")
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no", "..", "../../sprm")
    return (revision, bool(changed)) if revision else (None, None)


def _git(folder: Path, *arguments: str) -> str:
    try:
        answer = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=5, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""
