"""Pages that load themselves again while their run goes on."""

from __future__ import annotations

from pathlib import Path

from simulated_run import SimulatedRun

from bench.report.freshness import is_current
from bench.report.reloading import with_reloading, without_reloading
from bench.report.write import current_report, draw_unfinished, end_reloading
from bench.store.records import TrialKey

STUDY = SimulatedRun(fractions=(0.5, 1.0), seeds=2, images=12)
LEFT = (TrialKey("sprm", "1", 1),)
MARK = b'id="reloading"'


def test_a_page_that_reloads_is_the_page_and_what_reloads_it() -> None:
    page = b"<body>\n<p>&lt;/body&gt;</p>\n</body>\n</html>\n"
    reloading = with_reloading(page)
    assert MARK in reloading
    assert reloading.endswith(b"</body>\n</html>\n")
    assert without_reloading(reloading) == page
    assert without_reloading(page) == page


def test_the_page_of_a_run_that_goes_on_reloads_until_that_ends(tmp_path: Path) -> None:
    run, folder = STUDY.write(tmp_path / "run", without=LEFT), tmp_path / "report"
    draw_unfinished(run, folder)
    assert MARK in (folder / "index.html").read_bytes()
    assert not is_current(run, folder)
    end_reloading(folder)
    assert is_current(run, folder)
    drawn = current_report(run, tmp_path / "drawn").page
    assert (folder / "index.html").read_bytes() == drawn.read_bytes()


def test_the_page_of_a_complete_run_never_reloads(tmp_path: Path) -> None:
    run, folder = STUDY.write(tmp_path / "run"), tmp_path / "report"
    draw_unfinished(run, folder)
    assert MARK not in (folder / "index.html").read_bytes()
    assert is_current(run, folder)


def test_where_no_page_is_there_is_nothing_to_end(tmp_path: Path) -> None:
    end_reloading(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()
