from __future__ import annotations

import time
from pathlib import Path

import pytest
from simulated_run import SimulatedRun
from waiting import until

from bench.cli.page_watch import PageWatch
from bench.report.reports_index import reports_index
from bench.store.records import TrialKey

STUDY = SimulatedRun(fractions=(1.0,), seeds=2, images=8)
LEFT = (TrialKey("sprm", "1", 1),)


def reloads(page: Path) -> bool:
    return page.is_file() and 'id="reloading"' in page.read_text(encoding="utf-8")


def test_the_page_is_drawn_while_the_watch_is_open_and_stays_without_reloading(tmp_path: Path) -> None:
    run = STUDY.write(tmp_path / "run", without=LEFT)
    told: list[str] = []
    with PageWatch(run, tmp_path / "reports", told.append) as watch:
        assert watch.page == tmp_path / "reports" / "run" / "index.html"
        watch.redraw()
        until(lambda: reloads(watch.page))
        until(lambda: (tmp_path / "reports" / "index.html").is_file())
    assert not reloads(watch.page)
    assert (tmp_path / "reports" / "index.html").read_text(encoding="utf-8") == reports_index(tmp_path / "reports")
    assert told == []


def test_what_ends_while_a_drawing_is_at_work_is_drawn_afterwards(tmp_path: Path) -> None:
    run = STUDY.write(tmp_path / "run", without=LEFT)
    complete = STUDY.write(tmp_path / "complete")
    with PageWatch(run, tmp_path / "reports", lambda line: None, pause=0.01) as watch:
        watch.redraw()
        until(lambda: reloads(watch.page))
        (complete / "trials/sprm/1/1").rename(run / "trials/sprm/1/1")
        watch.redraw()
        until(lambda: watch.page.is_file() and not reloads(watch.page))
    assert "Partial results" not in watch.page.read_text(encoding="utf-8")


def test_an_error_is_told_in_a_line_once_and_raises_nothing(tmp_path: Path) -> None:
    told: list[str] = []
    with PageWatch(tmp_path / "none", tmp_path / "reports", told.append, pause=0.01) as watch:
        watch.redraw()
        until(lambda: bool(told))
        watch.redraw()
        time.sleep(0.5)
    (line,) = told
    assert line.startswith(f"The page could not be redrawn: {tmp_path / 'none'}")
    assert "\n" not in line


def test_a_watch_that_is_closed_ends_its_drawing_at_once_and_leaves_no_half_file(tmp_path: Path) -> None:
    run = SimulatedRun(seeds=3, images=200).write(tmp_path / "run", without=(TrialKey("sprm", "1", 1),))
    with PageWatch(run, tmp_path / "reports", pytest.fail) as watch:
        watch.redraw()
        time.sleep(2)
    assert not [path for path in (tmp_path / "reports").rglob(".*")]
    assert not reloads(watch.page)


def test_a_watch_that_was_never_asked_draws_nothing(tmp_path: Path) -> None:
    with PageWatch(tmp_path / "run", tmp_path / "reports", pytest.fail):
        pass
    assert not (tmp_path / "reports").exists()
