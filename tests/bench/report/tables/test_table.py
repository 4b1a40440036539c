from __future__ import annotations

import io

import pandas as pd

from bench.report.tables.table import Table

TABLE = Table(
    name="example",
    caption="An example.",
    header=("System", "Share", "p"),
    rows=(("a_b & c", "5 %", "< .001"), ("d", "−1.5", "–")),
    data=pd.DataFrame({"system": ["a_b & c", "d"], "p": [0.0001234567890123, float("nan")]}),
)


def test_latex_has_one_line_a_row_and_nothing_unescaped() -> None:
    assert TABLE.tex() == (
        "% An example.\n"
        "\\begin{tabular}{lrr}\n\\toprule\nSystem & Share & p \\\\\n\\midrule\n"
        "a\\_b \\& c & 5 \\% & $<$ .001 \\\\\n"
        "d & $-$1.5 & -- \\\\\n"
        "\\bottomrule\n\\end{tabular}\n"
    )


def hostile(cell: str) -> str:
    """The first row of a table with a cell, without the rest."""
    table = Table("example", cell, ("System",), ((cell,),), pd.DataFrame({"system": [cell]}))
    return table.tex()


def test_no_cell_and_no_caption_is_a_command_to_latex() -> None:
    lines = hostile("\\input{x} $a^b$ ~\n\\end{tabular}").splitlines()
    assert lines[0] == "% \\input{x} $a^b$ ~ \\end{tabular}"
    assert lines[5] == (
        "\\textbackslash{}input\\{x\\} \\$a\\textasciicircum{}b\\$ \\textasciitilde{} "
        "\\textbackslash{}end\\{tabular\\} \\\\"
    )
    assert len(lines) == 8


def test_a_bracket_at_the_start_of_a_row_is_no_argument_of_the_row_before() -> None:
    assert hostile("[1cm]").splitlines()[5] == "{}[1cm] \\\\"


def test_csv_keeps_every_digit_and_leaves_undefined_numbers_empty() -> None:
    text = TABLE.csv()
    assert pd.read_csv(io.StringIO(text))["p"][0] == 0.0001234567890123
    assert text.splitlines()[2] == "d,"
