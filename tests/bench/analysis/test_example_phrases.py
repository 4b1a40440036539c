"""Which phrases are shown of the example images hangs on the test split alone."""

from __future__ import annotations

from collections import Counter

import pytest
from simulated_run import SimulatedRun
from simulated_test_split import describe

from bench.analysis.example_phrases import PER_IMAGE, example_phrases
from bench.store.test_split import CORNERS, TestSplit, read_test_split

STUDY = SimulatedRun(fractions=(1.0,), seeds=1, images=40)
TEXTS = tuple(STUDY.phrases()["phrase"])


@pytest.fixture(scope="module")
def split(tmp_path_factory: pytest.TempPathFactory) -> TestSplit:
    found = read_test_split(describe(STUDY.write(tmp_path_factory.mktemp("run") / "run"), examples=30))
    assert found is not None
    return found


def images_of(split: TestSplit, rows: list[int]) -> list[int]:
    return split.phrases["image"].iloc[rows].tolist()


def test_of_each_chosen_image_there_are_a_few_phrases_that_differ_in_target(split: TestSplit) -> None:
    rows = example_phrases(split, TEXTS)
    by_image = Counter(images_of(split, rows))
    assert set(by_image) == set(split.examples)
    assert max(by_image.values()) == PER_IMAGE
    assert not split.phrases.iloc[rows].duplicated(["image", *CORNERS]).any()


def test_phrases_of_an_image_differ_in_words_whatever_their_case(split: TestSplit) -> None:
    rows = example_phrases(split, ["a dog" if row % 2 else "A DOG" for row in range(len(TEXTS))])
    assert max(Counter(images_of(split, rows)).values()) == 1


def test_no_image_comes_again_before_all_have_come(split: TestSplit) -> None:
    assert len(set(images_of(split, example_phrases(split, TEXTS))[:30])) == 30


def test_the_same_split_gives_the_same_phrases_again(split: TestSplit) -> None:
    assert example_phrases(split, TEXTS) == example_phrases(split, TEXTS)
