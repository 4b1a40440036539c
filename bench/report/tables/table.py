"""A table as it is shown and as it is kept: rounded cells for people, full numbers for programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

LATEX = str.maketrans(
    {
        **{character: f"\\{character}" for character in "%_&#${}"},
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "−": "$-$",
        "–": "--",
        "…": r"\dots{}",
        "<": "$<$",
        ">": "$>$",
    }
)


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

    def tex(self) -> str:
        """Return the shown cells as a `booktabs` table, to be put into a `table` float."""
        columns = "l" * self.words + "r" * (len(self.header) - self.words)
        body = "\n".join(_row(cells) for cells in self.rows)
        return (
            f"% {_on_one_line(self.caption)}\n"
            f"\\begin{{tabular}}{{{columns}}}\n\\toprule\n{_row(self.header)}\n\\midrule\n"
            f"{body}\n\\bottomrule\n\\end{{tabular}}\n"
        )


def _row(cells: tuple[str, ...]) -> str:
    first, *others = (_on_one_line(cell).translate(LATEX) for cell in cells)
    # After the end of a row a bracket or a star would be an argument of that.
    guard = "{}" if first.startswith(("[", "*")) else ""
    return " & ".join([guard + first, *others]) + r" \\"


def _on_one_line(text: str) -> str:
    return " ".join(text.split())
