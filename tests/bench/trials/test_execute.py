from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from bench.cli.progress import TrialDisplay
from bench.protocol.schema import Protocol
from bench.store.records import Running, TrialKey
from bench.trials.backends.backend import Ended
from bench.trials.engine import Engine
from bench.trials.execute import _Execution, execute
from bench.trials.jobs import Job, jobs_of
from bench.trials.options import TrialOptions
from bench.trials.plan import Plan, make_plan
from bench.trials.status import TrialStatus, with_running
from bench.trials.worker import Finished
from sprm.corpus.dataset import Dataset
from sprm.files.leases import Attempts

VALUES = {
    "name": "tiny",
    "fractions": [0.5, 1],
    "seeds": 2,
    "systems": {
        "random": {"kind": "random"},
        "prior": {"kind": "prior"},
        "oracle": {"kind": "oracle"},
        "sprm": {"kind": "sprm"},
    },
    "training": {"epochs": 2, "batch": 4, "learning_rate": 1e-3},
}


def protocol(**changes: object) -> Protocol:
    return Protocol.model_validate({**VALUES, **changes})


def done_by(plan: Plan, dataset_folder: Path, workers: int) -> tuple[int, str]:
    console = Console(file=StringIO(), width=200)
    display = TrialDisplay(console, plan.ledger)
    taken_over = execute(plan, dataset_folder, Engine(workers=workers), display, TrialOptions())
    display.close()
    assert isinstance(console.file, StringIO)
    return taken_over, console.file.getvalue()


