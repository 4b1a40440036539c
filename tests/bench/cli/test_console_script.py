from __future__ import annotations

import os
import subprocess
import sys
import tomllib

import pytest
from places import ROOT

STARTS = {
    "bench": ["-c", "import sys; from bench.__main__ import main; sys.argv[0] = 'bench'; sys.exit(main())"],
    "python -m bench": ["-m", "bench"],
}


def started(name: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *STARTS[name], *arguments]
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )


def test_the_script_that_is_installed_is_this_one() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["scripts"] == {"bench": "bench.__main__:main"}


@pytest.mark.parametrize("name", STARTS)
def test_both_ways_to_start_it_answer_alike_and_by_their_own_name(name: str) -> None:
    told = started(name, "schema")
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout == started("bench", "schema").stdout
    wrong = started(name, "rum")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert f"Usage: {name} [OPTIONS] COMMAND" in wrong.stderr


def test_the_script_completes_commands() -> None:
    told = started("bench", _BENCH_COMPLETE="complete_bash", COMP_WORDS="bench pr", COMP_CWORD="1")
    assert (told.returncode, told.stdout.split()) == (0, ["predict", "prepare"])


def test_completion_is_offered_for_a_program_only() -> None:
    assert "--install-completion" in started("bench", "--help").stdout
    assert "completion" not in started("python -m bench", "--help").stdout
