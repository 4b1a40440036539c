"""Runs on real clusters, held against the same run on joblib's processes."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from cluster_processes import dask_cluster, dask_scheduler, dask_worker, free_port, process
from command_line import CommandLine
from descendants import descendants, kill_descendants, kill_tree, still_alive
from waiting import LONGEST, until

from bench.store.ledger import Ledger

pytestmark = pytest.mark.long

# Trials of some seconds, so that there is time to kill what runs them.
OPTIONS = ("--set", "training.epochs=150", "--set", "claims=[]")


def items(run: Path) -> dict[str, str]:
    """Hash the items of each trial of a run."""
    return {
        path.parent.relative_to(run).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in run.glob("trials/*/*/*/items.parquet")
    }


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    """The run on joblib's processes."""
    cli = CommandLine.at(tmp_path_factory.mktemp("loky"))
    assert cli("run", "protocol.yaml", *OPTIONS, "--workers", "2").returncode == 0
    return cli


@pytest.fixture
def fresh(expected: CommandLine, tmp_path: Path) -> CommandLine:
    """The same corpus and cache in another folder, where nothing was run."""
    shutil.copytree(expected.folder, tmp_path / "cli", ignore=shutil.ignore_patterns("results", "reports"))
    return CommandLine(tmp_path / "cli")


