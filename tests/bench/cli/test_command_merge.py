from __future__ import annotations

import json
import shutil
import signal
import time
from pathlib import Path

import pytest
from command_line import CommandLine
from edited_run import KEY, answer_otherwise, edit_every_record, edit_record, remove
from simulated_run import SimulatedRun

from bench.store.ledger import Ledger


@pytest.fixture
def two(tmp_path: Path) -> CommandLine:
    """A folder with the same run twice, `one` and `two`."""
    SimulatedRun(fractions=(0.1, 1.0), seeds=2, images=20).write(tmp_path / "one")
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    return CommandLine(tmp_path)


def test_parts_become_a_run_that_every_command_takes(two: CommandLine) -> None:
    remove(two.folder / "one", "sprm")
    remove(two.folder / "two", "prior")
    told = two("merge", "one", "two", "-o", "results/merged")
    assert told.returncode == 0, told.stderr
    assert told.stdout == "results/merged\n"
    assert "one: 7 results taken of 7" in told.stderr
    assert "two: 4 results taken of 10" in told.stderr
    assert "11 of 11 trials done" in two("status", "results/merged").stdout
    assert "small-fraction" in two("verdicts", "results/merged").stdout


def test_a_run_goes_on_from_what_was_merged(finished: CommandLine, tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for place, system in ((one, "sprm"), (other, "prior")):
        shutil.copytree(finished.run_folder, place)
        remove(place, system)
    shutil.copytree(finished.folder / "data", tmp_path / "data")
    shutil.copytree(finished.folder / "cache", tmp_path / "cache")
    shutil.copy(finished.folder / "protocol.yaml", tmp_path)
    cli = CommandLine(tmp_path)
    told = cli("merge", "one", "other", "--output", f"results/{finished.run_folder.name}", "--json")
    assert told.returncode == 0, told.stderr
    answer = json.loads(told.stdout)
    assert answer["run"] == answer["run_of_protocol"]
    assert answer["trials"] == {"done": 7, "planned": 7}
    renamed = cli("merge", "one", "other", "-o", "elsewhere/renamed")
    assert f"`run` with its protocol continues in elsewhere/{finished.run_folder.name}" in renamed.stderr
    again = cli("run", "protocol.yaml", "--json")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["trials"] == {"done": 7}
    assert "accuracy" not in again.stderr, "no trial was run"


def test_a_conflict_is_shown_with_both_machines_and_decided_by_keep(two: CommandLine) -> None:
    answer_otherwise(two.folder / "two", KEY)
    elsewhere = {"processor": "another processor", "libraries": {"torch": "9.9"}}
    edit_record(two.folder / "two", KEY, lambda record: record["provenance"].update(elsewhere))
    refused = two("merge", "one", "two", "-o", "merged")
    assert refused.returncode == 2
    assert "1 trial has different results" in refused.stdout
    assert "sprm 1 seed 0" in refused.stdout
    assert "a processor, 2 CPUs" in refused.stdout
    assert "another processor, 2 CPUs" in refused.stdout
    assert "torch 2.14.1" in refused.stdout
    assert "torch 9.9" in refused.stdout
    assert not (two.folder / "merged").exists()
    answer = json.loads(two("merge", "one", "two", "-o", "merged", "--json").stdout)
    assert answer["run"] is None
    assert [each["run"] for each in answer["conflicts"][0]["results"]] == ["one", "two"]
    kept = two("merge", "one", "two", "-o", "merged", "--keep", "two")
    assert kept.returncode == 0
    assert "sprm 1 seed 0: kept the result of two, not that of one" in kept.stderr
    assert Ledger(two.folder / "merged").record(KEY) == Ledger(two.folder / "two").record(KEY)


def test_other_code_is_refused_until_it_is_allowed(two: CommandLine) -> None:
    remove(two.folder / "one", "sprm")
    edit_every_record(two.folder / "two", lambda record: record["provenance"].update(revision="f" * 40))
    refused = two("merge", "one", "two", "-o", "merged")
    assert refused.returncode == 2
    assert f"two: 0.1.0 at {'f' * 16}: 4 results" in refused.stdout
    assert "--allow other-code" in refused.stdout
    allowed = two("merge", "one", "two", "-o", "merged", "--allow", "other-code")
    assert allowed.returncode == 0
    assert "4 results come from other code, as allowed; reports say so" in allowed.stderr


def test_wrong_use_is_told(two: CommandLine) -> None:
    wrong = {
        ("one", "-o", "merged"): "expected at least two different run folders",
        ("one", "./one", "-o", "merged"): "expected at least two different run folders",
        ("one", "two", "-o", "two"): "two already exists",
        ("one", "two", "-o", "merged", "--keep", "three"): "three is not one of the runs; expected one of one, two",
        ("one", "three", "-o", "merged"): "three: is missing",
    }
    for arguments, message in wrong.items():
        told = two("merge", *arguments)
        assert told.returncode == (3 if "missing" in message else 2)
        assert message in told.stderr
    assert not (two.folder / "merged").exists()


def test_a_merge_that_is_killed_leaves_nothing_that_looks_like_a_run(two: CommandLine) -> None:
    results = two.folder / "results"
    for _ in range(20):
        with two.started("merge", "one", "two", "-o", "results/merged") as process:
            while not list(results.glob(".merged.building-*")) and process.poll() is None:
                time.sleep(0.001)
            process.kill()
            process.communicate()
        if process.returncode == -signal.SIGKILL and not (results / "merged").exists():
            break
        # It was faster than the look at it.
        shutil.rmtree(results / "merged")
    assert process.returncode == -signal.SIGKILL
    assert {path.name.partition("-")[0] for path in results.iterdir()} <= {".merged.building", ".merged.lease"}
    assert list(results.glob(".merged.building-*")) != []
    assert two("merge", "one", "two", "-o", "results/merged").returncode == 0
    assert [path.name for path in results.iterdir()] == ["merged"]
