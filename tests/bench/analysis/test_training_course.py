from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from simulated_run import SimulatedRun

from bench.analysis.fraction import Fraction
from bench.analysis.training_course import training_courses
from bench.report.analyse import Analysis, analyse
from bench.store.records import TrialRecord

FEW, ALL = Fraction("0.5", 500, 0.5), Fraction("1", 1000, 1.0)


@pytest.fixture(scope="module")
def analysis(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    run = SimulatedRun(fractions=(0.5, 1.0), seeds=2, images=8)
    return analyse(run.write(tmp_path_factory.mktemp("run") / "run"))


def trained(record: TrialRecord, losses: list[float], accuracies: list[float | None], kept: int) -> TrialRecord:
    """The record of a training that went like this."""
    history = tuple(
        {"epoch": i, "steps": 10 * i, "loss": loss, "val_accuracy": accuracy, "val_loss": None}
        for i, (loss, accuracy) in enumerate(zip(losses, accuracies, strict=True), start=1)
    )
    return record.model_copy(update={"history": history, "selected_epoch": kept})


def test_every_epoch_of_every_seed_stands_where_it_belongs(analysis: Analysis) -> None:
    own = [record for record in analysis.records if (record.system, record.fraction) == ("sprm", "1")]
    records = [trained(own[1], [2.0, 1.0], [0.6, 0.5], 1), trained(own[0], [3.0, 2.5], [0.3, 0.4], 2)]
    (course,) = training_courses(records, {"0.5": FEW, "1": ALL})
    assert (course.system, course.fraction, course.seeds, course.selected) == ("sprm", ALL, (0, 1), (2, 1))
    assert course.epochs.tolist() == [1, 2]
    assert course.steps.tolist() == [[10, 20], [10, 20]]
    assert course.loss.tolist() == [[3.0, 2.5], [2.0, 1.0]]
    assert course.val_accuracy.tolist() == [[0.3, 0.4], [0.6, 0.5]]
    assert np.isnan(course.val_loss).all()
    assert course.at_selected(course.val_accuracy).tolist() == [0.4, 0.6]


def test_the_start_is_epoch_0_and_can_be_the_one_that_was_kept(analysis: Analysis) -> None:
    (own,) = [each for each in analysis.records if (each.system, each.fraction, each.seed) == ("sprm", "1", 0)]
    record = trained(own, [2.0, 1.0], [0.6, 0.5], 0)
    start = {"epoch": 0, "steps": 0, "loss": None, "val_accuracy": 0.7, "val_loss": None}
    (course,) = training_courses([record.model_copy(update={"history": (start, *record.history)})], {"1": ALL})
    assert course.epochs.tolist() == [0, 1, 2]
    assert course.first == 1
    assert np.isnan(course.loss[0, 0])
    assert course.at_selected(course.val_accuracy).tolist() == [0.7]


def test_courses_come_by_system_and_amount_and_untrained_systems_have_none(analysis: Analysis) -> None:
    assert [(course.system, course.fraction.images) for course in analysis.courses] == [
        ("sprm", 500), ("sprm", 1000), ("refinement", 500), ("refinement", 1000),
    ]  # fmt: skip


def test_a_training_that_was_shorter_has_no_values_after_its_end(analysis: Analysis) -> None:
    own = [record for record in analysis.records if (record.system, record.fraction) == ("sprm", "1")]
    records = [trained(own[0], [3.0], [None], 1), trained(own[1], [2.0, 1.0], [0.6, 0.5], 2)]
    (course,) = training_courses(records, {"1": ALL})
    assert course.loss[0].tolist()[:1] == [3.0]
    assert np.isnan(course.loss[0, 1])
    assert np.isnan(course.val_accuracy[0]).all()


def test_without_trainings_there_is_nothing_to_follow(tmp_path: Path) -> None:
    assert training_courses([], {}) == ()