@contextmanager
def running(cli: CommandLine, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    with cli.started("run", "protocol.yaml", *OPTIONS, *arguments) as started:
        yield started


def finished(cli: CommandLine, expected: CommandLine, started: subprocess.Popen[str]) -> str:
    """Wait for a run, which must be the expected one; return what it told."""
    _, told = started.communicate(timeout=1200)
    assert started.returncode == 0, told
    assert items(cli.run_folder) == items(expected.run_folder)
    assert len(items(cli.run_folder)) == 7
    return told


def at_work(cli: CommandLine) -> bool:
    """Whether a training has said how far it is, in the run folder, which the workers see."""
    return any(cli.folder.glob("results/*/trials/sprm/*/*/running.json"))


@pytest.mark.parametrize("backend", ["dask", "ray"])
def test_a_cluster_of_its_own_gives_the_same_bytes_and_leaves_no_process(
    backend: str, fresh: CommandLine, expected: CommandLine
) -> None:
    with running(fresh, "--backend", backend, "--workers", "2") as started:
        until(lambda: at_work(fresh))
        children = descendants(started.pid)
        finished(fresh, expected, started)
    assert still_alive(children) == []


def test_on_dask_a_worker_that_is_killed_and_one_that_joins_late_are_told_and_change_nothing(
    fresh: CommandLine, expected: CommandLine, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        address, nannies = stack.enter_context(dask_cluster(tmp_path, workers=2))
        started = stack.enter_context(running(fresh, "--backend", "dask", "--scheduler", address))
        until(lambda: at_work(fresh))
        for nanny in nannies[:1]:
            kill_descendants(nanny.pid)
        stack.enter_context(process(dask_worker(int(address.rpartition(":")[2])), tmp_path))
        told = finished(fresh, expected, started)
    assert "has gone" in told
    assert "has joined" in told


def test_on_dask_a_scheduler_that_starts_anew_is_waited_for(
    fresh: CommandLine, expected: CommandLine, tmp_path: Path
) -> None:
    port = free_port()
    with ExitStack() as stack:
        with process(dask_scheduler(port), tmp_path), process(dask_worker(port), tmp_path):
            address = f"tcp://127.0.0.1:{port}"
            started = stack.enter_context(running(fresh, "--backend", "dask", "--scheduler", address))
            until(lambda: at_work(fresh))
        stack.enter_context(process(dask_scheduler(port), tmp_path))
        stack.enter_context(process(dask_worker(port), tmp_path))
        told = finished(fresh, expected, started)
    assert "the Dask scheduler does not answer; waiting" in told
    assert "the Dask scheduler is there again" in told


def test_on_dask_ctrl_c_calls_off_what_is_at_work(fresh: CommandLine, tmp_path: Path) -> None:
    with dask_cluster(tmp_path, workers=1) as (address, (nanny,)):
        with running(fresh, "--backend", "dask", "--scheduler", address, "--set", "training.epochs=100000") as started:
            until(lambda: at_work(fresh))
            os.kill(started.pid, signal.SIGINT)
            _, told = started.communicate(timeout=LONGEST)
        assert started.returncode == 130
        assert "Interrupted" in told
        # The cluster is somebody's, and stays; the training that nobody waits for does not.
        until(lambda: not at_work(fresh))
        assert nanny.poll() is None


def test_on_ray_ctrl_c_ends_the_run_with_the_cluster_of_its_own(fresh: CommandLine) -> None:
    with running(fresh, "--backend", "ray", "--workers", "1", "--set", "training.epochs=100000") as started:
        until(lambda: at_work(fresh))
        children = descendants(started.pid)
        os.kill(started.pid, signal.SIGINT)
        _, told = started.communicate(timeout=LONGEST)
    assert started.returncode == 130, told
    assert "Interrupted" in told
    assert still_alive(children) == []


def test_a_worker_that_sees_neither_corpus_nor_run_folder_fetches_the_one_and_sends_results_back(
    fresh: CommandLine, expected: CommandLine, tmp_path: Path
) -> None:
    hidden = f"mount -t tmpfs none {fresh.folder} && exec "
    if subprocess.run(["unshare", "--mount", "true"], check=False).returncode:
        pytest.skip("no mount namespace can be made here")
    port, elsewhere = free_port(), tmp_path / "elsewhere"
    elsewhere.mkdir()
    with ExitStack() as stack:
        stack.enter_context(process(dask_scheduler(port), tmp_path))
        for _ in range(2):
            command = ["unshare", "--mount", "sh", "-c", hidden + " ".join(dask_worker(port))]
            stack.enter_context(process(command, elsewhere, {"BENCH_CACHE": str(elsewhere / "cache")}))
        started = stack.enter_context(running(fresh, "--backend", "dask", "--scheduler", f"tcp://127.0.0.1:{port}"))
        told = finished(fresh, expected, started)
    assert told.count("has no copy of the corpus; sending it one") == 1
    (received,) = (elsewhere / "cache" / "received").glob("[!.]*")
    assert (received / "train" / "features.npy").is_file()
    assert Ledger(fresh.run_folder).folder.is_dir()
    assert list(fresh.run_folder.glob(".arrived-*")) == []


def test_on_ray_a_node_that_is_killed_is_told_and_its_trials_run_elsewhere(
    fresh: CommandLine, expected: CommandLine, tmp_path: Path
) -> None:
    script = (
        "import sys, time; from ray.cluster_utils import Cluster\n"
        "cluster = Cluster(initialize_head=True, head_node_args={'num_cpus': 0})\n"
        "nodes = [cluster.add_node(num_cpus=1) for _ in range(2)]\n"
        "print(cluster.address, flush=True)\n"
        "sys.stdin.readline(); cluster.remove_node(nodes[0], allow_graceful=False); cluster.add_node(num_cpus=1)\n"
        "time.sleep(600)"
    )
    command = [sys.executable, "-c", script]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, start_new_session=True
    ) as cluster:
        try:
            assert cluster.stdout is not None
            assert cluster.stdin is not None
            address = cluster.stdout.readline().strip()
            with running(fresh, "--backend", "ray", "--address", address) as started:
                until(lambda: at_work(fresh))
                cluster.stdin.write("\n")
                cluster.stdin.flush()
                told = finished(fresh, expected, started)
        finally:
            kill_tree(cluster.pid)
            os.killpg(cluster.pid, signal.SIGKILL)
    assert "has gone" in told
    assert "has joined" in told


def test_workers_on_another_network_give_the_same_bytes(
    fresh: CommandLine, expected: CommandLine, tmp_path: Path
) -> None:
    name = f"b{os.getpid() % 100_000}"
    commands = (
        ["ip", "netns", "add", name],
        ["ip", "link", "add", f"{name}a", "type", "veth", "peer", "name", f"{name}b", "netns", name],
        ["ip", "address", "add", "10.213.77.1/24", "dev", f"{name}a"],
        ["ip", "link", "set", f"{name}a", "up"],
        ["ip", "-n", name, "address", "add", "10.213.77.2/24", "dev", f"{name}b"],
        ["ip", "-n", name, "link", "set", f"{name}b", "up"],
        ["ip", "-n", name, "link", "set", "lo", "up"],
    )
    port = free_port()
    try:
        if not shutil.which("ip") or any(subprocess.run(each, check=False).returncode for each in commands):
            pytest.skip("no network namespace can be made here")
        with ExitStack() as stack:
            stack.enter_context(process([*dask_scheduler(port), "--host", "10.213.77.1"], tmp_path))
            for _ in range(2):
                command = ["ip", "netns", "exec", name, *dask_worker(port, "10.213.77.1")]
                stack.enter_context(process(command, tmp_path))
            started = stack.enter_context(
                running(fresh, "--backend", "dask", "--scheduler", f"tcp://10.213.77.1:{port}")
            )
            finished(fresh, expected, started)
    finally:
        if shutil.which("ip"):
            subprocess.run(["ip", "netns", "delete", name], check=False)
