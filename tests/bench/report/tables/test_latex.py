from __future__ import annotations

import pandas as pd

from bench.report.tables.latex import LONGEST, latex_document, latex_table
from bench.report.tables.table import Table


def table(*rows: tuple[str, ...], header: tuple[str, ...], caption: str = "An example.", words: int = 1) -> Table:
    return Table("example", caption, header, rows, pd.DataFrame(), words)


def body(made: Table) -> list[str]:
    """The lines between header and end of a table."""
    lines = latex_table(made).splitlines()
    return lines[lines.index("\\midrule") + 1 : lines.index("\\bottomrule")]


def form(made: Table) -> str:
    """The columns that a table declares."""
    start = next(line for line in latex_table(made).splitlines() if line.startswith("\\begin{"))
    return start.split("}", 1)[1]


def test_a_table_says_in_comments_how_it_is_put_into_a_paper() -> None:
    made = table(("a", "1"), header=("System", "n"), caption="Shares in % of a_b.")
    assert latex_table(made) == (
        "% \\usepackage{booktabs}\n"
        "% \\begin{table}\n"
        "%   \\centering\n"
        "%   \\caption{Shares in \\% of a\\_b.}\n"
        "%   \\label{tab:example}\n"
        "%   \\input{example}\n"
        "% \\end{table}\n"
        "\\begin{tabular}{lr}\n\\toprule\nSystem & n \\\\\n\\midrule\n"
        "a & 1 \\\\\n"
        "\\bottomrule\n\\end{tabular}\n"
    )


def test_numbers_with_as_many_decimals_stand_right() -> None:
    made = table(("a", "−1.5", "1,398"), ("b", "10.0", "–"), header=("System", "x", "n"))
    assert form(made) == "{lrr}"
    assert body(made) == [r"a & $-$1.5 & 1,398 \\", r"b & 10.0 & -- \\"]


def test_numbers_with_other_decimals_stand_at_their_points() -> None:
    made = table(("a", "< .001", "5.01 %"), ("b", ".39", "10 %"), ("c", "–", "–"), header=("System", "p", "Share"))
    assert form(made) == "{lr@{}lr@{}l}"
    assert body(made) == [
        r"a & $<$\  & .001 & 5 & .01 \% \\",
        r"b &  & .39 & 10 & \ \% \\",
        r"c & \multicolumn{2}{c}{--} & \multicolumn{2}{c}{--} \\",
    ]
    assert r"System & \multicolumn{2}{c}{p} & \multicolumn{2}{c}{Share} \\" in latex_table(made)


def test_estimates_stand_apart_from_their_intervals() -> None:
    made = table(("a", "57.3 [55.9, 58.7]"), ("b", "9.1"), ("c", "–"), header=("System", "Accuracy"))
    assert form(made) == "{lr@{ }l}"
    assert body(made) == [r"a & 57.3 & [55.9, 58.7] \\", r"b & 9.1 &  \\", r"c & \multicolumn{2}{c}{--} \\"]


def test_a_column_with_anything_but_numbers_is_left_alone() -> None:
    made = table(("a", "3 of 5"), ("b", "0.5"), header=("System", "Same"))
    assert form(made) == "{lr}"
    assert body(made) == [r"a & 3 of 5 \\", r"b & 0.5 \\"]


def test_a_bracket_at_the_start_of_a_row_is_no_argument_of_the_row_before() -> None:
    assert body(table(("[1cm]",), ("*",), header=("Name",))) == [r"{}[1cm] \\", r"{}* \\"]


def test_a_table_longer_than_a_page_goes_on_over_the_next() -> None:
    short, long = (table(*[(str(row),) for row in range(rows)], header=("n",)) for rows in (LONGEST, LONGEST + 1))
    assert "\\begin{tabular}" in latex_table(short)
    assert "% \\usepackage{booktabs,longtable}" in latex_table(long)
    assert "\\midrule\n\\endhead\n0 \\\\" in latex_table(long)


def test_one_document_shows_every_table() -> None:
    short = table(("a",), header=("n",), caption="Shares in %.")
    long = Table("long", "", ("n",), (("1",),) * (LONGEST + 1), pd.DataFrame())
    document = latex_document([short, long])
    assert "\n\\showtable{example}{Shares in \\%.}\n\\showlongtable{long}{}\n\\end{document}\n" in document
