"""What a machine lacks costs a line that says so, and not the work."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import CommandLine

BENCH = f"{sys.executable} -m bench"
ALONE = (
    *("--set", "systems={prior: {kind: prior, heads: false}}", "--set", "claims=[]", "--set", "fractions=[1]"),
    *("--set", "name=alone"),
)
"""Options for a run of one quick trial."""


def in_shell(cli: CommandLine, command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", command],
        cwd=cli.folder,
        env={**os.environ, "BENCH_CACHE": str(cli.folder / "cache"), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_closed_stdout_costs_the_answer_alone(copy: CommandLine) -> None:
    # Nor does drawing need a home folder.
    done = in_shell(copy, f"{BENCH} report protocol.yaml --reports again >&-", HOME="/dev/null/home")
    assert done.returncode == 0
    assert done.stderr.startswith("note: stdout is closed")
    assert list((copy.folder / "again").glob("*/index.html"))


def test_closed_streams_are_not_mistaken_for_files_that_are_opened(copy: CommandLine) -> None:
    index = copy.run_folder / "subsets" / "index.json"
    written = index.read_bytes()
    index.unlink()
    done = in_shell(copy, f"{BENCH} subsets protocol.yaml <&- >&- 2>&-")
    assert done.returncode == 0
    assert index.read_bytes() == written


def test_a_reader_of_progress_that_goes_away_stops_nothing(copy: CommandLine) -> None:
    done = in_shell(copy, f"({BENCH} report protocol.yaml --reports again; echo $? > code) 2>&1 >path | true")
    assert done.returncode == 0
    assert (copy.folder / "code").read_text() == "0\n"
    assert (copy.folder / (copy.folder / "path").read_text().strip()).is_file()


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_what_a_terminal_has_no_character_for_is_replaced(finished: CommandLine, encoding: str) -> None:
    told = finished("verdicts", "protocol.yaml", PYTHONIOENCODING=encoding)
    assert told.returncode in (0, 4, 5)
    assert "Traceback" not in told.stderr
    assert "small-fraction" in told.stdout


def test_a_table_has_plain_characters_where_there_are_no_others(finished: CommandLine) -> None:
    told = finished("status", "protocol.yaml", PYTHONIOENCODING="ascii")
    assert told.returncode == 0
    assert told.stdout.splitlines()[1].split() == ["random", "0", "1", ".", ".", "."]


def test_without_semaphores_trials_run_one_after_the_other(copy: CommandLine) -> None:
    done = copy("run", "protocol.yaml", *ALONE, JOBLIB_MULTIPROCESSING="0")
    assert done.returncode == 0, done.stderr
    (note,) = [line for line in done.stderr.splitlines() if line.startswith("note:")]
    assert "no worker processes can be started: semaphores (is /dev/shm writable?)" in note


def test_without_a_home_folder_the_work_goes_on_in_the_temporary_one_and_says_so_once(
    copy: CommandLine, tmp_path: Path
) -> None:
    (tmp_path / "temporary").mkdir()
    nowhere = {"BENCH_CACHE": "", "HOME": "/dev/null/home", "TMPDIR": str(tmp_path / "temporary")}
    done = copy("prepare", "protocol.yaml", XDG_CACHE_HOME="", **nowhere)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("BENCH_CACHE names a folder that is kept") == 1
    assert done.stdout.startswith(str(tmp_path / "temporary"))


def test_where_nothing_can_be_written_at_all_one_line_says_what_helps(copy: CommandLine) -> None:
    nowhere = {"BENCH_CACHE": "", "XDG_CACHE_HOME": "", "HOME": "/dev/null/home", "TMPDIR": "/dev/null/temporary"}
    script = (
        "import tempfile; tempfile._candidate_tempdir_list = lambda: ['/dev/null/temporary']\n"
        "from bench.cli.app import app\napp(['prepare', 'protocol.yaml'])"
    )
    told = subprocess.run(
        [sys.executable, "-c", script],
        cwd=copy.folder,
        env={**os.environ, **nowhere},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 2
    assert len(told.stderr.splitlines()) == 1
    assert "BENCH_CACHE names a folder that is kept" in told.stderr


def test_messages_that_a_full_disk_does_not_take_cost_no_work(copy: CommandLine) -> None:
    done = in_shell(copy, f"{BENCH} prepare protocol.yaml 2>/dev/full")
    assert done.returncode == 0
    assert Path(done.stdout.strip()).is_dir()
    assert in_shell(copy, f"{BENCH} status nothing.yaml 2>/dev/full").returncode == 2
