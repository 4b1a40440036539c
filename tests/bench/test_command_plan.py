from __future__ import annotations

import json

from command_line import CommandLine


def test_every_trial_is_listed_with_its_state_and_why_and_none_is_started(cli: CommandLine) -> None:
    assert cli("prepare", "protocol.yaml").returncode == 0
    told = cli("plan", "protocol.yaml")
    assert told.returncode == 0
    lines = told.stdout.splitlines()
    assert lines[0].split() == ["system", "fraction", "seed", "images", "state", "time", "why"]
    assert lines[5].split() == ["sprm", "0.5", "1", "6", "missing", "unknown", "has", "not", "run"]
    assert "0 of 7 trials done, 7 missing" in told.stdout
    assert not (cli.folder / "results").exists()


def test_a_corpus_that_is_not_built_is_not_built_by_the_way(cli: CommandLine) -> None:
    told = cli("plan", "protocol.yaml")
    assert told.returncode == 3
    assert "protocol.yaml: its corpus is not built yet; `prepare` builds it, and so does `run`" in told.stderr
    assert not (cli.folder / "cache" / "corpora").exists()


def test_finished_trials_give_the_time_of_those_that_are_left(finished: CommandLine) -> None:
    told = finished("plan", "protocol.yaml", "--set", "seeds=4", "--json")
    answer = json.loads(told.stdout)
    assert len(answer["trials"]) == 11
    taken = [trial for trial in answer["trials"] if "can be taken from" in trial["why"]]
    assert len(taken) == 7
    assert {trial["seconds"] for trial in taken} == {0}
    assert all(trial["seconds"] > 0 for trial in answer["trials"] if trial not in taken)
    assert answer["seconds_left"] > 0


def test_changed_settings_are_named(finished: CommandLine) -> None:
    told = finished("plan", "protocol.yaml", "--set", "systems.sprm.omega=0.5")
    assert "has it with another system.omega" in told.stdout
    assert "4 stale, 3 missing" in told.stdout
