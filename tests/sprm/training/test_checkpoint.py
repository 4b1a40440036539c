"""A training that is stopped, wherever and however often, ends as if nothing had been."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_learner import ALL, SETTINGS, Learner, same

from sprm.corpus.dataset import Dataset
from sprm.settings import Budget, Selection, TrainingSettings
from sprm.training import lazy_adam
from sprm.training import learner as learning
from sprm.training.checkpoint import Checkpoint, Checkpoints, Position
from sprm.training.course import Training
from sprm.training.loop import train
from sprm.training.progress import TrainingProgress

FEW = ALL[:6]
ALWAYS = 0.0


@pytest.fixture(autouse=True)
def _short_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many places to stop at in few steps, and words that fall asleep between them."""
    monkeypatch.setattr(learning, "STRETCH", 2)
    monkeypatch.setattr(lazy_adam, "IDLE", 1)


class Stopped(Exception):
    pass


@dataclass
class Attempt:
    """One process' work on a training that two validations look at.

    Attributes:
        dataset: what it is trained on.
        folder: of its checkpoints; None for a training without.
        settings: how long.
        stop: the number of the report at which it is killed; None for never.
        seconds: between two checkpoints.
    """

    dataset: Dataset
    folder: Path | None
    settings: TrainingSettings = SETTINGS
    stop: int | None = None
    seconds: float = ALWAYS

    def run(self) -> list[Training]:
        self.reports: list[TrainingProgress] = []
        self.learner = Learner(self.dataset)
        self.checkpoints = None if self.folder is None else Checkpoints(self.folder, "this one", self.seconds)

        def report(progress: TrainingProgress) -> None:
            self.reports.append(progress)
            if len(self.reports) == self.stop:
                raise Stopped

        return train(
            self.learner.model,
            self.learner.split,
            FEW,
            self.settings,
            self.learner.both_validations(),
            0,
            report,
            self.checkpoints,
        )

    def stopped(self) -> Attempt:
        with pytest.raises(Stopped):
            self.run()
        return self


def assert_same(found: list[Training], expected: list[Training]) -> None:
    for own, other in zip(found, expected, strict=True):
        assert own.history == other.history
        assert (own.selected_epoch, own.sentences) == (other.selected_epoch, other.sentences)
        assert own.weights.keys() == other.weights.keys()
        assert same(own.weights, other.weights)


@pytest.mark.parametrize("budget", Budget)
@pytest.mark.parametrize("selection", Selection)
def test_a_training_ends_the_same_wherever_it_was_stopped(
    dataset: Dataset, tmp_path: Path, selection: Selection, budget: Budget
) -> None:
    settings = SETTINGS.model_copy(update={"selection": selection, "budget": budget})
    whole = Attempt(dataset, None, settings)
    expected = whole.run()
    assert expected[0].history[0].steps % 2 == 1  # An epoch ends within a stretch.
    for stop in range(2, len(whole.reports) + 1):
        folder = tmp_path / str(stop)
        Attempt(dataset, folder, settings, stop).stopped()
        again = Attempt(dataset, folder, settings)
        assert_same(again.run(), expected)
        # It went on from the end of the stretch before, and took no step twice.
        assert [report.step for report in again.reports] == [report.step for report in whole.reports[stop - 1 :]]
        assert same(again.learner.weights(), whole.learner.weights())
        assert again.checkpoints is not None
        assert len(again.checkpoints.notes) == 1


def test_a_training_ends_the_same_when_every_attempt_is_stopped(dataset: Dataset, tmp_path: Path) -> None:
    whole = Attempt(dataset, None)
    expected = whole.run()
    attempts = 0
    while True:
        attempts += 1
        try:
            found = Attempt(dataset, tmp_path, stop=2).run()
            break
        except Stopped:
            assert len(list(tmp_path.iterdir())) == 2
    assert attempts == len(whole.reports)
    assert_same(found, expected)