@pytest.fixture(scope="module")
def results(dataset: Dataset, dataset_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of the protocol, computed by two workers."""
    folder = tmp_path_factory.mktemp("results")
    taken_over, told = done_by(make_plan(protocol(), dataset, folder), dataset_folder, 2)
    assert taken_over == 0
    assert told.startswith("7 of 7 trials to run")
    return folder


def test_every_trial_leaves_its_record_and_outcomes(dataset: Dataset, results: Path) -> None:
    plan = make_plan(protocol(), dataset, results)
    assert plan.left == []
    for planned in plan.trials:
        record = plan.ledger.record(planned.trial.key)
        assert record is not None
        assert plan.ledger.damaged(record) is None


class Looker:
    """Notes which trials seem to be at work before a worker has them."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.at_work: list[TrialKey] = []

    def stage(self, what: str) -> AbstractContextManager[None]:
        return nullcontext()

    def begin(self, total: int, done: int, queue: Sequence[Job], workers: int) -> None:
        pass

    def started(self, job: Job) -> None:
        self.at_work += [trial.key for trial in job.trials if self.plan.ledger.running(trial.key) is not None]

    def ended(self, job: Job, finished: Sequence[Finished]) -> None:
        pass

    def note(self, what: str) -> None:
        pass


def test_what_a_killed_worker_left_is_no_trial_at_work(dataset: Dataset, dataset_folder: Path, tmp_path: Path) -> None:
    plan = make_plan(protocol(systems={"prior": {"kind": "prior"}}), dataset, tmp_path)
    key, listener = plan.trials[0].trial.key, Looker(plan)
    plan.ledger.write_running(
        key,
        Running(epoch=5, epochs=5, step=9, steps=10, loss=0.0, sentences_per_second=1.0, seconds=9.0, seconds_left=1.0),
    )
    execute(plan, dataset_folder, Engine(workers=1), listener, TrialOptions())
    assert listener.at_work == []


def test_items_are_the_same_bytes_with_one_worker_and_with_two(
    dataset: Dataset, dataset_folder: Path, results: Path, tmp_path: Path
) -> None:
    alone = make_plan(protocol(), dataset, tmp_path)
    done_by(alone, dataset_folder, 1)
    together = make_plan(protocol(), dataset, results)
    for planned in together.trials:
        one, two = (plan.ledger.trial_folder(planned.trial.key) / "items.parquet" for plan in (alone, together))
        assert one.read_bytes() == two.read_bytes(), planned.trial.key


def test_a_second_execution_runs_only_what_is_missing(
    dataset: Dataset, dataset_folder: Path, results: Path, tmp_path: Path
) -> None:
    first = make_plan(protocol(), dataset, tmp_path)
    there = make_plan(protocol(), dataset, results).ledger
    kept = first.trials[:-1]
    for planned in kept:
        record = there.record(planned.trial.key)
        assert record is not None
        first.ledger.take_over(record, there, record.key)
    times = {p.trial.key: (first.ledger.trial_folder(p.trial.key) / "record.json").stat().st_mtime_ns for p in kept}
    _, told = done_by(make_plan(protocol(), dataset, tmp_path), dataset_folder, 2)
    assert told.startswith("1 of 7 trials to run")
    assert make_plan(protocol(), dataset, tmp_path).left == []
    for key, written in times.items():
        assert (first.ledger.trial_folder(key) / "record.json").stat().st_mtime_ns == written


def test_results_that_another_run_holds_are_taken_over_instead_of_computed(
    dataset: Dataset, dataset_folder: Path, results: Path
) -> None:
    more = protocol(name="more", systems={**VALUES["systems"], "weak": {"kind": "sprm", "omega": 0.4}})  # type: ignore[dict-item]
    assert done_by(make_plan(more, dataset, results), dataset_folder, 2) == (11, "")
    assert make_plan(more, dataset, results).left == []


def test_a_result_on_the_same_images_is_taken_over_whatever_they_are_called(
    dataset: Dataset, dataset_folder: Path, results: Path
) -> None:
    counted = protocol(name="counted", fractions=None, shots=[len(dataset.train.images)])
    taken_over, told = done_by(make_plan(counted, dataset, results), dataset_folder, 1)
    assert (taken_over, told) == (len(counted.systems) - 1 + counted.seeds, "")
    assert make_plan(counted, dataset, results).left == []


def test_a_trial_that_fails_is_recorded_with_its_traceback_and_stops_no_other(
    dataset: Dataset, dataset_folder: Path, tmp_path: Path
) -> None:
    wild = protocol(
        systems={"sprm": {"kind": "sprm"}, "wild": {"kind": "sprm", "learning_rate": 1e38}}, fractions=[1], seeds=1
    )
    plan = make_plan(wild, dataset, tmp_path)
    _, told = done_by(plan, dataset_folder, 2)
    failure = plan.ledger.failure(TrialKey("wild", "1", 0))
    assert failure is not None
    assert "Traceback" in failure.traceback
    assert failure.problem in told
    again = make_plan(wild, dataset, tmp_path)
    assert [planned.progress.status for planned in again.trials] == [TrialStatus.done, TrialStatus.failed]
    _, told = done_by(again, dataset_folder, 2)
    assert told.startswith("1 of 2 trials to run")
    assert failure.problem in told


def test_plain_lines_tell_each_end_and_the_count(dataset: Dataset, dataset_folder: Path, tmp_path: Path) -> None:
    untrained = protocol(systems={"prior": {"kind": "prior"}, "oracle": {"kind": "oracle"}})
    _, told = done_by(make_plan(untrained, dataset, tmp_path), dataset_folder, 2)
    lines = told.splitlines()
    assert lines[0] == "2 of 2 trials to run, 2 in parallel"
    assert {line.partition(":")[0].partition(" ")[2] for line in lines[1:]} == {
        "prior untrained seed 0",
        "oracle untrained seed 0",
    }
    assert [line.partition(" ")[0] for line in lines[1:]] == ["1/2", "2/2"]


def test_a_trial_that_another_process_has_at_work_is_left_to_it_and_its_result_counted(
    dataset: Dataset, dataset_folder: Path, results: Path, tmp_path: Path
) -> None:
    plan, there = make_plan(protocol(), dataset, tmp_path), make_plan(protocol(), dataset, results).ledger
    key = TrialKey("prior", "0", 0)
    lease = Attempts(plan.ledger.trial_folder(key)).take()
    assert lease is not None

    class Finishing(TrialDisplay):
        """Has the trial finished elsewhere as soon as it is told that it is at work there."""

        def note(self, what: str) -> None:
            super().note(what)
            record = there.record(key)
            assert record is not None
            plan.ledger.take_over(record, there, key)
            lease.release()

    console = Console(file=StringIO(), width=200)
    display = Finishing(console, plan.ledger)
    execute(plan, dataset_folder, Engine(workers=2), display, TrialOptions())
    display.close()
    assert isinstance(console.file, StringIO)
    told = console.file.getvalue()
    assert f"prior 0 seed 0 is running elsewhere, on {os.uname().nodename} since" in told
    (line,) = (line for line in told.splitlines() if "prior untrained seed 0: accuracy" in line)
    assert " elsewhere" in line
    assert make_plan(protocol(), dataset, tmp_path).left == []


def test_a_trial_whose_owner_has_died_is_run(dataset: Dataset, dataset_folder: Path, tmp_path: Path) -> None:
    plan = make_plan(protocol(systems={"prior": {"kind": "prior"}}), dataset, tmp_path)
    key = plan.trials[0].trial.key
    script = (
        "import sys; from pathlib import Path; from sprm.files.leases import Attempts\n"
        "lease = Attempts(Path(sys.argv[1])).take(); print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", script, str(plan.ledger.trial_folder(key))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "held\n"
        assert [each.status for each in with_running([plan.trials[0].progress], plan.ledger)] == [TrialStatus.running]
        owner.kill()
    assert [each.status for each in with_running([plan.trials[0].progress], plan.ledger)] == [TrialStatus.missing]
    _, told = done_by(plan, dataset_folder, 1)
    assert "1/1 prior untrained seed 0: accuracy" in told
    assert list(plan.ledger.trial_folder(key).parent.glob(".*.lease")) == []


def test_a_result_that_a_worker_had_recorded_before_it_was_lost_counts(
    dataset: Dataset, dataset_folder: Path, results: Path, tmp_path: Path
) -> None:
    shared = protocol(systems={"sprm": {"kind": "sprm"}, "refinement": {"kind": "refinement"}}, fractions=[1], seeds=1)
    plan, there = make_plan(shared, dataset, tmp_path), make_plan(protocol(), dataset, results).ledger
    recorded, lost = (planned.trial.key for planned in plan.trials)

    class Losing:
        """A worker that is lost after it has recorded the first trial of its job."""

        slots = 1

        def __init__(self) -> None:
            self.jobs: list[Job] = []

        def start(self, job: Job) -> None:
            record = there.record(recorded)
            assert record is not None
            assert plan.ledger.take_over(record, there, recorded)
            self.jobs.append(job)

        def ended(self, seconds: float) -> list[Ended]:
            return [Ended(self.jobs.pop(), lost="it was lost")] if self.jobs else []

        def close(self) -> None:
            pass

    console = Console(file=StringIO(), width=200)
    display = TrialDisplay(console, plan.ledger)
    _Execution(plan, Losing(), display, keep_weights=False).run(jobs_of(plan.left, dataset), 0)
    display.close()
    assert isinstance(console.file, StringIO)
    told = console.file.getvalue()
    assert "1/2 sprm 100 % seed 0: accuracy" in told
    assert "2/2 refinement 100 % seed 0: failed: it was lost" in told
    assert plan.ledger.failure(recorded) is None
    assert plan.ledger.failure(lost) is not None
