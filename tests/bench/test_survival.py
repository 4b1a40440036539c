"""A run that is killed over and over, runs that share a folder, and how many threads and how much time a run takes."""

from __future__ import annotations

import hashlib
import json
import random
import re
import shutil
import signal
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil
import pytest
from command_line import CommandLine
from descendants import of_each, still_alive
from waiting import LONGEST, until

from sprm.workers import usable_cpus

pytestmark = pytest.mark.long

KILLS = 50
LONG, SHORT = 1500, 150
"""Epochs of a run that takes minutes, and of one whose trials take seconds."""


def options(epochs: int, workers: int) -> tuple[str, ...]:
    """Options for two trained systems and one that is not."""
    systems = "systems={prior: {kind: prior}, sprm: {kind: sprm}, blind: {kind: refinement, omega: 0.3}}"
    run = ("--set", "claims=[]", "--set", f"training.epochs={epochs}", "--workers", str(workers))
    return ("--set", systems, *run)


def records(run: Path) -> dict[str, tuple[str, int]]:
    """Return the hash of each trial's record in a run, and when it was written."""
    return {
        path.parent.relative_to(run).as_posix(): (
            hashlib.sha256(path.read_bytes()).hexdigest(),
            path.stat().st_mtime_ns,
        )
        for path in run.glob("trials/*/*/*/record.json")
    }


def items(run: Path) -> dict[str, str]:
    """Hash the items of each trial of a run."""
    return {
        path.parent.relative_to(run).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in run.glob("trials/*/*/*/items.parquet")
    }


def trained(run: Path) -> float:
    """Return the seconds that two workers were busy with the trials of a run, drawing and starting not counted."""
    return sum(json.loads(path.read_bytes())["seconds"] for path in run.glob("trials/*/*/*/record.json")) / 2


def undisturbed(folder: Path, epochs: int) -> CommandLine:
    """Run the trials on two workers, and leave them alone."""
    cli = CommandLine.at(folder)
    with cli.started("run", "protocol.yaml", *options(epochs, 2)) as process:
        _, told = process.communicate(timeout=3600)
    assert process.returncode == 0, told
    return cli


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    """An undisturbed run of trials of some seconds."""
    return undisturbed(tmp_path_factory.mktemp("short"), SHORT)


def without_results(cli: CommandLine, folder: Path) -> CommandLine:
    """The same corpus and cache in another folder, where nothing was run."""
    shutil.copytree(cli.folder, folder, ignore=shutil.ignore_patterns("results", "reports"))
    return CommandLine(folder)


def trains(cli: CommandLine, since: float) -> bool:
    """Whether a training has said since some moment how far it is."""
    for path in cli.folder.glob("results/*/trials/*/*/*/running.json"):
        with suppress(OSError):
            if path.stat().st_mtime > since:
                return True
    return False


