from __future__ import annotations

import time
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from bench.cli import progress
from bench.cli.progress import PreparationDisplay, TrialDisplay
from bench.protocol.schema import Protocol
from bench.store.records import Running
from bench.trials.jobs import Job, jobs_of
from bench.trials.plan import Plan, make_plan
from bench.trials.worker import Finished
from sprm.corpus.dataset import Dataset


class Clock:
    """Seconds that pass only when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def plan(dataset: Dataset, tmp_path: Path) -> Plan:
    systems = {"prior": {"kind": "prior"}, "sprm": {"kind": "sprm"}}
    values = {"name": "tiny", "fractions": [0.5, 1], "seeds": 2, "systems": systems, "training": {"epochs": 10}}
    return make_plan(Protocol.model_validate(values), dataset, tmp_path)


def queue(plan: Plan) -> list[Job]:
    return jobs_of(plan.trials, plan.dataset)


def begun(display: TrialDisplay, todo: list[Job], total: int = 5, done: int = 0) -> None:
    """Begin a run whose first two jobs two workers have."""
    display.begin(total, done, todo, workers=2)
    for job in todo[:2]:
        display.started(job)


def drawn(display: TrialDisplay) -> list[str]:
    console = Console(file=StringIO(), width=120)
    console.print(display.render())
    assert isinstance(console.file, StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_the_longest_trials_go_first(plan: Plan) -> None:
    keys = [(trial.key.system, trial.key.fraction) for job in queue(plan) for trial in job.trials]
    assert keys == [("sprm", "1"), ("sprm", "1"), ("sprm", "0.5"), ("sprm", "0.5"), ("prior", "0")]


def test_a_training_that_serves_several_seeds_of_a_system_is_named_once(dataset: Dataset, tmp_path: Path) -> None:
    seeds = {"subsets": 3, "initialisations": 2}
    values = {"name": "tiny", "fractions": [1], "seeds": seeds, "systems": {"sprm": {"kind": "sprm"}}}
    crossed = make_plan(Protocol.model_validate(values), dataset, tmp_path)
    job, _ = jobs_of(crossed.trials, crossed.dataset)
    assert len(job.trials) == 3
    display = TrialDisplay(Console(file=StringIO()), crossed.ledger, Clock())
    begun(display, [job])
    assert drawn(display)[1].split()[:5] == ["sprm", "100", "%", "seed", "0"]


def test_the_display_shows_what_runs_since_when_and_what_is_done(plan: Plan) -> None:
    clock = Clock()
    display = TrialDisplay(Console(file=StringIO()), plan.ledger, clock)
    begun(display, queue(plan), total=6, done=1)
    clock.now = 90.0
    lines = drawn(display)
    assert lines[0].endswith("1/6 trials")
    assert [line.split() for line in lines[1:]] == [
        ["sprm", "100", "%", "seed", "0", "1", "min", "30", "s"],
        ["sprm", "100", "%", "seed", "1", "1", "min", "30", "s"],
    ]


def test_the_next_trial_shows_as_running_when_one_ends(plan: Plan) -> None:
    clock = Clock()
    display = TrialDisplay(Console(file=StringIO()), plan.ledger, clock)
    todo = queue(plan)
    begun(display, todo)
    clock.now = 60.0
    display.ended(todo[1], [Finished(todo[1].trials[0].key, 60.0, accuracy=0.5)])
    display.started(todo[2])
    clock.now = 64.0
    lines = drawn(display)
    assert "1/5 trials" in lines[0]
    assert lines[1].split() == ["sprm", "100", "%", "seed", "0", "1", "min", "4", "s"]
    assert lines[2].split() == ["sprm", "50", "%", "seed", "0", "4", "s"]


def test_the_time_left_is_that_of_the_effort_left_on_all_workers_or_of_the_longest_trial(plan: Plan) -> None:
    clock = Clock()
    display = TrialDisplay(Console(file=StringIO()), plan.ledger, clock)
    todo = queue(plan)
    efforts = [job.effort for job in todo]
    begun(display, todo)
    assert display.seconds_left() is None
    clock.now = 60.0
    display.ended(todo[0], [Finished(todo[0].trials[0].key, 60.0, accuracy=0.5)])
    display.ended(todo[1], [Finished(todo[1].trials[0].key, 60.0, accuracy=0.5)])
    expected = 60.0 / efforts[0] * max(sum(efforts[2:]) / 2, efforts[2])
    assert display.seconds_left() == pytest.approx(expected)
    display.started(todo[2])
    display.started(todo[3])
    clock.now += 10.0
    assert display.seconds_left() == pytest.approx(expected - 10.0)


RUNNING = Running(
    epoch=2,
    epochs=5,
    step=2500,
    steps=10_000,
    loss=-0.3123,
    sentences_per_second=1234,
    seconds=100,
    seconds_left=300,
)


def test_a_training_shows_how_far_it_is(plan: Plan) -> None:
    clock = Clock()
    display = TrialDisplay(Console(file=StringIO()), plan.ledger, clock)
    todo = queue(plan)
    begun(display, todo)
    clock.now = 100.0
    plan.ledger.write_running(todo[0].trials[0].key, RUNNING)
    lines = drawn(display)
    assert lines[1].endswith("  5 min left, epoch 2/5, step 2,500/10,000, loss -0.312, 1,234 sentences/s")
    assert "epoch" not in lines[2]


def test_the_time_left_is_known_from_the_first_steps_of_a_training(plan: Plan) -> None:
    clock = Clock()
    display = TrialDisplay(Console(file=StringIO()), plan.ledger, clock)
    todo = queue(plan)
    efforts = [job.effort for job in todo]
    begun(display, todo)
    clock.now = 100.0
    plan.ledger.write_running(todo[0].trials[0].key, RUNNING)
    rate = 100.0 / (efforts[0] / 4)
    left = [300.0, rate * efforts[1] - 100.0, *(rate * effort for effort in efforts[2:])]
    assert display.seconds_left() == pytest.approx(max(sum(left) / 2, *left))


def test_a_training_that_went_on_from_a_checkpoint_shows_the_speed_of_all_its_steps(plan: Plan) -> None:
    clock = Clock()
    display = TrialDisplay(Console(file=StringIO()), plan.ledger, clock)
    todo = queue(plan)
    begun(display, todo)
    clock.now = 1.0
    plan.ledger.write_running(todo[0].trials[0].key, RUNNING)
    rate = 100.0 / (todo[0].effort / 4)
    left = [300.0, rate * todo[1].effort - 1.0, *(rate * job.effort for job in todo[2:])]
    assert display.seconds_left() == pytest.approx(max(sum(left) / 2, *left))


def test_what_a_person_should_know_of_a_training_has_a_line(plan: Plan) -> None:
    console = Console(file=StringIO(), width=200)
    display = TrialDisplay(console, plan.ledger, Clock())
    todo = queue(plan)
    begun(display, todo)
    notes = ("went on from its checkpoint at step 640 of 1,000", "a checkpoint could not be written (No space left)")
    display.ended(todo[0], [Finished(todo[0].trials[0].key, 1.0, accuracy=0.5, notes=notes)])
    assert isinstance(console.file, StringIO)
    assert console.file.getvalue().splitlines()[-2:] == [f"sprm 100 % seed 0: {note}" for note in notes]


def test_without_a_terminal_a_training_has_a_line_from_time_to_time(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "TRAINING_INTERVAL", 0.01)
    console = Console(file=StringIO(), width=200)
    display = TrialDisplay(console, plan.ledger, Clock())
    todo = queue(plan)
    plan.ledger.write_running(todo[1].trials[0].key, RUNNING.model_copy(update={"loss": None}))
    begun(display, todo)
    assert isinstance(console.file, StringIO)
    while "sentences/s" not in console.file.getvalue():
        time.sleep(0.01)
    display.close()
    line = console.file.getvalue().splitlines()[1]
    assert line == "sprm 100 % seed 1: 5 min left, epoch 2/5, step 2,500/10,000, loss –, 1,234 sentences/s"


def test_a_failure_is_told_at_once_and_counted(plan: Plan) -> None:
    console = Console(file=StringIO(), width=200)
    display = TrialDisplay(console, plan.ledger, Clock())
    todo = queue(plan)
    begun(display, todo)
    display.ended(todo[0], [Finished(todo[0].trials[0].key, 1.0, problem="the loss is not finite")])
    assert isinstance(console.file, StringIO)
    assert "1/5 sprm 100 % seed 0: failed: the loss is not finite" in console.file.getvalue()
    assert "1/5 trials, 1 failed" in drawn(display)[0]


def test_in_a_terminal_the_display_is_live_and_leaves_its_last_state(plan: Plan) -> None:
    console = Console(file=StringIO(), force_terminal=True, width=100)
    display = TrialDisplay(console, plan.ledger, Clock())
    todo = queue(plan)
    begun(display, todo)
    for job in todo:
        display.ended(job, [Finished(job.trials[0].key, 1.0, accuracy=0.5)])
    display.close()
    assert isinstance(console.file, StringIO)
    assert "5/5 trials" in console.file.getvalue()


def test_without_a_terminal_preparation_prints_a_line_a_stage() -> None:
    console = Console(file=StringIO(), width=100)
    with PreparationDisplay(console) as display:
        for done in range(100):
            display("reading train", done, 100)
        display("word vectors", 0, 1)
    assert isinstance(console.file, StringIO)
    assert console.file.getvalue().splitlines() == ["reading train 0/100", "word vectors 0/1"]


def test_without_a_terminal_the_time_left_is_told_from_what_this_call_has_done() -> None:
    console, clock = Console(file=StringIO(), width=100), Clock()
    with PreparationDisplay(console, clock) as display:
        for now, done in ((0, 500), (1, 510), (10, 600), (100, 1000)):
            clock.now = now
            display("reading train", done, 1000)
    assert isinstance(console.file, StringIO)
    assert console.file.getvalue().splitlines() == [
        "reading train 500/1,000",
        "reading train 600/1,000, about 40 s left",
        "reading train 1,000/1,000",
    ]


def test_one_shot_is_one_image(dataset: Dataset, tmp_path: Path) -> None:
    values = {"name": "tiny", "shots": [1, 4], "seeds": 1, "systems": {"sprm": {"kind": "sprm"}}}
    plan = make_plan(Protocol.model_validate(values), dataset, tmp_path)
    display = TrialDisplay(Console(file=StringIO()), plan.ledger, Clock())
    begun(display, queue(plan), total=2)
    shown = [" ".join(line.split()[:5]) for line in drawn(display)[1:]]
    assert shown == ["sprm 4 images seed 0", "sprm 1 image seed 0"]
