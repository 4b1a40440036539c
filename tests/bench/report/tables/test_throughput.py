from __future__ import annotations

from dataclasses import replace

import pytest
from simulated_run import SimulatedRun

from bench.report.analyse import Analysis, analyse
from bench.report.tables.throughput import effort
from bench.report.text.origin import facts
from bench.report.text.throughput import throughput


@pytest.fixture(scope="module")
def analysis(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    return analyse(SimulatedRun(fractions=(0.1, 0.5), seeds=2, images=12).write(tmp_path_factory.mktemp("run") / "run"))


def test_time_beyond_the_named_parts_is_what_is_left_of_a_trial(analysis: Analysis) -> None:
    data = effort(analysis).data
    # A simulated trial has steps of 4 ms and 16 sentences, 0.1 s of selection, 0.5 s of evaluation and 0.1 s beyond.
    assert data["seconds_beyond"].to_list() == pytest.approx([0.1] * 4)
    assert data["sentences_per_second"].to_list() == pytest.approx([4000] * 4)
    assert data["training_images"].to_list() == [100, 500, 100, 500]


def test_the_runs_throughput_counts_all_its_steps(analysis: Analysis) -> None:
    steps = sum(record.steps for record in analysis.records)
    told = throughput(analysis)
    assert told == f"4,000 sentences per second in each worker (cpu); {16 * steps:,} sentences in all trials"
    assert ("Throughput", told) in facts(analysis)


def test_nothing_trained_has_no_throughput(analysis: Analysis) -> None:
    untrained = replace(analysis, records=tuple(record for record in analysis.records if not record.images))
    assert throughput(untrained) is None
    assert "Throughput" not in dict(facts(untrained))
    assert effort(untrained).rows == ()
