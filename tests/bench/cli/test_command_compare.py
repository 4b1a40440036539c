from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from command_line import CommandLine
from edited_run import KEY, answer_otherwise
from simulated_run import SimulatedRun


@pytest.fixture
def two(tmp_path: Path) -> CommandLine:
    """A folder with two runs of one protocol, of which one trial came out otherwise."""
    SimulatedRun(fractions=(0.1, 1.0), seeds=2, images=20).write(tmp_path / "one")
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    answer_otherwise(tmp_path / "two", KEY)
    return CommandLine(tmp_path)


def test_differences_are_shown_and_are_no_failure(two: CommandLine) -> None:
    told = two("compare", "one", "two")
    assert told.returncode == 0, told.stderr
    assert "First run: one\nSecond run: two\n" in told.stdout
    assert "11 trials are complete in both runs with the same test phrases; 10 have the same outcomes." in told.stdout
    assert "\nAccuracy\n" in told.stdout
    assert "\nSettings\n" not in told.stdout
    assert not (two.folder / "reports").exists()


def test_a_page_is_written_when_asked_for_and_its_path_comes_last(two: CommandLine) -> None:
    told = two("compare", "one", "two", "--page")
    assert told.returncode == 0
    path = told.stdout.splitlines()[-1]
    assert path == "reports/compare-one-two/index.html"
    assert "one and two, compared" in (two.folder / path).read_text()
    answer = json.loads(two("compare", "one", "two", "--json", "--page", "--reports", "elsewhere").stdout)
    assert answer["page"] == "elsewhere/compare-one-two/index.html"
    assert answer["trials"] == {"paired": 11, "same": 10}
    assert {key: value for key, value in answer.items() if key != "page"} == json.loads(
        (two.folder / "elsewhere" / "compare-one-two" / "comparison.json").read_text()
    )


def test_what_is_no_run_or_is_damaged_is_named(two: CommandLine) -> None:
    missing = two("compare", "one", "three")
    assert missing.returncode == 3
    assert "three: is missing" in missing.stderr
    (two.folder / "empty").mkdir()
    assert "empty: not a run folder" in two("compare", "empty", "one").stderr
    (two.folder / "two" / "preregistration.json").write_text("[")
    damaged = two("compare", "one", "two")
    assert damaged.returncode == 3
    assert "two/preregistration.json: cannot be read" in damaged.stderr
