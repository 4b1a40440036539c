from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from simulated_run import SimulatedRun

from bench.report.analyse import Analysis, analyse
from bench.report.text.caveats import caveats
from bench.report.text.selection import selection_statements
from sprm.corpus.sources.captions.source import CaptionsSource
from sprm.settings import Selection

STUDY = SimulatedRun(fractions=(0.1, 1.0), seeds=2, images=12)


def selecting(folder: Path, selection: Selection, accuracies: tuple[float | None, ...], kept: int) -> Analysis:
    """Analyse a run whose trainings had these accuracies on the validation split, and kept one epoch."""
    analysis = analyse(STUDY.write(folder))
    training = analysis.protocol.training.model_copy(update={"selection": selection})
    history = tuple(
        {"epoch": epoch, "steps": epoch, "loss": 0.1, "val_accuracy": accuracy, "val_loss": None}
        for epoch, accuracy in enumerate(accuracies, start=1)
    )
    records = tuple(
        record.model_copy(update={"history": history, "selected_epoch": kept}) if record.history else record
        for record in analysis.records
    )
    protocol = analysis.protocol.model_copy(update={"training": training})
    return replace(analysis, protocol=protocol, records=records)


def test_what_a_choice_without_boxes_costs_is_told_where_there_are_boxes(tmp_path: Path) -> None:
    (line,) = selection_statements(selecting(tmp_path / "run", Selection.last, (0.5, 0.625, 0.6), kept=3))
    assert line.startswith("No boxes are used to choose an epoch: for sprm and refinement, the last epoch is kept. ")
    assert "lies 2.5 points below the best epoch on average over 8 trainings, and 2.5 at most" in line


def test_what_it_costs_is_unknown_where_nobody_measured_it_or_there_is_no_box(tmp_path: Path) -> None:
    analysis = selecting(tmp_path / "run", Selection.val_loss, (None, None), kept=1)
    (line,) = selection_statements(analysis)
    assert "the epoch with the lowest contrastive loss on the validation split is kept" in line
    assert "The cost is unknown, because these trials did not record" in line
    source = CaptionsSource(kind="captions", root=tmp_path, val_phrases="found")
    bare = replace(analysis, protocol=analysis.protocol.model_copy(update={"corpus": source}))
    (line,) = selection_statements(bare)
    assert "The cost is unknown, because the validation split has no boxes." in line


def test_a_choice_by_boxes_costs_nothing_and_says_so_elsewhere(tmp_path: Path) -> None:
    analysis = selecting(tmp_path / "run", Selection.val_accuracy, (0.5, 0.6), kept=2)
    assert selection_statements(analysis) == []
    assert any("using their annotated boxes" in line for line in caveats(analysis))


def test_which_phrases_were_trained_on_is_told(tmp_path: Path) -> None:
    analysis = analyse(STUDY.write(tmp_path / "run"))
    assert any("the annotated phrases that have a box. Weak supervision" in line for line in caveats(analysis))
    source = CaptionsSource(kind="captions", root=tmp_path)
    found = replace(analysis, protocol=analysis.protocol.model_copy(update={"corpus": source}))
    assert any(
        "noun phrases found in the plain captions, by rule. Some of them name nothing" in line
        for line in caveats(found)
    )
