"""Text that is to stand in Markdown as it is: names, quotations and sentences made with them are not markup."""

from __future__ import annotations

import re

ALWAYS = re.compile(r"[\\`*~$|]")
EDGE_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
"""Underscores that may open or close emphasis; those within a word do not."""
LINK = re.compile(r"\](?=[(\[:])")
"""The end of a link's text or of its definition; other brackets are harmless, and tables are full of intervals."""
TAG = re.compile(r"<(?=[A-Za-z/!?])")
"""The start of a tag, a comment or an address; not a less-than sign."""
ENTITY = re.compile(r"&(?=#?\w+;)")
BLOCK = re.compile(r"^(?:#{1,6}(?= |$)|[+-](?= |$)|--|>(?! \.\d))")
"""What makes a heading, a list, a rule or a quotation at the start of a line; not a sign, nor a p-value's `> .99`."""
NUMBERED = re.compile(r"^(\d+)([.)](?= |$))")


def markdown_text(text: object) -> str:
    """Escape a text for Markdown, on one line, and leave alone what would not be read as markup.

    It may stand at the start of a line, in a line, and in a cell of a table.
    """
    line = " ".join(str(text).split())
    line = ALWAYS.sub(r"\\\g<0>", line)
    for pattern in (EDGE_UNDERSCORE, LINK, TAG):
        line = pattern.sub(r"\\\g<0>", line)
    line = ENTITY.sub("&amp;", line)
    line = NUMBERED.sub(r"\1\\\2", line)
    return BLOCK.sub(r"\\\g<0>", line)


def fence(text: str) -> str:
    """Return backticks that fence a text in: three, or more than it has in a row."""
    return "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", text)), default=0))
