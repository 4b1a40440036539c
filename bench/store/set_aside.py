"""Files that cannot be trusted are kept, under a name that nothing reads."""

from __future__ import annotations

from itertools import count
from pathlib import Path

from sprm.errors import one_line


def set_aside(*paths: Path) -> list[Path]:
    """Give files, or whatever stands in their places, other names beside them: `record.set-aside-1.json`.

    Args:
        paths: what belongs together, which gets one number; those that are not there are passed over.

    Returns:
        The new paths, in the same order.
    """
    there = [path for path in paths if exists(path)]
    number = next(number for number in count(1) if not any(exists(_aside(path, number)) for path in there))
    return [path.rename(_aside(path, number)) for path in there]


def is_set_aside(path: Path) -> bool:
    """Tell whether a name is one of those that `set_aside` gives."""
    return ".set-aside-" in path.name


def exists(path: Path) -> bool:
    """Tell whether anything goes by a path, a link that leads nowhere included."""
    return path.is_symlink() or path.exists()


def line_of(path: Path, problem: str, asides: list[Path], then: str) -> str:
    """Tell in a line what is wrong with a file, where it is now and what comes of it."""
    names = " and ".join(aside.name for aside in asides)
    return f"{path}: {one_line(problem, 300)}; set aside as {names}, {then}"


def _aside(path: Path, number: int) -> Path:
    return path.with_name(f"{path.stem}.set-aside-{number}{path.suffix}")
