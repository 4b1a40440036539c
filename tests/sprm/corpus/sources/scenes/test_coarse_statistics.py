"""What the coarse detector's boxes, labels and scores say untrained, against photographs; never what training makes of
them. Where Scenes cannot be as photographs are, the band is around what docs/data.md says it gives."""

from __future__ import annotations

from pathlib import Path

import pytest
from detector_statistics import Statistics, statistics

from sprm.corpus.build.prepare import prepare
from sprm.corpus.dataset import open_dataset
from sprm.corpus.sources.scenes.source import ScenesSize, ScenesSource
from sprm.settings import Rules

pytestmark = pytest.mark.slow

IMAGES = 200


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Statistics:
    source = ScenesSource(seed=3, images=ScenesSize(train=2, val=2, test=IMAGES), detector="coarse")
    cache: Path = tmp_path_factory.mktemp("cache")
    dataset = open_dataset(prepare(source, Rules.corrected, cache, progress=lambda stage, done, total: None))
    return statistics(dataset, "test", Rules.corrected)


def test_boxes_and_labels_are_as_many_as_on_photographs(measured: Statistics) -> None:
    assert measured.boxes == pytest.approx(24.4, abs=2)
    assert measured.labels == pytest.approx(7.2, abs=1.2)


def test_chance_and_the_best_box_are_as_on_photographs(measured: Statistics) -> None:
    assert measured.chance == pytest.approx(0.075, abs=0.015)
    assert measured.upper_bound == pytest.approx(0.63, abs=0.05)


def test_most_phrases_are_tied_between_several_boxes(measured: Statistics) -> None:
    assert measured.tied == pytest.approx(0.73, abs=0.05)
    assert 4.5 <= measured.boxes_tied <= 7.5


def test_half_of_the_prior_is_the_order_of_the_boxes(measured: Statistics) -> None:
    assert measured.first == pytest.approx(0.34, abs=0.05)
    assert measured.largest == pytest.approx(0.35, abs=0.06)
    assert measured.shared == pytest.approx(0.17, abs=0.03)
    assert measured.shared < 0.65 * measured.first


def test_score_and_size_help_the_prior(measured: Statistics) -> None:
    assert measured.with_score is not None
    assert measured.with_both is not None
    assert measured.with_score > measured.first + 0.01
    assert measured.with_size > measured.first + 0.01
    assert measured.with_both > measured.first + 0.01


def test_the_best_score_and_the_largest_box_alone_are_right_for_a_fifth(measured: Statistics) -> None:
    assert measured.best_score == pytest.approx(0.2, abs=0.04)
    assert measured.largest_box == pytest.approx(0.2, abs=0.05)
