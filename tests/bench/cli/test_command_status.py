from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

from command_line import CommandLine


def test_a_finished_run_is_complete_by_protocol_and_by_folder(finished: CommandLine) -> None:
    by_protocol = finished("status", "protocol.yaml")
    by_folder = finished("status", str(finished.run_folder.relative_to(finished.folder)))
    assert by_protocol.returncode == by_folder.returncode == 0
    assert by_protocol.stdout == by_folder.stdout
    assert "7 of 7 trials done" in by_protocol.stdout


def test_an_incomplete_run_exits_with_3_and_counts_what_is_missing(finished: CommandLine, tmp_path: Path) -> None:
    shutil.copytree(finished.run_folder, tmp_path / "run")
    shutil.rmtree(tmp_path / "run" / "trials" / "sprm" / "1")
    (tmp_path / "run" / "trials" / "prior" / "0" / "0" / "items.parquet").unlink()
    told = finished("status", str(tmp_path / "run"), "--json")
    assert told.returncode == 3
    answer = json.loads(told.stdout)
    assert answer["counts"] == {"done": 4, "stale": 1, "missing": 2, "failed": 0}
    assert Counter(trial["status"] for trial in answer["trials"]) == {"done": 4, "stale": 1, "missing": 2}
    assert "items.parquet is missing" in finished("status", str(tmp_path / "run")).stdout


def test_a_protocol_that_has_not_been_run_and_a_folder_that_is_no_run_are_told_so(cli: CommandLine) -> None:
    unbuilt = cli("status", "protocol.yaml")
    assert unbuilt.returncode == 3
    assert "its corpus is not built yet" in unbuilt.stderr
    assert cli("prepare", "protocol.yaml").returncode == 0
    never = cli("status", "protocol.yaml")
    assert never.returncode == 3
    assert "has not been run" in never.stderr
    other = cli("status", "data")
    assert other.returncode == 3
    assert "not a run folder" in other.stderr


def test_overrides_of_a_settled_run_are_refused(finished: CommandLine) -> None:
    told = finished("status", str(finished.run_folder), "--set", "seeds=3")
    assert told.returncode == 2
