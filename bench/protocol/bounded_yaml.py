"""YAML composed into nodes within limits, so that no text, however hostile, takes more than a moment to refuse."""

from __future__ import annotations

from typing import Any

import yaml

from sprm.errors import one_line, shown

MOST_VALUES = 10_000
"""Values in a document, those that aliases repeat counted as often as they are repeated."""
MOST_LEVELS = 50
"""Lists and mappings inside one another."""

_CLEARER = {
    "but found another document": "expected one document, found another",
    "found character '\\t' that cannot start any token": "indent with spaces, not with a tab",
}


class Unreadable(Exception):
    """A text is no YAML, or more of it than is read.

    Args:
        message: what is wrong.
        line: where, from 1; None when it is not known.
    """

    def __init__(self, message: str, line: int | None) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


def compose(text: str) -> yaml.Node | None:
    """Return the root of one document; None when it is empty.

    Raises:
        Unreadable: the text is not valid, holds a tag or half a character, or goes beyond the limits.
    """
    try:
        composer = _Composer(text)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise Unreadable(f"expected text, found the character {chr(error.character)!r}", line) from error
    try:
        return composer.get_single_node()
    except yaml.MarkedYAMLError as error:
        raise _not_valid(error) from error
    except (ValueError, OverflowError) as error:
        # PyYAML turns digits into a character or a version unchecked.
        raise Unreadable(
            "not valid YAML: a number out of range in an escape or a directive", composer.line + 1
        ) from error


def is_whole(text: str) -> bool:
    """Return whether a text can be written down; halves of characters, by themselves, cannot."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


class _Composer(yaml.SafeLoader):
    """Counts what it composes, and what aliases will repeat of it, while it does."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._values = 0
        self._levels = -1
        self._held: dict[str, int] = {}
        """Values under each anchor, which stand there again at each of its aliases."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        line, anchor = int(event.start_mark.line) + 1, event.anchor
        before = self._values
        self._values += 1
        self._levels += 1
        if isinstance(event, yaml.AliasEvent):
            if anchor in self.anchors and anchor not in self._held:
                raise Unreadable(f"holds itself through the alias {shown(anchor)}", line)
            self._values += self._held.get(anchor, 0)
        else:
            _check_plain(event, line)
        if self._values > MOST_VALUES:
            message = "aliases repeat too much: " if self._held else "too long: "
            raise Unreadable(f"{message}more than {MOST_VALUES:,} values", line)
        if self._levels > MOST_LEVELS:
            raise Unreadable(f"more than {MOST_LEVELS} lists and mappings inside one another", line)
        node = super().compose_node(parent, index)
        self._levels -= 1
        if not isinstance(event, yaml.AliasEvent) and anchor is not None:
            self._held[anchor] = self._values - before
        return node


def _check_plain(event: Any, line: int) -> None:
    if event.tag is not None:
        tag = str(event.tag).replace("tag:yaml.org,2002:", "!!")
        raise Unreadable(f"expected a value without a tag, found {shown(tag)}", line)
    if isinstance(event, yaml.ScalarEvent) and not is_whole(event.value):
        raise Unreadable(f"expected text, found half a character in {shown(event.value)}", line)


def _not_valid(error: yaml.MarkedYAMLError) -> Unreadable:
    mark = error.problem_mark or error.context_mark
    problem = str(error.problem or error.context)
    message = _CLEARER.get(problem, f"not valid YAML: {one_line(problem)}")
    return Unreadable(message, None if mark is None else mark.line + 1)
