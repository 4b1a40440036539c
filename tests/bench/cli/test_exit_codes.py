from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import CommandLine

PATCHED = "import bench.cli.commands.schema as c\n"
SURPRISES = {
    "a mistake in a command": f"{PATCHED}def schema(): return {{}}['no\\nkey']\nc.schema = schema",
    "a broken library": "import sys\nsys.modules['bench.cli.commands.schema'] = None",
    "no end of calls": f"{PATCHED}def schema(): return schema()\nc.schema = schema",
}


@pytest.mark.parametrize("surprise", SURPRISES)
def test_what_nobody_foresaw_has_a_code_of_its_own_and_one_line_that_says_where_the_rest_is(
    tmp_path: Path, surprise: str
) -> None:
    script = f"{SURPRISES[surprise]}\nfrom bench.cli.app import app\napp(['schema'])"
    told = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (told.returncode, told.stdout) == (70, "")
    (line,) = told.stderr.splitlines()
    assert line.startswith("error: unexpected error, please report it: ")
    (written,) = tmp_path.glob("bench-traceback-*.txt")
    assert line.endswith(f" {written}")
    assert written.read_text().startswith("Traceback")


@pytest.mark.parametrize("arguments", ["status protocol.yaml", "status protocol.yaml --json", "--help"])
def test_a_reader_that_closes_the_pipe_is_no_failure_of_trials(finished: CommandLine, arguments: str) -> None:
    command = f"{sys.executable} -m bench {arguments} | true; exit ${{PIPESTATUS[0]}}"
    told = subprocess.run(
        ["bash", "-c", command],
        cwd=finished.folder,
        env={**os.environ, "BENCH_CACHE": str(finished.folder / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode in (0, 141)
    assert told.stderr == ""


def test_a_finished_run_answers_whatever_becomes_of_its_data(copy: CommandLine) -> None:
    # A run that was copied learns where its data is now.
    assert copy("report", "protocol.yaml").returncode == 0
    before = copy("status", "protocol.yaml", "--json").stdout
    for path in (copy.folder / "data").rglob("*"):
        path.touch()
    touched = copy("status", "protocol.yaml", "--json")
    assert (touched.returncode, touched.stdout, touched.stderr) == (0, before, "")
    with (copy.folder / "data" / "Flickr30kEntities" / "Sentences" / "100200300.txt").open("a") as file:
        file.write("A man .\n")
    changed = copy("status", "protocol.yaml", "--json")
    assert (changed.returncode, changed.stdout) == (0, before)
    assert "or its source files have changed since" in changed.stderr
    (copy.folder / "data").rename(copy.folder / "away")
    shutil.rmtree(copy.folder / "cache")
    gone = copy("status", "protocol.yaml", "--json")
    assert (gone.returncode, gone.stdout) == (0, before)
    assert "data: this folder is missing" in gone.stderr
    assert "Showing results/tiny-" in gone.stderr
    assert "small-fraction" in copy("verdicts", "protocol.yaml").stdout
    assert copy("report", "protocol.yaml", "--reports", "again").returncode == 0
    # What never ran is not taken for what did.
    other = copy("status", "protocol.yaml", "--set", "training.learning_rate=0.5")
    assert other.returncode == 3
    assert "its corpus cannot be read" in other.stderr
