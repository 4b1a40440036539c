from __future__ import annotations

from dataclasses import replace
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from simulated_run import SimulatedRun

from bench.analysis.fraction import Fraction
from bench.analysis.training_course import TrainingCourse
from bench.report.analyse import Analysis, analyse
from bench.report.figures.canvas import AMOUNTS, MARKERS, SERIES, STYLE, Drawing
from bench.report.figures.panels import Series
from bench.report.figures.training import training_curves
from bench.report.tables.training import training

NONE = np.full((2, 3), np.nan)


def course(images: int, **values: Any) -> TrainingCourse:
    """Two trainings of three epochs on some of 1,000 images."""
    loss = np.array([[3.0, 2.0, 1.0], [3.5, 2.5, 1.5]])
    own = {"loss": loss, "val_accuracy": loss / 10, "val_loss": NONE, "steps": np.array([[10, 20, 30]] * 2) * images}
    fraction = Fraction(f"{images}-images", images, images / 1000)
    kept = {"epochs": np.arange(1, 4), "seeds": (0, 1), "selected": (3, 2)}
    return TrainingCourse("sprm", fraction, **{**kept, **own, **values})


@pytest.fixture(scope="module")
def analysis(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    run = SimulatedRun(fractions=(0.5, 1.0), seeds=2, images=8)
    return analyse(run.write(tmp_path_factory.mktemp("run") / "run"))


def drawn(analysis: Analysis, *courses: TrainingCourse) -> Drawing | None:
    with mpl.rc_context(STYLE):
        return training_curves(replace(analysis, courses=courses), [Series("sprm", SERIES[0], MARKERS[0])])


def test_each_epoch_of_each_seed_is_in_the_numbers_and_the_kept_one_is_marked(analysis: Analysis) -> None:
    drawing = drawn(analysis, course(500), course(1000))
    assert drawing is not None
    numbers = drawing.data
    assert len(numbers) == 12
    own = numbers[(numbers["training_images"] == 500) & (numbers["seed"] == 1)]
    assert list(own["epoch"]) == [1, 2, 3]
    assert list(own["training_loss"]) == [3.5, 2.5, 1.5]
    assert list(own["validation_accuracy_percent"]) == pytest.approx([35, 25, 15])
    assert list(own["is_kept"]) == [False, True, False]


def test_the_start_is_an_epoch_without_a_loss_where_it_may_be_kept(analysis: Analysis) -> None:
    loss = np.array([[np.nan, 2.0, 1.0], [np.nan, 2.5, 1.5]])
    accuracy = np.array([[0.3, 0.2, 0.1], [0.3, 0.2, 0.4]])
    own = course(500, loss=loss, val_accuracy=accuracy, epochs=np.arange(3), selected=(0, 2))
    drawing = drawn(analysis, own)
    assert drawing is not None
    assert "Epoch 0: before the first step" in drawing.caption
    assert list(drawing.data["epoch"]) == [0, 1, 2] * 2
    assert list(drawing.data["is_kept"]) == [True, False, False, False, False, True]
    assert "nan" not in drawing.inline.lower()
    assert "Epoch 0" in training([own]).caption
    assert "Epoch 0" not in training([course(500)]).caption
    (row,) = training([own]).rows
    assert row[3:] == ("2", "2.25", "1.25", "20.0", "35.0", "25.0", "0 to 2")
    one = {"loss": loss[:, :2], "val_accuracy": accuracy[:, :2], "val_loss": NONE[:, :2], "steps": np.ones((2, 2))}
    assert drawn(analysis, course(500, epochs=np.arange(2), selected=(0, 1), **one)) is None


def test_amounts_have_colours_from_few_to_many_that_follow_the_page(analysis: Analysis) -> None:
    drawing = drawn(analysis, course(500), course(1000))
    assert drawing is not None
    assert AMOUNTS[0] in drawing.svg.decode()
    assert AMOUNTS[-1] in drawing.svg.decode()
    assert "var(--amount-1)" in drawing.inline
    assert "var(--amount-6)" in drawing.inline
    assert ">500 images<" in drawing.inline


def test_without_boxes_in_the_validation_split_its_loss_is_shown(analysis: Analysis) -> None:
    drawing = drawn(analysis, course(500, val_accuracy=NONE, val_loss=np.ones((2, 3))))
    assert drawing is not None
    assert ">validation loss<" in drawing.inline
    assert "validation accuracy" not in drawing.inline.replace("aria-label", "").split(">", 1)[1]


def test_of_many_amounts_some_are_shown_and_the_caption_says_how_many(analysis: Analysis) -> None:
    courses = [course(images) for images in range(100, 1100, 100)]
    drawing = drawn(analysis, *courses)
    assert drawing is not None
    assert "Shown: 6 of 10 amounts of data" in drawing.caption
    assert drawing.data["training_images"].nunique() == 10
    assert {">100 images<", ">1,000<"} <= {f">{text}<" for text in drawing.inline.replace("<", ">").split(">")}


def test_equal_steps_at_every_amount_are_said(analysis: Analysis) -> None:
    steps = np.array([[10, 20, 30]] * 2)
    alike, unlike = drawn(analysis, course(500, steps=steps), course(1000, steps=steps)), drawn(analysis, course(500))
    assert alike is not None
    assert unlike is not None
    assert "Of sprm, an epoch has as many optimiser steps" in alike.caption
    assert "optimiser steps" not in unlike.caption


def test_trainings_of_one_epoch_have_no_curves(analysis: Analysis) -> None:
    assert drawn(analysis, *analysis.courses) is None
