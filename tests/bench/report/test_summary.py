from __future__ import annotations

import json
from pathlib import Path

import pytest
from simulated_run import SimulatedRun

from bench.report.analyse import analyse
from bench.report.summary import ReportSummary, read_summary, summary_of
from bench.report.text.first_screen import first_screen
from bench.store.records import TrialKey


def summed_up(run: Path) -> ReportSummary:
    analysis = analyse(run)
    return summary_of(analysis, first_screen(analysis))


def test_a_report_is_summed_up_by_its_first_screen_and_its_curves(tmp_path: Path) -> None:
    analysis = analyse(SimulatedRun(fractions=(0.1, 1.0), seeds=2, images=40).write(tmp_path / "run"))
    first = first_screen(analysis)
    summary = summary_of(analysis, first)
    assert (summary.question, summary.answer, summary.setting) == (first.question, first.answer, first.setting)
    assert [(chip.claim, chip.decision, chip.number, chip.interval) for chip in summary.chips] == [
        (chip.claim, chip.decision, chip.number, chip.interval) for chip in first.chips
    ]
    assert (summary.protocol, summary.synthetic, summary.training_images) == ("simulated", True, 1000)
    assert (summary.done, summary.planned, summary.complete) == (11, 11, True)
    assert [(curve.system, [point.images for point in curve.points]) for curve in summary.curves] == [
        ("sprm", [100, 1000]),
        ("refinement", [100, 1000]),
    ]
    assert summary.finished_at == max(record.finished_at for record in analysis.records)
    assert read_summary(summary.to_json()) == summary


def test_a_partial_run_is_summed_up_as_partial(tmp_path: Path) -> None:
    study = SimulatedRun(fractions=(0.1, 1.0), seeds=2, images=10)
    summary = summed_up(study.write(tmp_path / "run", without=(TrialKey("sprm", "1", 1),)))
    assert (summary.done, summary.planned, summary.complete) == (10, 11, False)


def test_a_run_without_an_interval_has_none(tmp_path: Path) -> None:
    summary = summed_up(SimulatedRun(fractions=(1.0,), seeds=1, images=1).write(tmp_path / "run"))
    assert {(point.low, point.high) for curve in summary.curves for point in curve.points} == {(None, None)}


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "novel"},
        {"prior": 1.5},
        {"curves": [{"system": "sprm", "points": [{"images": 0, "accuracy": 0.5}]}]},
        {"curves": [{"system": "sprm", "points": [{"images": 10, "accuracy": "NaN"}]}]},
        {"finished_at": "2026-01-01"},
        {"more": 1},
    ],
)
def test_what_is_no_summary_is_refused(change: dict[str, object], tmp_path: Path) -> None:
    written = json.loads(summed_up(SimulatedRun(fractions=(1.0,), seeds=2, images=4).write(tmp_path / "run")).to_json())
    with pytest.raises(ValueError, match="validation error"):
        read_summary(json.dumps({**written, **change}).encode())