def test_a_training_that_was_stopped_after_its_last_epoch_takes_no_step_again(dataset: Dataset, tmp_path: Path) -> None:
    first, again = Attempt(dataset, tmp_path), Attempt(dataset, tmp_path)
    expected = first.run()
    assert_same(again.run(), expected)
    assert again.reports == []
    assert same(again.learner.weights(), first.learner.weights())


def test_no_checkpoint_is_written_before_it_is_time(dataset: Dataset, tmp_path: Path) -> None:
    Attempt(dataset, tmp_path, seconds=3600).run()
    assert list(tmp_path.iterdir()) == []


def test_it_is_time_when_the_start_or_the_last_checkpoint_is_long_enough_ago(tmp_path: Path) -> None:
    now = 100.0
    checkpoints = Checkpoints(tmp_path, "this one", 10, clock=lambda: now)
    for ago, due in ((9.0, False), (10.0, True)):
        now = 100 + ago
        assert checkpoints.is_due is due
    checkpoints.write(
        Checkpoint(Position(step=1, sentences=1, seconds=1, seconds_steps=1, cpu_seconds=1, selected=()), {})
    )
    for ago, due in ((0.0, False), (9.0, False), (11.0, True)):
        now = 110 + ago
        assert checkpoints.is_due is due


def test_times_and_speed_count_what_earlier_attempts_took(dataset: Dataset, tmp_path: Path) -> None:
    first = Attempt(dataset, tmp_path, stop=4).stopped()
    content = read(tmp_path)
    earlier = Position.model_validate({**content["position"], "seconds": 1000.0, "seconds_steps": 900.0})
    rewrite(tmp_path, lambda checkpoint: replace(checkpoint, position=earlier))
    again = Attempt(dataset, tmp_path)
    (training, _) = again.run()
    assert training.seconds_steps > 900
    progress = again.reports[0]
    assert progress.step == first.reports[3].step
    assert progress.seconds > 1000
    assert progress.seconds_left == pytest.approx(
        progress.seconds / progress.step * (progress.steps - progress.step), rel=1e-3
    )
    assert progress.sentences_per_second < 1
    assert again.checkpoints is not None
    assert again.checkpoints.seconds_before == 1000


def test_one_checkpoint_is_there_at_a_time_and_none_after_removal(dataset: Dataset, tmp_path: Path) -> None:
    attempt = Attempt(dataset, tmp_path, stop=5).stopped()
    step = attempt.reports[3].step
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"checkpoint-{step}.safetensors", "checkpoint.json"]
    for left in (".checkpoint.json.abc", ".checkpoint-4.safetensors.abc", "checkpoint-2.safetensors"):
        (tmp_path / left).write_bytes(b"of a killed process")
    (tmp_path / "record.json").touch()
    attempt.checkpoints.remove()
    assert [path.name for path in tmp_path.iterdir()] == ["record.json"]


def test_tensors_without_the_json_that_makes_them_count_change_nothing(dataset: Dataset, tmp_path: Path) -> None:
    expected = Attempt(dataset, None).run()
    Attempt(dataset, tmp_path, stop=5).stopped()
    (tmp_path / "checkpoint-9.safetensors").write_bytes(b"killed before the JSON was there")
    assert_same(Attempt(dataset, tmp_path).run(), expected)
    assert len(list(tmp_path.glob("checkpoint-*"))) == 1


def read(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "checkpoint.json").read_bytes())


def rewrite(folder: Path, change: Callable[[Checkpoint], Checkpoint]) -> None:
    """Change a checkpoint and write it with hashes that are right."""
    checkpoints = Checkpoints(folder, "this one", ALWAYS)
    found = checkpoints.read()
    assert found is not None
    checkpoints.write(change(found))


def assert_starts_anew(dataset: Dataset, folder: Path, expected: list[Training], why: str) -> None:
    """Train beside a checkpoint that cannot be used: from the start, to the same end, with a line about it."""
    attempt = Attempt(dataset, folder)
    assert_same(attempt.run(), expected)
    (note,) = attempt.checkpoints.notes
    assert why in note
    assert "checkpoint.damaged-1.json" in note
    assert attempt.reports[0].step == 2
    assert (folder / "checkpoint.damaged-1.json").exists()


