"""Tables for a paper: `booktabs`, numbers aligned at their points, and a document that shows all of them."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from bench.report.tables.latex_text import latex_text
from bench.report.tables.table import Table
from bench.text.numbers import NONE

LONGEST = 50
"""Rows that fit a page; a table with more is a `longtable`, which goes on over the next."""
NUMBER = re.compile(r"(?P<whole>(?:[<>] )?[+−-]?[\d,]*)(?P<rest>(?:\.\d+)?(?: %)?)(?P<interval> \[.*\])?")
"""A number as tables show it: `1,398`, `< .001`, `+4.2`, `5.01 %`, `57.3 [55.9, 58.7]`."""
DOCUMENT = r"""% Every table beside this file. To see them, run pdflatex on it, twice for the widths of long tables.
\documentclass{article}
\usepackage[margin=2cm]{geometry}
\usepackage{booktabs,longtable,graphicx}
\newsavebox{\shown}
\makeatletter
\newcommand{\titled}[2]{\def\@captype{table}\caption[]{#2}\label{tab:#1}}
\makeatother
\newcommand{\showtable}[2]{\sbox{\shown}{\input{#1}}%
  \par\bigskip\noindent\begin{minipage}{\linewidth}\centering\titled{#1}{#2}\medskip
  \ifdim\wd\shown>\linewidth\resizebox{\linewidth}{!}{\usebox\shown}\else\usebox{\shown}\fi
  \end{minipage}}
\newcommand{\showlongtable}[2]{\begin{center}\titled{#1}{#2}\end{center}{\scriptsize\input{#1}}}
\begin{document}
%s
\end{document}
"""


@dataclass(frozen=True)
class _Column:
    """A column, ready for LaTeX, which may be two to it."""

    form: str
    title: str
    cells: tuple[str, ...]


def latex_table(table: Table) -> str:
    """Return a table's shown cells as `booktabs`, below a comment with the float that it belongs into."""
    columns = [
        _words(title, cells) if place < table.words else _numbers(title, cells)
        for place, (title, cells) in enumerate(zip(table.header, _by_column(table), strict=True))
    ]
    body = "\n".join(_row([column.cells[row] for column in columns]) for row in range(len(table.rows)))
    long = _is_long(table)
    environment = "longtable" if long else "tabular"
    form, repeated = "".join(column.form for column in columns), "\\endhead\n" if long else ""
    return (
        f"{_comment(table)}\\begin{{{environment}}}{{{form}}}\n"
        f"\\toprule\n{_row([column.title for column in columns])}\n\\midrule\n{repeated}"
        f"{body}\n\\bottomrule\n\\end{{{environment}}}\n"
    )


def latex_document(tables: Sequence[Table]) -> str:
    """Return a document that shows tables from the files beside it, each at most as wide as the page."""
    shown = (
        f"\\show{'long' if _is_long(table) else ''}table{{{table.name}}}{{{latex_text(table.caption)}}}"
        for table in tables
    )
    return DOCUMENT.replace("%s", "\n".join(shown), 1)


def _is_long(table: Table) -> bool:
    return len(table.rows) > LONGEST


def _by_column(table: Table) -> list[tuple[str, ...]]:
    return [tuple(row[place] for row in table.rows) for place in range(len(table.header))]


def _comment(table: Table) -> str:
    """Say in comments what the table needs and how it is put into a paper."""
    caption = textwrap.wrap(
        f"\\caption{{{latex_text(table.caption)}}}", 110, break_long_words=False, break_on_hyphens=False
    )
    label, read = f"\\label{{tab:{table.name}}}", f"\\input{{{table.name}}}"
    if _is_long(table):
        lines = [r"\usepackage{booktabs,longtable}", *caption, label, read]
    else:
        inside = (f"  {line}" for line in [r"\centering", *caption, label, read])
        lines = [r"\usepackage{booktabs}", r"\begin{table}", *inside, r"\end{table}"]
    return "".join(f"% {line}\n" for line in lines)


def _words(title: str, cells: Sequence[str]) -> _Column:
    return _Column("l", latex_text(title), tuple(map(latex_text, cells)))


def _numbers(title: str, cells: Sequence[str]) -> _Column:
    """Align numbers: those with intervals at their ends, others at their points; what is no number at the right."""
    numbers = [None if cell == NONE else NUMBER.fullmatch(cell) for cell in cells]
    if any(number is None and cell != NONE for number, cell in zip(numbers, cells, strict=True)):
        return _Column("r", latex_text(title), tuple(map(latex_text, cells)))
    if any(number is not None and number["interval"] for number in numbers):
        halves = [
            number and (number["whole"] + number["rest"], (number["interval"] or "").strip()) for number in numbers
        ]
        return _in_two("r@{ }l", title, halves)
    if len({len(number["rest"]) for number in numbers if number is not None}) > 1:
        return _in_two("r@{}l", title, [number and (number["whole"], number["rest"]) for number in numbers])
    return _Column("r", latex_text(title), tuple(map(latex_text, cells)))


def _in_two(form: str, title: str, halves: Sequence[tuple[str, str] | None]) -> _Column:
    cells = (_spanning(NONE) if half is None else " & ".join(_half(part) for part in half) for half in halves)
    return _Column(form, _spanning(title), tuple(cells))


def _half(part: str) -> str:
    # A space at the edge of a cell would be lost.
    before, after = ("\\ " if edge else "" for edge in (part.startswith(" "), part.endswith(" ")))
    return f"{before}{latex_text(part)}{after}"


def _spanning(text: str) -> str:
    return rf"\multicolumn{{2}}{{c}}{{{latex_text(text)}}}"


def _row(cells: Sequence[str]) -> str:
    # After the end of a row a bracket or a star would be an argument of that.
    guard = "{}" if cells[0].startswith(("[", "*")) else ""
    return guard + " & ".join(cells) + r" \\"
