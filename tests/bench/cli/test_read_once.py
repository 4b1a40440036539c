"""A protocol is read once: it may come from a pipe, or be edited while its corpus is built."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from command_line import CommandLine

EDITING = """\
import sys
from pathlib import Path
import bench.cli.locate as opening
more, real = sys.argv.pop(), opening.prepared
def prepared(*arguments, **options):
    folder = real(*arguments, **options)
    Path("protocol.yaml").write_text(Path("protocol.yaml").read_text() + more + "\\n")
    return folder
opening.prepared = prepared
from bench.cli.app import app
app()
"""
"""The command line, for somebody whose editor saves the protocol while the corpus is built."""


def shell(cli: CommandLine, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=cli.folder,
        env={**os.environ, "BENCH_CACHE": str(cli.folder / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("command", "answer"), [("run", "index.html"), ("plan", "7 of 7 trials done"), ("verdicts", "small-fraction: ")]
)
def test_a_protocol_may_come_from_a_pipe(finished: CommandLine, command: str, answer: str) -> None:
    told = shell(finished, "bash", "-c", f"{sys.executable} -m bench {command} <(cat protocol.yaml)")
    assert told.returncode in (0, 4, 5), told.stderr
    assert answer in told.stdout


@pytest.mark.parametrize("more", ["  - {name: another, kind: better_than, system: sprm, rival: prior}", "]["])
def test_a_protocol_that_is_edited_meanwhile_is_run_as_it_was_read(copy: CommandLine, more: str) -> None:
    told = shell(copy, sys.executable, "-c", EDITING, "run", "protocol.yaml", more)
    assert told.returncode == 0, told.stderr
    assert "left out" not in told.stderr
    assert "another" not in (copy.run_folder / "protocol.yaml").read_text()
