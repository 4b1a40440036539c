"""Folders that appear under their name only when they are whole, and are known to be.

A folder that was built holds `built.json`, which names its files with their sizes and hashes. What a crash of the
system or a stray hand left of one is recognised by it, and built again.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from sprm.files.hashes import file_hash
from sprm.files.leases import Holder, leased

LIST = "built.json"
"""File of a built folder that names all the others."""


class Building:
    """A context manager that gives a folder to write in, and its name at the end; what was half built goes.

    Args:
        folder: the name that it takes.
        listed: whether it gets a list of its files; not where they will change.
    """

    def __init__(self, folder: Path, *, listed: bool = True) -> None:
        self._folder = folder
        self._listed = listed
        self._building = folder.with_name(f".{folder.name}.building-{uuid4().hex}")

    def __enter__(self) -> Path:
        self._building.mkdir(parents=True)
        return self._building

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        try:
            if error is None:
                if self._listed:
                    _write_list(self._building)
                self._building.replace(self._folder)
        except OSError:
            # Another process may have been faster; its folder is as good.
            if not is_whole(self._folder):
                raise
        finally:
            shutil.rmtree(self._building, ignore_errors=True)


def build(
    folder: Path,
    write: Callable[[Path], object],
    *,
    waiting: Callable[[Holder], object],
    verify: bool = False,
) -> None:
    """Build a folder unless it is there; of several processes one does, and the others wait.

    Args:
        folder: the name that it takes.
        write: fills a folder.
        waiting: called once with whoever is at it, when another process is.
        verify: whether files are hashed to tell that they are as they were written; by default their sizes have to do.
    """
    if is_whole(folder, verify=verify):
        return
    with leased(folder, waiting):
        if is_whole(folder, verify=verify):
            return
        discard(folder)
        sweep(folder.parent, folder.name)
        with Building(folder) as building:
            write(building)


def is_whole(folder: Path, *, verify: bool = False) -> bool:
    """Tell whether a folder was built and its files are all as they were written.

    Args:
        folder: the folder.
        verify: whether files are hashed; by default none is read, and their sizes have to do.
    """
    return damage(folder, verify=verify) is None


def damage(folder: Path, *, verify: bool = True) -> str | None:
    """Name a file of a built folder that is not as it was written, and say so; None when all are.

    Args:
        folder: the folder.
        verify: whether files are hashed; otherwise only their sizes are looked at.
    """
    path = folder / LIST
    try:
        for path, size, digest in listed(folder):
            if path.stat().st_size != size or (verify and file_hash(path) != digest):
                return f"{path}: the content has changed"
    except FileNotFoundError:
        return f"{path}: missing from what was built"
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        return f"{path}: cannot be read ({error})"
    return None


def discard(folder: Path) -> None:
    """Remove whatever goes by a folder's name, at once for whoever looks."""
    aside = folder.with_name(f".{folder.name}.building-{uuid4().hex}")
    with suppress(FileNotFoundError):
        folder.rename(aside)
        if aside.is_symlink() or not aside.is_dir():
            aside.unlink()
        else:
            shutil.rmtree(aside, ignore_errors=True)


def sweep(parent: Path, name: str = "*") -> None:
    """Remove what builders left that were killed; for whoever alone may build there.

    Args:
        parent: folder of what is built.
        name: of the folder that was built; by default any.
    """
    for left in parent.glob(f".{name}.building-*"):
        shutil.rmtree(left, ignore_errors=True)


def _write_list(folder: Path) -> None:
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    files = {path.relative_to(folder).as_posix(): (path.stat().st_size, file_hash(path)) for path in paths}
    (folder / LIST).write_text(json.dumps(files, indent=0), encoding="utf-8")


def listed(folder: Path) -> Iterator[tuple[Path, int, str]]:
    """Yield path, size and sha256 of each file that a built folder should hold."""
    files: dict[str, tuple[int, str]] = json.loads((folder / LIST).read_bytes())
    for name, (size, digest) in files.items():
        yield folder / name, size, digest
