"""`run --watch`, with real runs."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest
from command_line import CommandLine
from waiting import LONGEST, until

SLOW = "{prior: {kind: prior}, quick: {kind: sprm}, slow: {kind: sprm, epochs: 200000}}"
OPTIONS = ("--set", f"systems={SLOW}", "--set", "claims=[]", "--set", "fractions=[1]", "--set", "seeds=1")


def page_of(cli: CommandLine) -> Path | None:
    """The page of the one report that is there."""
    return next(iter(cli.folder.glob("reports/*/index.html")), None)


def text_of(page: Path | None) -> str:
    """What a page says; nothing where none is."""
    return "" if page is None else page.read_text(encoding="utf-8")


def contents(folder: Path) -> dict[str, bytes]:
    """What the files of a folder hold, by their names."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


@pytest.mark.slow
def test_the_page_is_drawn_while_trials_are_at_work_and_an_interrupt_leaves_a_whole_one(cli: CommandLine) -> None:
    with cli.started("run", "protocol.yaml", *OPTIONS, "--workers", "2", "--watch") as process:
        until(lambda: process.poll() is not None or "2 of 3 trials are done" in text_of(page_of(cli)))
        page = page_of(cli)
        assert page is not None
        assert 'id="reloading"' in text_of(page)
        os.killpg(process.pid, signal.SIGINT)
        stdout, stderr = process.communicate(timeout=LONGEST)
    assert (process.returncode, stdout) == (130, "")
    assert "Traceback" not in stderr
    assert stderr.count(f"Redrawn as trials finish: {page.relative_to(cli.folder)}\n") == 1
    text = text_of(page)
    assert 'id="reloading"' not in text
    assert not list((cli.folder / "reports").rglob(".*"))
    shutil.rmtree(cli.folder / "reports")
    assert cli("report", "protocol.yaml", *OPTIONS).returncode == 3
    assert text_of(page) == text


def test_a_watched_run_ends_with_the_report_of_any_other(copy: CommandLine) -> None:
    shutil.rmtree(copy.run_folder / "trials" / "sprm" / "1" / "1")
    watched = copy("run", "protocol.yaml", "--watch")
    assert (watched.returncode, watched.stdout) == (0, f"reports/{copy.run_folder.name}/index.html\n")
    assert "Redrawn as trials finish" in watched.stderr
    assert copy("report", "protocol.yaml", "--reports", "others").returncode == 0
    assert contents(copy.folder / "reports") == contents(copy.folder / "others")


def test_a_finished_run_has_nothing_to_watch(finished: CommandLine) -> None:
    assert finished("run", "protocol.yaml", "--watch").stderr == finished("run", "protocol.yaml").stderr


def test_reports_that_cannot_be_written_do_not_stop_the_trials(cli: CommandLine) -> None:
    (cli.folder / "reports").write_text("a file in the way")
    told = cli("run", "protocol.yaml", "--watch", "--set", "fractions=[1]", "--set", "seeds=1", "--set", "claims=[]")
    assert told.returncode == 2
    assert "Traceback" not in told.stderr
    assert len(list(cli.folder.glob("results/*/trials/*/*/*/record.json"))) == 4
