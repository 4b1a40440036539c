"""Which entity types are shown: some corpora have hundreds, most of them rare."""

from __future__ import annotations

from collections.abc import Collection, Sequence

SHOWN = 12
"""Types that tables and figures show, the most frequent ones; the tables' data have all."""


def shown(names: Sequence[str]) -> list[str]:
    """Return the types to show.

    Args:
        names: all of them, the most frequent first.
    """
    return list(dict.fromkeys(names))[:SHOWN]


def which(names: Collection[str]) -> str:
    """Say which types are shown, as the end of a caption; nothing when it is all of them."""
    count = len(set(names))
    return f" Shown: the {SHOWN} most frequent of {count} types; the CSV file has all." if count > SHOWN else ""
