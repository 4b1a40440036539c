from __future__ import annotations

import os
import subprocess
import sys

import pytest
from command_line import CommandLine

HEAVY = {
    "torch",
    "pandas",
    "pyarrow",
    "scipy",
    "seaborn",
    "matplotlib",
    "numpy",
    "joblib",
    "sprm.corpus",
    "bench.cli.commands",
}


def test_help_imports_nothing_heavy_and_has_a_whole_line_for_every_command() -> None:
    told = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "bench", "--help"], capture_output=True, text=True, check=True
    )
    imported = {line.rpartition("|")[2].strip() for line in told.stderr.splitlines()}
    assert HEAVY & imported == set()
    commands = "run plan status report verdicts merge compare prepare validate schema subsets predict check-plugin"
    for command in commands.split():
        assert f"\n  {command} " in told.stdout
    assert "130 interrupted" in " ".join(told.stdout.split())
    assert "..." not in told.stdout.partition("Commands:")[2]  # no summary is cut at the end of its line


def test_the_usage_of_speed_shows_that_its_protocol_is_optional(cli: CommandLine) -> None:
    assert cli("speed", "--help").stdout.splitlines()[0].endswith(" [OPTIONS] [PROTOCOL]")


@pytest.mark.parametrize(
    "arguments",
    [
        ["rum"],
        ["run"],
        ["run", "x.yaml", "--workers", "0"],
        *(["run", "x.yaml", "--checkpoint", minutes] for minutes in ("0", "-1", "nan", "inf", "ten")),
        ["plan", "--bogus"],
        ["predict", "results/x"],
        ["predict", "results/x", "--system", "sprm", "--split", "none"],
    ],
)
def test_wrong_use_exits_with_2_and_no_traceback(cli: CommandLine, arguments: list[str]) -> None:
    told = cli(*arguments)
    assert told.returncode == 2
    assert told.stdout == ""
    assert "Traceback" not in told.stderr


@pytest.mark.parametrize("command", ["run", "plan", "status", "report", "verdicts", "prepare", "validate", "subsets"])
def test_a_mistaken_protocol_is_told_with_line_and_key_by_every_command(cli: CommandLine, command: str) -> None:
    cli.write("name: tiny\nfractions: [1.5]\nsystms: {}\n", "wrong.yaml")
    told = cli(command, "wrong.yaml")
    assert told.returncode == 2
    assert told.stdout == ""
    assert "wrong.yaml: 3 problems" in told.stderr
    assert "line 2: fractions.0: expected at most 1, found 1.5" in told.stderr
    assert 'line 3: systms: unknown key; did you mean "systems"?' in told.stderr
    assert "Traceback" not in told.stderr


def test_a_disk_that_takes_no_more_is_told_without_traceback(cli: CommandLine) -> None:
    assert cli("prepare", "protocol.yaml").returncode == 0
    # The limit on a file's size fails as a full disk does: in a write, which knows no file's name.
    told = subprocess.run(
        ["sh", "-c", f"ulimit -f 0; exec {sys.executable} -B -m bench subsets protocol.yaml"],
        cwd=cli.folder,
        env={**os.environ, "BENCH_CACHE": str(cli.folder / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr.splitlines()[-1] == "error: File too large"
    assert "Traceback" not in told.stderr
