from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import psutil
import pytest
from descendants import still_alive
from dying_jobs import be_killed, leave, sleep, use_up_memory
from joblib.externals.loky import ProcessPoolExecutor
from waiting import until

from bench.trials.backends.local import environments
from bench.trials.backends.processes import Call, Processes

MEMORY = 400 * 2**20
"""Bytes that the control group of a test may have."""


@pytest.fixture
def processes() -> Iterator[Processes[str]]:
    with closing(Processes[str]([{}, {}])) as started:
        yield started


def all_of(processes: Processes[str], count: int) -> dict[str, Call[str]]:
    """Wait for some calls to end."""
    calls: list[Call[str]] = []
    while len(calls) < count:
        calls += processes.ended(1.0)
    return {call.name: call for call in calls}


def test_a_killed_process_takes_no_other_with_it_and_is_replaced(processes: Processes[str]) -> None:
    processes.start("victim", be_killed)
    processes.start("other", sleep, 2.0)
    calls = all_of(processes, 2)
    assert calls["victim"].lost is not None
    assert calls["victim"].lost.startswith("its worker process ended by SIGKILL")
    assert not calls["victim"].out_of_memory
    assert calls["other"].lost is None
    processes.start("again", sleep, 0.0)
    processes.start("beside", sleep, 0.5)
    again = all_of(processes, 2)
    assert {call.lost for call in again.values()} == {None}
    # The one that was not lost is still there, and the other is a new one.
    assert calls["other"].answer in {call.answer for call in again.values()}


def test_an_exit_code_is_told(processes: Processes[str]) -> None:
    processes.start("leaving", leave, 3)
    assert str(all_of(processes, 1)["leaving"].lost).startswith("its worker process ended with exit code 3")


def test_a_process_that_was_killed_while_it_had_nothing_to_do_is_replaced(processes: Processes[str]) -> None:
    processes.start("first", sleep, 0.0)
    number = all_of(processes, 1)["first"].answer
    os.kill(number, signal.SIGKILL)
    # Before loky has seen it, a call would be lost with it.
    executors = [worker.executor for worker in processes._workers]
    until(lambda: any(isinstance(each, ProcessPoolExecutor) and each._flags.broken for each in executors))
    processes.start("second", sleep, 0.0)
    second = all_of(processes, 1)["second"]
    assert second.lost is None
    assert second.answer != number


def test_what_a_call_raises_is_raised(processes: Processes[str]) -> None:
    processes.start("wrong", sleep, "no number")
    with pytest.raises(TypeError):
        all_of(processes, 1)


@pytest.fixture
def little_memory() -> Iterator[Path]:
    """A control group with little memory, of the first or the second kind of Linux."""
    limits = {Path("/sys/fs/cgroup/memory"): "memory.limit_in_bytes", Path("/sys/fs/cgroup"): "memory.max"}
    for parent, limit in limits.items():
        group = parent / f"sprm-bench-{uuid4().hex}"
        try:
            group.mkdir()
        except OSError:
            continue
        try:
            if (group / limit).exists():
                (group / limit).write_text(str(MEMORY))
                yield group
                return
        finally:
            group.rmdir()
    pytest.skip("control groups cannot be made here")


def test_a_process_that_uses_up_the_memory_is_told_and_not_replaced(
    processes: Processes[str], little_memory: Path
) -> None:
    processes.start("greedy", use_up_memory, little_memory)
    greedy = all_of(processes, 1)["greedy"]
    assert greedy.out_of_memory
    assert "ended by SIGKILL, by the system, which ran out of memory; it was seen with up to" in str(greedy.lost)
    assert processes.size == 1
    processes.start("modest", sleep, 0.0)
    assert all_of(processes, 1)["modest"].lost is None


def test_the_last_process_is_replaced_whatever_ended_it(little_memory: Path) -> None:
    with closing(Processes[str]([{}])) as alone:
        alone.start("greedy", use_up_memory, little_memory)
        assert all_of(alone, 1)["greedy"].out_of_memory
        assert alone.size == 1


STARTING = """\
from dying_jobs import sleep
from bench.trials.backends.processes import Processes
processes = Processes([{}, {}])
for name in "ab":
    processes.start(name, sleep, 0.0)
pids = []
while len(pids) < 2:
    pids += [call.answer for call in processes.ended(1.0)]
for name in "ab":
    processes.start(name, sleep, 600.0)
print(*pids, flush=True)
processes.ended(600.0)
"""


def test_no_process_outlives_the_one_that_started_it_however_that_ended(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", STARTING]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as starter:
        try:
            assert starter.stdout is not None
            workers = [psutil.Process(int(number)) for number in starter.stdout.readline().split()]
        finally:
            starter.kill()
    assert len(workers) == 2
    assert still_alive(workers) == []


def test_workers_have_their_threads_and_take_the_gpus_in_turns() -> None:
    assert [each["OMP_NUM_THREADS"] for each in environments(2, 3, [])] == ["3", "3"]
    assert all("CUDA_VISIBLE_DEVICES" not in each for each in environments(2, 1, []))
    assert [each["CUDA_VISIBLE_DEVICES"] for each in environments(3, 1, ["2", "5"])] == ["2", "5", "2"]
