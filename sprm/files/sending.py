"""Built folders that go from one machine to another, piece by piece, and count only when every hash agrees."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from uuid import uuid4

from sprm.errors import IntegrityError
from sprm.files.atomic_folder import LIST, damage, is_whole, listed, sweep

PIECE = 32 * 2**20
"""Bytes of a piece."""


@dataclass(frozen=True)
class Piece:
    """Some bytes of a file.

    Attributes:
        name: of the file, relative to its folder.
        content: the bytes that follow those of the file's pieces before.
    """

    name: str
    content: bytes


def pieces(folder: Path) -> Iterator[Piece]:
    """Yield every file of a built folder piece by piece, the list of its files last; an empty file has one piece."""
    for path in [*(path for path, _, _ in listed(folder)), folder / LIST]:
        name = path.relative_to(folder).as_posix()
        with path.open("rb") as file:
            content = file.read(PIECE)
            yield Piece(name, content)
            while content := file.read(PIECE):
                yield Piece(name, content)


class Receiving:
    """A folder that is received.

    Args:
        folder: the name that it takes in the end.
        sender: names who sends it, in letters and digits; another one's pieces go elsewhere.
    """

    def __init__(self, folder: Path, sender: str) -> None:
        self._folder = folder
        self._received = folder.with_name(f".{folder.name}.building-{PurePosixPath(sender).name}")

    @property
    def has_begun(self) -> bool:
        """Whether a piece was received."""
        return self._received.is_dir()

    def add(self, piece: Piece) -> None:
        """Append a piece to its file.

        Raises:
            IntegrityError: its name points outside the folder.
        """
        name = PurePosixPath(piece.name)
        if name.is_absolute() or ".." in name.parts:
            raise IntegrityError("a name that points outside the folder", path=piece.name)
        path = self._received / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.write(piece.content)

    def finish(self) -> None:
        """Give the folder its name.

        Raises:
            IntegrityError: it is not what was sent.
        """
        try:
            if is_whole(self._folder):
                # Another sender was faster; its folder is as good.
                return
            if (problem := damage(self._received)) is not None:
                raise IntegrityError(f"{problem}, on its way from another machine")
            with suppress(OSError):
                # Another sender may have been faster; its folder is as good.
                self._received.rename(self._folder)
            if not is_whole(self._folder):
                raise IntegrityError("cannot be put in its place", path=self._folder)
            # What others have begun to send, and may never end, is not needed any more.
            sweep(self._folder.parent, self._folder.name)
        finally:
            shutil.rmtree(self._received, ignore_errors=True)


def new_sender() -> str:
    """Return a name that no other sender has."""
    return uuid4().hex
