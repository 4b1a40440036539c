"""What the tables of gains show, and what they leave to their CSV files."""

from __future__ import annotations

from math import nan

import pytest

from bench.analysis.fraction import Fraction
from bench.analysis.where_gained import ENTITY_TYPE, ChangedPhrase, GainWhere, WhereGained
from bench.report.tables.latex import latex_table
from bench.report.tables.table import Table
from bench.report.tables.where_gained import LONGEST, changed_phrases, where_gained
from bench.stats import two_way_difference
from bench.text.measures import Measure

DIFFERENCE = two_way_difference([[3, 2], [2, 2]], [[1, 2], [1, 2]], [4, 4])
HOSTILE = "a | <b>cat</b> & 5 % of $x_1$"
LONG = "a man in " + 40 * "very " + "long words"
FOUND = WhereGained(
    system="sprm",
    rival="prior",
    fraction=Fraction("1", 1000, 1.0),
    gains=(
        GainWhere(ENTITY_TYPE, "people", 400, nan, 0.5, DIFFERENCE),
        GainWhere("words", "2", 50, 0.8, 0.25, DIFFERENCE),
        GainWhere("words", "5+", 49, 0.8, 0.25, DIFFERENCE),
    ),
    helped=(ChangedPhrase(HOSTILE, 1200, 1100.0, 1134.54), ChangedPhrase(LONG, 3, 0.0, 1.0)),
    hurt=(ChangedPhrase("two men", 4, 3.0, 0.26),),
)


def of(table: Table) -> list[dict[str, str]]:
    return [dict(zip(table.header, row, strict=True)) for row in table.rows]


def test_a_bin_of_few_phrases_is_in_the_file_alone() -> None:
    table = where_gained([FOUND], Measure("correct"))
    assert [row["Bin"] for row in of(table)] == ["people", "2"]
    assert table.data["bin"].tolist() == ["people", "2", "5+"]
    people, short = of(table)
    assert (people["A box fits, %"], short["A box fits, %"], short["Untrained, %"]) == ("–", "80.0", "25.0")
    assert short["Difference"] == "+18.8"


def test_phrases_are_counted_and_their_changes_have_a_sign() -> None:
    gained, long, lost = of(changed_phrases([FOUND], Measure("correct")))
    assert (gained["Change"], gained["Untrained, right"], gained["Trained, right"]) == ("gains", "1100.0", "1134.5")
    assert (gained["Difference"], lost["Difference"], lost["Change"]) == ("+34.5", "−2.7", "loses")
    assert len(long["Phrase"]) <= LONGEST
    assert long["Phrase"].endswith("…")
    assert LONG in changed_phrases([FOUND], Measure("correct")).data["words"].tolist()


def test_another_measure_than_accuracy_is_summed_and_not_counted() -> None:
    header = changed_phrases([FOUND], Measure("iou")).header
    assert not any("right" in title for title in header)
    assert sum("sum of" in title for title in header) == 2


@pytest.mark.parametrize("table", [where_gained, changed_phrases])
def test_without_a_pair_there_is_no_row(table) -> None:  # type: ignore[no-untyped-def]
    assert table([], Measure("correct")).rows == ()
    assert table([], Measure("correct")).data.empty


def test_words_of_a_corpus_do_not_become_commands() -> None:
    written = latex_table(changed_phrases([FOUND], Measure("correct")))
    assert r"\& 5 \% of \$x\_1\$" in written
