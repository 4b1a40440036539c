"""Examples in a written report: small enough, the same every time, and told apart from the whole."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hostile_run import SCRIPT, TAG, HostileRun
from simulated_run import SimulatedRun
from simulated_test_split import describe, picture

from bench.report.write import current_report

SMALL = SimulatedRun(fractions=(0.1, 1.0), seeds=2, images=20)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a run with as many pictures as one has, each as large as one may be."""
    folder = tmp_path_factory.mktemp("runs")
    run = describe(SimulatedRun(images=80).write(folder / "run"), pictures=range(60))
    assert 1_000_000 < sum(len(picture(row)) for row in range(60)) < 1_400_000
    return current_report(run, folder / "report").page.parent


def test_a_page_with_all_pictures_stays_under_5_mb_and_its_folder_under_8(report: Path) -> None:
    assert (report / "index.html").stat().st_size < 5_000_000
    assert sum(path.stat().st_size for path in report.rglob("*") if path.is_file()) < 8_000_000


def test_a_picture_is_in_the_page_once_and_used_by_its_cards(report: Path) -> None:
    page = (report / "index.html").read_text()
    assert page.count('href="data:image/jpeg;base64,') == 60
    assert page.count('<use href="#picture-7"/>') == 4


def test_all_cards_are_in_the_page_without_scripts_and_most_of_them_folded(report: Path) -> None:
    page = (report / "index.html").read_text()
    cards = page.count('<article class="example"')
    assert f"<summary>{cards - 24} more examples</summary>" in page


def test_the_markdown_report_has_the_rates_and_sends_to_the_page(report: Path) -> None:
    text = (report / "report.md").read_text()
    assert "index.html shows single phrases" in text
    assert "without looking at any result" in text
    rows = re.findall(r"^\| Hurt by training \| sprm \| (\d+) \| ([\d,]+) \| ([\d.]+) \|$", text, re.MULTILINE)
    assert len(rows) == 1
    assert (report / "tables" / "example_rates.csv").is_file()


def test_a_run_of_an_earlier_version_says_how_it_gets_examples(tmp_path: Path) -> None:
    page = current_report(SMALL.write(tmp_path / "run"), tmp_path / "report").page
    for name in ("index.html", "report.md"):
        text = page.with_name(name).read_text()
        assert "does not describe its test split" in text
        assert "example_rates" not in text


def test_a_damaged_description_is_told_and_no_reason_to_fail(tmp_path: Path) -> None:
    run = describe(SMALL.write(tmp_path / "run"))
    (run / "test" / "regions.parquet").write_bytes(b"PAR1")
    text = current_report(run, tmp_path / "report").page.with_name("report.md").read_text()
    assert "Not used: test/regions.parquet: it was changed." in text
    assert str(tmp_path) not in text


def test_a_report_follows_the_description_of_the_test_split(tmp_path: Path) -> None:
    run = SMALL.write(tmp_path / "run")
    before = current_report(run, tmp_path / "report").page.read_bytes()
    after = current_report(describe(run), tmp_path / "report").page.read_bytes()
    assert before != after
    assert current_report(run, tmp_path / "again").page.read_bytes() == after


def test_labels_and_phrases_are_shown_as_text(tmp_path: Path) -> None:
    run = describe(HostileRun().write(tmp_path / "run"), label=SCRIPT)
    page = current_report(run, tmp_path / "report").page.read_text()
    assert SCRIPT not in page
    assert TAG not in page
    assert "&lt;/script&gt;&lt;/style&gt;" in page
