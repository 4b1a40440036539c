"""Captions of Flickr30k Entities: phrases marked `[/EN#<entity>/<type>[/<type>...] words ]` in running text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from sprm.errors import DataError, shown

_PHRASE = re.compile(r"\[/EN#(?P<entity>[0-9]+)(?P<types>(?:/[A-Za-z0-9_-]+)+)[ \t]+(?P<text>[^\[\]]*[^\[\]\s])\s*\]")
_NOT_VISUAL, _NOT_VISUAL_TYPE = "0", "notvisual"
LONGEST = 5_000
"""Characters of a caption; ten times the longest there is, and little enough to search at once."""


@dataclass(frozen=True)
class MarkedPhrase:
    """A phrase as a caption marks it."""

    entity: str
    types: tuple[str, ...]
    text: str

    @property
    def is_visual(self) -> bool:
        """Whether it names something that a picture could show."""
        return self.entity != _NOT_VISUAL

    @property
    def contradicts_itself(self) -> bool:
        """Whether its entity says that no picture could show it, and its types say otherwise."""
        return not self.is_visual and self.types != (_NOT_VISUAL_TYPE,)


def parse_caption(line: str, path: Path, number: int) -> list[MarkedPhrase]:
    """Find the marked phrases of a caption.

    A bracket that is no part of a mark is text like any other.

    Args:
        line: the caption.
        path: its file, for the error.
        number: its line, from 1, for the error.

    Raises:
        DataError: a mark is opened that is not closed, holds no words, or stands within another, or the caption is
            longer than any.
    """
    if len(line) > LONGEST:
        raise DataError(
            f"a caption of {len(line):,} characters, expected {LONGEST:,} at most: {shown(line)}",
            path=path,
            where=number,
        )
    rest = _PHRASE.sub("", line)
    if "EN#" in rest or "[/" in rest:
        raise DataError(f"a phrase's bracket is broken: {_around_the_mark(rest)}", path=path, where=number)
    return [
        MarkedPhrase(match["entity"], tuple(match["types"][1:].split("/")), " ".join(match["text"].split()))
        for match in _PHRASE.finditer(line)
    ]


def plain_caption(line: str) -> str:
    """Return a caption, whose marks are sound, without them."""
    return _PHRASE.sub(lambda match: match["text"], line)


def _around_the_mark(text: str, longest: int = 60) -> str:
    start = max(text.find("EN#") - 2, 0) if "EN#" in text else text.find("[/")
    return repr(text[start : start + longest])
