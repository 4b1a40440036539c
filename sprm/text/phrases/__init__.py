"""Noun phrases: which words of a caption name something, by rule or by a parser."""

from __future__ import annotations

from sprm.text.phrases.finder import PhraseFinder, phrase_finder
from sprm.text.phrases.span import Span

__all__ = ["PhraseFinder", "Span", "phrase_finder"]
