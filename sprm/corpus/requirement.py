"""Something that a corpus is read from: what it is, where its owners publish it, and where it has to stand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["file", "folder", "files"]


@dataclass(frozen=True)
class Requirement:
    """Something that has to be there, or may be."""

    what: str
    places: tuple[Path, ...]
    """Where it may stand; it should be put at the first. Of `files`, the last part is a pattern."""
    owner: str
    """Where its owners publish it."""
    kind: Kind = "file"
    fallback: str | None = None
    """What happens without it; None when it is needed."""
    may_be_packed: bool = False
    """Whether it is read when it is packed with gzip."""
    may_be_zip: bool = False
    """Whether it is read though it is a zip archive, as torch's files of weights are."""

    @property
    def optional(self) -> bool:
        """Whether a corpus can be read without it."""
        return self.fallback is not None

    @property
    def found(self) -> Path | None:
        """The place at which it stands; None when it is missing."""
        return next((place for place in self.places if self._stands_at(place)), None)

    def _stands_at(self, place: Path) -> bool:
        if self.kind == "files":
            return any(place.parent.glob(place.name))
        return place.is_dir() if self.kind == "folder" else place.is_file()

    @property
    def files(self) -> Iterator[Path]:
        """Every file of it, and every place at which one may stand."""
        if self.kind == "files":
            yield from sorted(self.places[0].parent.glob(self.places[0].name))
        elif self.kind == "folder":
            yield from sorted(self.places[0].rglob("*"))
        else:
            yield from self.places
