from __future__ import annotations

import os
import subprocess
import sys
import warnings
from pathlib import Path

from growing_jobs import grow
from joblib import cpu_count, delayed

from sprm.workers import on_workers, usable_cpus


def test_a_worker_whose_memory_grows_by_what_it_loads_goes_on_working() -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        processes = list(on_workers((delayed(grow)(job) for job in range(6)), 2))
    # Where one starts slowly the other may have had all jobs.
    assert len(set(processes)) <= 2
    assert [str(one.message) for one in told if "worker" in str(one.message)] == []


def in_process(folder: Path, script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_semaphores_jobs_run_one_after_the_other_and_a_note_says_so(tmp_path: Path) -> None:
    script = (
        "from joblib import delayed; from growing_jobs import remember; from sprm.workers import on_workers\n"
        "print(list(on_workers((delayed(remember)(job) for job in range(3)), 2)))"
    )
    # joblib can be told that there are none, which is what it finds where /dev/shm takes no files.
    told = in_process(tmp_path, script, JOBLIB_MULTIPROCESSING="0")
    assert told.stdout == "[[0], [0, 1], [0, 1, 2]]\n"
    assert "SideIssue: no worker processes can be started: semaphores" in told.stderr


def test_cpus_are_counted_as_joblib_counts_them_with_quotas_and_limits(tmp_path: Path) -> None:
    assert usable_cpus() == cpu_count()
    script = "from sprm.workers import usable_cpus; print(usable_cpus())"
    assert in_process(tmp_path, script, LOKY_MAX_CPU_COUNT="1").stdout == "1\n"


def test_a_worker_whose_parent_has_ended_before_it_began_ends_too(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    script = f"import time; from sprm.workers import prepare_worker; prepare_worker({ended.pid}); time.sleep(60)"
    assert in_process(tmp_path, script).returncode == 1
