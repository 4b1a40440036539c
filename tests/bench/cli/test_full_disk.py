"""A disk that is full: what is finished is kept, one line says why, and the same command goes on."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from command_line import CommandLine

from bench.store.ledger import Ledger

pytestmark = pytest.mark.slow
MANY = ("--set", "seeds=20", "--set", "fractions=[1]", "--set", "training.epochs=1", "--set", "claims=[]")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Makes disks of a size; skipped where nothing can be mounted."""
    places: list[Path] = []

    def mounted(size: str) -> Path:
        place = tmp_path / f"disk-{len(places)}"
        place.mkdir()
        if shutil.which("mount") is None:
            pytest.skip("there is no mount")
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(place)], capture_output=True, check=False
        )
        if done.returncode:
            pytest.skip("mounting is not permitted")
        places.append(place)
        return place

    yield mounted
    for place in places:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def lines_of_errors(stderr: str) -> list[str]:
    return [line for line in stderr.splitlines() if line.startswith("error: ")]


def test_a_full_disk_of_results_stops_a_run_that_goes_on_when_there_is_room(
    tmp_path: Path, disk: Callable[[str], Path]
) -> None:
    cli, place = CommandLine.at(tmp_path / "study"), disk("300k")
    results = ("--results", str(place / "results"))
    stopped = cli("run", "protocol.yaml", *MANY, *results, "--workers", "1")
    assert stopped.returncode == 2, stopped.stderr
    (line,) = lines_of_errors(stopped.stderr)
    assert "No space left on device; finished work is kept, and the same command continues" in line
    assert "Traceback" not in stopped.stderr and ": failed: " not in stopped.stderr
    (run,) = (place / "results").iterdir()
    ledger = Ledger(run)
    kept = {record.key: (ledger.trial_folder(record.key) / "items.parquet").read_bytes() for record in ledger.records()}
    assert 0 < len(kept) < 23
    assert all(ledger.damaged(record) is None for record in ledger.records())
    assert list(run.glob("trials/*/*/*/failure.json")) == []
    subprocess.run(["mount", "-o", "remount,size=20m", str(place)], check=True)
    done = cli("run", "protocol.yaml", *MANY, *results, "--workers", "1")
    assert done.returncode == 0, done.stderr
    assert f"{23 - len(kept)} of 23 trials to run" in done.stderr
    assert {key: (ledger.trial_folder(key) / "items.parquet").read_bytes() for key in kept} == kept


def test_a_full_disk_of_the_cache_is_told_in_a_line_and_nothing_half_written_is_taken_for_whole(
    tmp_path: Path, disk: Callable[[str], Path]
) -> None:
    cli, place = CommandLine.at(tmp_path / "study"), disk("200k")
    stopped = cli("run", "protocol.yaml", "--set", "seeds=1", BENCH_CACHE=str(place))
    assert stopped.returncode == 2, stopped.stderr
    assert len(lines_of_errors(stopped.stderr)) == 1 and "No space left" in stopped.stderr
    assert "Traceback" not in stopped.stderr
    subprocess.run(["mount", "-o", "remount,size=50m", str(place)], check=True)
    done = cli("run", "protocol.yaml", "--set", "seeds=1", BENCH_CACHE=str(place))
    assert done.returncode == 0, done.stderr
    assert [path for path in place.rglob(".*.building-*")] == []
