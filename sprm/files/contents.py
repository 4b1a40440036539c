"""What files hold, in a short text each: what is built from them is named by it.

A file's name, size and time of change say little: two folders unpacked from archives may agree in all three. So files
are read: small ones whole, of large ones the beginning, the end and samples between. A change between the samples would
go unseen, so the time of change of a large file counts, too: what is built from one that was touched is built anew.
What was read is remembered in the cache folder, a file a folder, as long as a file's place, size and times stay.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias
from uuid import uuid4

from sprm.files.cache_keys import short_hash
from sprm.files.hashes import file_hash

WHOLE = 2**28
"""Bytes up to which a file is read whole: all but feature tables and the largest word vectors."""
SAMPLES = 256
"""Places at which a larger file is read, evenly spread from its beginning to its end."""
SAMPLE = 2**16
"""Bytes read at each."""
SETTLED = 2.0
"""Seconds since its last change after which a file is remembered; until then it could change within one tick."""

_State: TypeAlias = list[int]


class Contents:
    """Describes files by what they hold; a context manager that remembers at its end what it has read.

    Args:
        cache: the cache folder.
    """

    def __init__(self, cache: Path) -> None:
        self._folder = cache / "contents"
        self._known: dict[Path, dict[str, tuple[_State, str]]] = {}
        self._changed: set[Path] = set()

    def __enter__(self) -> Contents:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        for folder in self._changed:
            self._remember(folder)
        self._changed.clear()

    def of(self, path: Path) -> str:
        """Describe a file by its name and a hash; one that is missing by its name."""
        try:
            state = path.stat()
        except OSError:
            return f"{path.name} missing"
        if not path.is_file():
            return f"{path.name} missing"
        known = self._of_folder(path.parent)
        now = [state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns]
        stored, digest = known.get(path.name, ([], ""))
        if stored != now:
            digest = quick_hash(path)
            if time.time() - state.st_ctime > SETTLED:
                known[path.name] = now, digest
                self._changed.add(path.parent)
        return f"{path.name} {digest}"

    def of_all(self, paths: Iterable[Path]) -> list[str]:
        """Describe files, each as `of` does."""
        return [self.of(path) for path in paths]

    def _of_folder(self, folder: Path) -> dict[str, tuple[_State, str]]:
        if folder not in self._known:
            self._known[folder] = _read(self._file(folder))
        return self._known[folder]

    def _file(self, folder: Path) -> Path:
        return self._folder / f"{short_hash([str(folder.absolute())])}.json"

    def _remember(self, folder: Path) -> None:
        path = self._file(folder)
        draft = path.with_name(f".{path.name}.{uuid4().hex}")
        # What cannot be remembered is read again the next time.
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            draft.write_text(json.dumps(self._known[folder]), encoding="utf-8")
            draft.replace(path)


def quick_hash(path: Path) -> str:
    """sha256 of a file up to `WHOLE` bytes; of a larger one that of its size, time of change and `SAMPLES` places."""
    state = path.stat()
    size = state.st_size
    if size <= WHOLE:
        return file_hash(path)
    digest = hashlib.sha256(f"{size} {state.st_mtime_ns}".encode())
    with path.open("rb") as file:
        for sample in range(SAMPLES):
            file.seek(sample * (size - SAMPLE) // (SAMPLES - 1))
            digest.update(file.read(SAMPLE))
    return digest.hexdigest()


def _read(path: Path) -> dict[str, tuple[_State, str]]:
    try:
        stored: Mapping[str, tuple[_State, str]] = json.loads(path.read_bytes())
        return {str(name): (list(state), str(digest)) for name, (state, digest) in stored.items()}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return {}