@pytest.fixture(scope="module")
def stopped(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, bytes]]:
    """The files of a training that was stopped within its second epoch."""
    folder = tmp_path_factory.mktemp("stopped")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(learning, "STRETCH", 2)
        patch.setattr(lazy_adam, "IDLE", 1)
        Attempt(dataset, folder, stop=4).stopped()
    yield {path.name: path.read_bytes() for path in folder.iterdir()}


def put(files: Mapping[str, bytes], folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


def test_a_checkpoint_that_is_cut_off_anywhere_is_set_aside(stopped: Mapping[str, bytes], tmp_path: Path) -> None:
    whole = Checkpoints(tmp_path, "this one", ALWAYS)
    put(stopped, tmp_path)
    assert whole.read() is not None
    for name, content in stopped.items():
        # The last byte of the JSON is a line break, which is no part of what it says.
        ends = range(len(content) - 1) if name.endswith(".json") else range(0, len(content), max(len(content) // 50, 1))
        for end in ends:
            put({**stopped, name: content[:end]}, tmp_path)
            checkpoints = Checkpoints(tmp_path, "this one", ALWAYS)
            assert checkpoints.read() is None
            assert len(checkpoints.notes) == 1
            assert not (tmp_path / "checkpoint.json").exists()
    assert len(list(tmp_path.glob("checkpoint.damaged-*.json"))) == 3
    assert len(list(tmp_path.iterdir())) <= 6


def test_a_training_beside_a_checkpoint_that_is_cut_off_starts_anew(
    dataset: Dataset, stopped: Mapping[str, bytes], tmp_path: Path
) -> None:
    expected = Attempt(dataset, None).run()
    for name, content in stopped.items():
        folder = tmp_path / name
        put({**stopped, name: content[: len(content) // 2]}, folder)
        assert_starts_anew(
            dataset, folder, expected, "cannot be read" if name.endswith("json") else "as it was written"
        )


@pytest.mark.parametrize("flipped", [10, 1000, -5])
def test_tensors_with_a_changed_byte_are_set_aside(stopped: Mapping[str, bytes], tmp_path: Path, flipped: int) -> None:
    put(stopped, tmp_path)
    (path,) = tmp_path.glob("*.safetensors")
    content = bytearray(path.read_bytes())
    content[flipped] ^= 1
    path.write_bytes(content)
    checkpoints = Checkpoints(tmp_path, "this one", ALWAYS)
    assert checkpoints.read() is None
    assert "is not as it was written" in checkpoints.notes[0]


def edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    content = read(folder)
    change(content)
    (folder / "checkpoint.json").write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda stored: stored.update(schema_version=2), "cannot be read"),
        (lambda stored: stored.update(more=1), "cannot be read"),
        (lambda stored: stored.pop("position"), "cannot be read"),
        (lambda stored: stored["position"].update(step=-2), "cannot be read"),
        (lambda stored: stored["position"].update(step="../../etc/passwd"), "cannot be read"),
        (lambda stored: stored["position"].update(seconds=float("nan")), "cannot be read"),
        (lambda stored: stored["position"].update(sentences=5), "is not as it was written"),
        (lambda stored: stored["position"]["selected"][0]["history"][0].update(loss=0.5), "is not as it was written"),
        (lambda stored: stored.update(tensors_sha256="0" * 64), "is not as it was written"),
        (lambda stored: stored.update(fingerprint="that one"), "is not as it was written"),
    ],
)
def test_json_that_was_edited_is_set_aside(
    dataset: Dataset, stopped: Mapping[str, bytes], tmp_path: Path, change: Callable[[dict[str, Any]], object], why: str
) -> None:
    put(stopped, tmp_path)
    edit(tmp_path, change)
    assert_starts_anew(dataset, tmp_path, Attempt(dataset, None).run(), why)


def test_json_that_was_written_in_another_way_says_the_same(stopped: Mapping[str, bytes], tmp_path: Path) -> None:
    put(stopped, tmp_path)
    edit(tmp_path, lambda stored: None)
    assert Checkpoints(tmp_path, "this one", ALWAYS).read() is not None


def test_the_checkpoint_of_another_training_is_set_aside_whole(stopped: Mapping[str, bytes], tmp_path: Path) -> None:
    put(stopped, tmp_path)
    other = Checkpoints(tmp_path, "that one", ALWAYS)
    assert other.read() is None
    assert "another training" in other.notes[0]
    aside = {path.suffix: path.read_bytes() for path in tmp_path.glob("checkpoint.damaged-1.*")}
    assert aside == {Path(name).suffix: content for name, content in stopped.items()}


def without(tensors: Mapping[str, torch.Tensor], name: str) -> dict[str, torch.Tensor]:
    return {each: tensor for each, tensor in tensors.items() if each != name}


@pytest.mark.parametrize("name", ["weights.visual.bias", "adam.visual.bias.exp_avg", "words.held", "losses"])
@pytest.mark.parametrize("spoil", ["missing", "longer", "double"])
def test_tensors_of_another_model_are_set_aside_and_nothing_of_them_is_used(
    dataset: Dataset, stopped: Mapping[str, bytes], tmp_path: Path, name: str, spoil: str
) -> None:
    put(stopped, tmp_path)

    def spoilt(checkpoint: Checkpoint) -> Checkpoint:
        tensor = checkpoint.tensors[name]
        changed = {"longer": torch.cat([tensor, tensor]), "double": tensor.to(torch.float16)}
        others = without(checkpoint.tensors, name)
        return replace(checkpoint, tensors=others if spoil == "missing" else {**others, name: changed[spoil]})

    rewrite(tmp_path, spoilt)
    assert_starts_anew(dataset, tmp_path, Attempt(dataset, None).run(), f"does not fit: {name}")


@pytest.mark.parametrize(
    ("update", "why"),
    [
        ({"step": 10_000}, "is at step 10000"),
        ({"step": 2}, "has another history than 0 epochs of 3 steps"),
        ({"selected": ()}, "has selected 0 times, and not 2 times"),
    ],
)
def test_a_position_that_this_training_never_has_is_set_aside(
    dataset: Dataset, stopped: Mapping[str, bytes], tmp_path: Path, update: dict[str, Any], why: str
) -> None:
    put(stopped, tmp_path)
    rewrite(tmp_path, lambda found: replace(found, position=found.position.model_copy(update=update)))
    assert_starts_anew(dataset, tmp_path, Attempt(dataset, None).run(), why)


@pytest.mark.parametrize("name", ["adam.visual.bias.step", "words.held"])
def test_steps_that_were_counted_in_two_ways_are_set_aside(
    dataset: Dataset, stopped: Mapping[str, bytes], tmp_path: Path, name: str
) -> None:
    put(stopped, tmp_path)
    rewrite(tmp_path, lambda found: replace(found, tensors={**found.tensors, name: found.tensors[name] + 7}))
    assert_starts_anew(dataset, tmp_path, Attempt(dataset, None).run(), "has counted its steps")


def test_a_disk_that_takes_no_checkpoint_costs_the_checkpoint_and_not_the_training(
    dataset: Dataset, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    attempt = Attempt(dataset, tmp_path / "file" / "folder")
    assert_same(attempt.run(), Attempt(dataset, None).run())
    assert attempt.checkpoints.notes == ["a checkpoint could not be written (Not a directory)"]


def test_a_folder_in_the_place_of_a_checkpoint_is_set_aside(dataset: Dataset, tmp_path: Path) -> None:
    (tmp_path / "checkpoint.json").mkdir()
    assert_starts_anew(dataset, tmp_path, Attempt(dataset, None).run(), "cannot be read")


def test_words_sleep_in_these_trainings(stopped: Mapping[str, bytes], tmp_path: Path) -> None:
    """Else the tests above would tell nothing of words that sleep across a checkpoint."""
    put(stopped, tmp_path)
    found = Checkpoints(tmp_path, "this one", ALWAYS).read()
    awake = found.tensors["words.awake"]
    assert ((awake > 0) & (awake < found.position.step)).any()