def test_a_run_that_is_killed_fifty_times_ends_as_if_it_had_never_been(tmp_path: Path) -> None:
    uninterrupted = undisturbed(tmp_path / "undisturbed", LONG)
    # So long after a training has begun that the run does not end before the last kill.
    longest = 1.5 * trained(uninterrupted.run_folder) / KILLS
    fresh = without_results(uninterrupted, tmp_path / "killed")
    moments = random.Random(0)
    kept: dict[str, tuple[str, int]] = {}
    kills = resumed = 0
    while kills < KILLS:
        with fresh.started("run", "protocol.yaml", *options(LONG, 2), "--checkpoint", "0.01") as process:
            started = time.time()
            if moments.random() < 0.75:
                while process.poll() is None and not trains(fresh, started):
                    time.sleep(0.02)
                time.sleep(moments.uniform(0, longest))
            else:
                time.sleep(moments.uniform(0, 4))
            assert process.poll() is None, f"the run ended after {kills} kills; make it longer"
            commands = of_each(process.pid, psutil.Process.cmdline)
            workers = [each for each, command in commands.items() if "loky" in " ".join(command)]
            victims = moments.choice(("parent", "worker", "both"))
            if victims != "worker":
                process.kill()
            for worker in workers if victims != "parent" else []:
                with suppress(psutil.NoSuchProcess):
                    worker.kill()
            kills += 1
            if victims == "worker":
                # The run goes on without them, and is ended in an orderly way.
                time.sleep(moments.uniform(0, 2))
                process.send_signal(signal.SIGTERM)
            _, told = process.communicate(timeout=LONGEST)
            resumed += told.count("went on from")
            # loky's tracker of what processes share may complain of those that were killed; the packages may not.
            assert re.search(r'File "[^"]*/(bench|sprm)/', told) is None, told
            assert still_alive(workers) == []
        now = records(fresh.run_folder)
        # What had been recorded was not computed again.
        assert kept.items() <= now.items()
        kept = now
    with fresh.started("run", "protocol.yaml", *options(LONG, 2)) as process:
        _, told = process.communicate(timeout=3600)
    assert process.returncode == 0, told
    assert resumed + told.count("went on from") > 0
    assert kept.items() <= records(fresh.run_folder).items()
    assert items(fresh.run_folder) == items(uninterrupted.run_folder)
    assert list(fresh.run_folder.glob("trials/*/*/*/checkpoint*")) == []
    assert list(fresh.run_folder.glob("trials/*/*/.*.lease")) == []


@pytest.mark.parametrize("runs", [2, 4])
def test_runs_on_one_folder_share_its_trials_and_compute_none_twice(
    runs: int, short: CommandLine, tmp_path: Path
) -> None:
    fresh = without_results(short, tmp_path / "shared")
    with ExitStack() as stack:
        run = ("run", "protocol.yaml", *options(SHORT, 1))
        started = [stack.enter_context(fresh.started(*run)) for _ in range(runs)]
        told = [process.communicate(timeout=3600)[1] for process in started]
    assert [process.returncode for process in started] == [0] * runs, told
    lines = [line for each in told for line in each.splitlines() if ": accuracy" in line and " elsewhere" not in line]
    computed = sorted(line.partition(" ")[2].partition(":")[0] for line in lines)
    assert len(computed) == len(set(computed)) == len(items(short.run_folder))
    assert items(fresh.run_folder) == items(short.run_folder)


@pytest.mark.parametrize(("workers", "threads"), [(None, 1), (1, 2)])
def test_no_more_threads_compute_than_workers_times_threads_and_by_default_than_cores(
    workers: int | None, threads: int, short: CommandLine, tmp_path: Path
) -> None:
    fresh = without_results(short, tmp_path / "threads")
    # The command line of the tests gives a run without --workers one, so the default is asked for by its number.
    count = workers or usable_cpus()
    threaded = ("--set", f"training.threads={threads}")
    with fresh.started("run", "protocol.yaml", *options(LONG, count), *threaded) as process:
        until(lambda: process.poll() is not None or any(fresh.folder.glob("results/*/trials/*/*/*/running.json")))
        assert process.poll() is None
        before, begun = thread_seconds(process.pid), time.monotonic()
        time.sleep(15)
        after, lasted = thread_seconds(process.pid), time.monotonic() - begun
        process.kill()
        process.communicate()
    used = sorted((now - before.get(thread, 0.0) for thread, now in after.items()), reverse=True)
    # Threads that wait take no time; those that look after a worker from time to time take next to none.
    busy = [seconds for seconds in used if seconds > 0.03 * lasted]
    assert len(busy) <= count * threads
    assert sum(used) <= 1.05 * lasted * count * threads
    if workers is None:
        assert len(busy) <= usable_cpus()


def thread_seconds(pid: int) -> dict[int, float]:
    """Return the CPU seconds of each thread of a process and of all that it has started."""
    of_processes = [psutil.Process(pid).threads(), *of_each(pid, psutil.Process.threads).values()]
    return {thread.id: thread.user_time + thread.system_time for threads in of_processes for thread in threads}
