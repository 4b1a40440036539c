"""Every kind of the package passes every check, and what does one thing wrong fails the check for it."""

from __future__ import annotations

from pathlib import Path

import broken_systems as broken
import pytest

from bench.conformance.check import check
from bench.conformance.corpus import small_dataset
from bench.conformance.finding import Finding, Result, findings
from bench.conformance.systems import CHECKS, CheckedSystem
from bench.systems.registry import SYSTEMS
from bench.systems.system import System
from bench.systems.trained import TrainedSystem
from sprm.corpus.dataset import Dataset
from sprm.settings import Selection, TrainingSettings

pytestmark = pytest.mark.slow
TRAINING = TrainingSettings(epochs=2, batch=8, learning_rate=1e-3, selection=Selection.last)


def unreported(stage: str, done: int, total: int) -> None:
    return


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def small(cache: Path) -> Dataset:
    return small_dataset(cache, unreported)


def checked(system: System, small: Dataset) -> dict[str, Finding]:
    training = TRAINING if isinstance(system, TrainedSystem) else None
    return {each.check: each for each in findings(CHECKS, CheckedSystem(system, small, training))}


@pytest.mark.parametrize("kind", SYSTEMS.by_name())
def test_a_kind_of_the_package_passes_every_check(kind: str, small: Dataset, cache: Path) -> None:
    found = list(check(kind, (), cache, unreported))
    assert [each for each in found if each.result is Result.failed] == []
    assert {each.why for each in found if each.result is Result.skipped} <= {
        "it is not trained",
        "an upper bound is made of the targets",
    }
    if issubclass(SYSTEMS.by_name()[kind], TrainedSystem):
        assert {each.result for each in found} == {Result.passed}
        assert {each.why for each in found} == {""}


def test_the_sound_one_that_the_others_derive_from_passes(small: Dataset) -> None:
    assert {each.result for each in checked(broken.Sound(), small).values()} == {Result.passed}


@pytest.mark.parametrize(
    ("system", "failing", "why"),
    [
        (broken.Bare(), "settings", "size: expected a docstring below the field"),
        (broken.Wordless(), "description", "expected a line of text"),
        (broken.Illiterate(), "reads", "system kind sound: reads: names the split 'tset'; expected one of train,"),
        (broken.NoModel(), "fit", "fit: model returns Linear; expected a TrainableModel"),
        (broken.Undecided(), "fit", "expected a scalar that depends on its weights"),
        (broken.Transposed(), "fit", "fit: the model returns (6, "),
        (broken.Peeking(), "fit", "it reads the targets of the test split, which it is judged on"),
        (broken.TooFew(), "shape", "floating-point numbers"),
        (broken.PeekingAtTables(), "shape", "it reads the targets of phrases that it is judged on"),
        (broken.NotFinite(), "finite", "score returns a number that is not finite"),
        (broken.Deaf(), "phrases", "gives the boxes of an image the same for every phrase"),
        (
            broken.Unseeded(),
            "determinism",
            "trained again with the same seed, it ends with other weights: layer.weight",
        ),
        (broken.PeekingAtFiles(), "test targets", "its answers change with the targets of the test split"),
        (broken.Forgetful(), "resuming", "resumed from its checkpoint, it ends with other weights: layer.weight"),
        (broken.StartingAnew(), "resuming", "fit does not resume from task.checkpoints: it starts anew"),
        (broken.Silent(), "resuming", "fit does not call task.report, so it cannot be stopped"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, System) else "",
)
def test_what_does_one_thing_wrong_fails_the_check_for_it(
    system: System, failing: str, why: str, small: Dataset
) -> None:
    found = checked(system, small)
    first = next(each for each in found.values() if each.result is Result.failed)
    assert first.check == failing
    assert why in first.why


def test_what_stands_on_something_that_failed_is_skipped_and_says_so(small: Dataset) -> None:
    found = checked(broken.Peeking(), small)
    assert {each.why for each in found.values() if each.result is Result.skipped} == {"fit failed"}
    assert [name for name, each in found.items() if each.result is Result.failed] == ["fit"]


def test_what_is_no_mistake_is_a_remark(small: Dataset) -> None:
    same_start = checked(broken.SameStart(), small)["seeds"]
    assert same_start.result is Result.passed
    assert "the same weights whatever the seed" in same_start.why
    supervised = checked(broken.Supervised(), small)["training targets"]
    assert supervised.result is Result.passed
    assert "it is not weakly supervised" in supervised.why
