from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from simulated_run import SimulatedRun

from bench.report.analyse import Analysis, analyse
from bench.report.tables.ties import ties
from bench.report.text.caveats import caveats
from bench.text.measures import Measure


def analysed(folder: Path, tied: float) -> Analysis:
    return analyse(SimulatedRun(fractions=(0.1, 1.0), seeds=2, images=60, tied=tied).write(folder / "run"))


def test_a_reader_is_warned_where_two_rules_differ_by_more_than_two_points(tmp_path: Path) -> None:
    (warning,) = [line for line in caveats(analysed(tmp_path, 0.6)) if line.startswith("Ties decide")]
    (found,) = analysed(tmp_path / "again", 0.6).ties
    assert f"Ties decide {100 * found.spread:.1f} points of the accuracy of prior. For" in warning
    assert warning.endswith("with ties shared evenly. In this run, prior uses the first tied box in the file.")


def test_no_reader_is_warned_of_ties_that_matter_little(tmp_path: Path) -> None:
    analysis = analysed(tmp_path, 0.01)
    (found,) = analysis.ties
    assert 0 < found.spread < 0.02
    assert not [line for line in caveats(analysis) if line.startswith("Ties decide")]


def test_the_table_holds_the_accuracy_under_every_rule(tmp_path: Path) -> None:
    analysis = analysed(tmp_path, 0.6)
    table, (found,) = ties(analysis.ties, Measure()), analysis.ties
    ((name, rule, phrases, boxes, *accuracies),) = table.rows
    assert (name, rule, boxes) == ("prior", "first", "4.0")
    assert phrases == f"{100 * found.phrases:.1f}"
    assert [cell.split(" ")[0] for cell in accuracies] == [
        f"{100 * found.accuracy[own].estimate:.1f}" for own in found.accuracy
    ]
    assert list(table.data["ties"]) == ["first", "largest", "shared"]


def test_of_results_from_before_ties_were_recorded_it_is_told_that_nobody_knows(tmp_path: Path) -> None:
    older = replace(analysed(tmp_path, 0.6), ties=())
    (line,) = [line for line in caveats(older) if "tie in a prior" in line]
    assert "For prior, the effect is unknown" in line
