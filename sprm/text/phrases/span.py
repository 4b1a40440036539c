"""Where a phrase stands in a text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """Characters of a text, `text[start:end]`."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """Return the phrase, with single blanks between its words."""
        return " ".join(text[self.start : self.end].split())
