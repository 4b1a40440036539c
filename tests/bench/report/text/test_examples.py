"""The words about examples say how they were chosen and whose answers they show."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from simulated_run import SimulatedRun
from simulated_test_split import describe

from bench.analysis.examples import Occurrence
from bench.report.analyse import Analysis, analyse
from bench.report.text.examples import example_statements, without_examples
from bench.store.ledger import Ledger
from bench.store.records import TrialKey

SMALL = SimulatedRun(fractions=(0.1, 1.0), seeds=2, images=20)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return describe(SMALL.write(tmp_path_factory.mktemp("runs") / "run"), examples=10)


@pytest.fixture(scope="module")
def analysis(run: Path) -> Analysis:
    return analyse(run)


def test_the_choice_and_the_seed_are_told_first(analysis: Analysis) -> None:
    assert analysis.examples is not None
    first = example_statements(analysis.examples)[0]
    shown = len(analysis.examples.examples)
    assert first == (
        f"{shown} phrases of 10 test images, drawn by fixed seeds without looking at any result. Percentages are of "
        f"all {analysis.test.phrases} test phrases, in the trainings with seed 0."
    )
    assert without_examples(analysis) is None


def test_helped_and_hurt_are_explained_where_something_is_compared(
    run: Path, analysis: Analysis, tmp_path: Path
) -> None:
    assert any("helped by training where prior is wrong" in line for line in example_statements(analysis.examples))
    alone = Path(shutil.copytree(run, tmp_path / "alone"))
    shutil.rmtree(Ledger(alone).trial_folder(TrialKey("prior", "0", 0)))
    assert not any("helped" in line for line in example_statements(analyse(alone).examples))


def test_every_case_that_can_be_chosen_is_explained(analysis: Analysis) -> None:
    lines = example_statements(analysis.examples)
    assert "No proposal fits where no detected box overlaps the target with an IoU of at least 0.5." in lines
    disagree = "Systems disagree where not all trained systems choose one box, each at its largest finished fraction."
    assert disagree in lines
    examples = analysis.examples
    assert examples is not None
    alone = replace(examples, rates=tuple(rate for rate in examples.rates if rate.what is not Occurrence.disagree))
    assert disagree not in example_statements(alone)


def test_missing_pictures_are_told(analysis: Analysis, tmp_path: Path) -> None:
    examples = analysis.examples
    assert examples is not None
    assert example_statements(examples)[-1].startswith("The pictures were not available")
    some = replace(examples, split=replace(examples.split, pictures={0: b""}))
    assert example_statements(some)[-1].startswith("If a picture was not available")
    every = replace(examples, split=replace(examples.split, pictures=dict.fromkeys(range(20), b"")))
    assert not any("at hand" in line for line in example_statements(every))


def test_shared_answers_are_explained_where_there_are_some(analysis: Analysis) -> None:
    examples = analysis.examples
    assert examples is not None
    assert not any("tied boxes share" in line for line in example_statements(examples))
    first = examples.examples[0]
    shared = replace(
        first, choices=(replace(first.choices[0], correct=0.25, tied=4, is_shared=True), *first.choices[1:])
    )
    lines = example_statements(replace(examples, examples=(shared,)))
    assert any("tied boxes share counts as right" in line for line in lines)
