from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from command_line import CommandLine
from simulated_run import SimulatedRun

from bench.store.records import TrialKey


def test_a_report_is_written_where_it_is_asked_for(finished: CommandLine, tmp_path: Path) -> None:
    told = finished("report", str(finished.run_folder), "--reports", str(tmp_path), "--json")
    assert told.returncode == 0
    page = Path(json.loads(told.stdout)["report"])
    assert page == tmp_path / finished.run_folder.name / "index.html"
    assert page.is_file()


def test_a_report_of_a_partial_run_is_written_and_exits_with_3(finished: CommandLine, tmp_path: Path) -> None:
    run = tmp_path / finished.run_folder.name
    shutil.copytree(finished.run_folder, run)
    shutil.rmtree(run / "trials" / "sprm" / "1" / "1")
    told = finished("report", str(run), "--reports", str(tmp_path / "reports"))
    assert told.returncode == 3
    assert Path(told.stdout.strip()).is_file()


def test_a_run_without_results_has_no_report(cli: CommandLine) -> None:
    assert cli("subsets", "protocol.yaml").returncode == 0
    told = cli("report", "protocol.yaml")
    assert told.returncode == 3
    assert "no trial is done" in told.stderr


def test_a_run_in_which_every_trial_failed_says_in_a_line_with_what(tmp_path: Path) -> None:
    study = SimulatedRun(fractions=(1.0,), seeds=1, images=4)
    trials = tuple(TrialKey(system, "0", 0) for system in ("random", "prior", "oracle"))
    trained = tuple(TrialKey(system, "1", 0) for system in ("sprm", "refinement"))
    study.write(tmp_path / "run", without=trials, failed=trained)
    told = CommandLine(tmp_path)("report", "run")
    assert told.returncode == 3
    assert told.stderr == (
        "error: run: no trial is done, so there is nothing to report; 2 failed, sprm 1 seed 0 with: the loss is not "
        "finite in epoch 3\n"
    )


def test_a_report_of_a_run_folder_leaves_its_protocol_as_it_was_written_and_shows_it_so(copy: CommandLine) -> None:
    path = copy.run_folder / "protocol.yaml"
    written = path.read_text().replace(str(copy.folder / "data"), "data")
    written = "\n".join("  root: data" if line.startswith("  root:") else line for line in written.split("\n"))
    path.write_text(written)
    told = copy("report", str(copy.run_folder))
    assert told.returncode == 0, told.stderr
    assert path.read_text() == written
    assert "root: data\n" in (copy.folder / told.stdout.strip()).with_name("report.md").read_text()


def test_a_run_of_an_earlier_version_gets_what_examples_need_without_training(copy: CommandLine) -> None:
    test = copy.run_folder / "test"
    whole = {path.name: path.read_bytes() for path in test.glob("*.*")}
    records = {path: path.stat().st_mtime_ns for path in copy.run_folder.glob("trials/*/*/*/*")}
    for command in ("report", "run"):
        shutil.rmtree(test)
        assert copy(command, "protocol.yaml").returncode == 0
        assert {path.name: path.read_bytes() for path in test.glob("*.*")} == whole
    assert {path: path.stat().st_mtime_ns for path in copy.run_folder.glob("trials/*/*/*/*")} == records


def test_a_run_that_one_may_only_read_has_a_report_without_examples(copy: CommandLine, tmp_path: Path) -> None:
    # The protocol of the copy, whose data are elsewhere, is written down.
    assert copy("report", "protocol.yaml").returncode == 0
    shutil.rmtree(copy.run_folder / "test")
    copy.run_folder.chmod(0o555)
    if os.access(copy.run_folder, os.W_OK):
        pytest.skip("root may write anywhere")
    try:
        told = copy("report", "protocol.yaml", "--reports", str(tmp_path / "reports"))
    finally:
        copy.run_folder.chmod(0o755)
    assert told.returncode == 0, told.stderr
    assert "cannot be described there (Permission denied)" in told.stderr
    page = Path(told.stdout.strip()).read_text(encoding="utf-8")
    assert "does not describe its test split" in page
