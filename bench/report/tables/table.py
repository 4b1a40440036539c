"""A table as it is shown and as it is kept: rounded cells for people, full numbers for programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Table:
    """A table of a report.

    Attributes:
        name: its files' stem.
        caption: what it shows.
        header: the columns' titles.
        rows: the cells as they are shown.
        words: how many columns, from the left, hold words rather than numbers.
        data: tidy, one observation a row, nothing rounded.
    """

    name: str
    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    data: pd.DataFrame
    words: int = 1

    def csv(self) -> str:
        """Return the tidy data; an undefined number is an empty field."""
        return self.data.to_csv(index=False, lineterminator="\n")
