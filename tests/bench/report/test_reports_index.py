from __future__ import annotations

import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from bench.report.reports_index import LARGEST, reports_index, write_reports_index
from bench.report.summary import (
    ChipSummary,
    ComparisonSummary,
    CurveSummary,
    PointSummary,
    ReportSummary,
    Summary,
)

HOSTILE = "<script>alert(1)</script> \" ' & \u202eabc 😀"
REPORT = ReportSummary(
    question="How much training data is enough?",
    answer="With half of the images, sprm is as good.",
    setting="Protocol fractions on Scenes (synthetic): 1,000 training images.",
    synthetic=True,
    finished_at=datetime(2026, 1, 2, 23, 0, tzinfo=UTC),
    chips=(
        ChipSummary(claim="small-fraction", decision="supported", number="loss 1.2 points", interval="[0.5, 1.8]"),
        ChipSummary(claim="robust", decision="not testable", number="", interval=""),
    ),
    brackets="Brackets: 90 % intervals.",
    curves=(
        CurveSummary(
            system="sprm",
            points=(
                PointSummary(images=10, accuracy=0.5, low=0.45, high=0.55),
                PointSummary(images=1000, accuracy=0.6, low=0.58, high=0.62),
            ),
        ),
    ),
    prior=0.52,
    protocol="fractions",
    corpus="Scenes (synthetic)",
    training_images=1000,
    systems=("prior", "sprm"),
    done=11,
    planned=11,
    complete=True,
)
COMPARISON = ComparisonSummary(
    question="Do a and b differ?",
    answer="No difference is shown.",
    setting="",
    synthetic=False,
    finished_at=datetime(2026, 1, 3, tzinfo=UTC),
    chips=(),
    brackets="",
    curves=(),
    prior=None,
    runs=("a", "b"),
)


class Page(HTMLParser):
    """Collects what a page links to, its ids, and its headings in their order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]


def stored(reports: Path, name: str, summary: Summary = REPORT) -> Path:
    """Write what the index reads of a report."""
    folder = reports / name
    folder.mkdir(parents=True)
    (folder / "index.html").write_text("a page")
    (folder / "summary.json").write_bytes(summary.to_json())
    return folder


def test_reports_stand_in_order_newest_first_and_equal_dates_by_name(tmp_path: Path) -> None:
    stored(tmp_path, "b")
    stored(tmp_path, "a")
    stored(tmp_path, "new", REPORT.model_copy(update={"finished_at": datetime(2026, 2, 1, tzinfo=UTC)}))
    stored(tmp_path, "old", REPORT.model_copy(update={"finished_at": datetime(2025, 2, 1, tzinfo=UTC)}))
    text = reports_index(tmp_path)
    assert re.findall(r'<h3><a href="([^"]*)/index.html">', text) == ["new", "a", "b", "old"]
    assert '<time class="small" datetime="2026-01-02T23:00:00+00:00">2026-01-02</time>' in text


def test_a_report_shows_its_answer_its_verdicts_and_its_curve(tmp_path: Path) -> None:
    stored(tmp_path, "reference")
    text = reports_index(tmp_path)
    assert "With half of the images, sprm is as good." in text
    assert "This corpus is synthetic" in text
    assert '<a href="reference/index.html#claim-small-fraction">small-fraction</a>' in text
    assert '<span class="number">loss 1.2 points [0.5, 1.8]</span>' in text
    assert 'aria-label="Accuracy by number of training images: sprm 50.0\u00a0% with 10 images to 60.0\u00a0%' in text
    assert "Systems: prior, sprm." in text
    assert "Partial" not in text


def test_a_partial_run_is_marked(tmp_path: Path) -> None:
    stored(tmp_path, "part", REPORT.model_copy(update={"done": 7, "complete": False}))
    assert "Partial: 7 of 11 trials are done." in reports_index(tmp_path)


def test_comparisons_are_listed_apart(tmp_path: Path) -> None:
    stored(tmp_path, "compare-a-b", COMPARISON)
    stored(tmp_path, "reference")
    reports, comparisons = reports_index(tmp_path).split("Comparisons of two runs</h2>")
    assert "reference/index.html" in reports
    assert "compare-a-b/index.html" in comparisons


def test_a_folder_without_reports_says_how_to_make_one(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("about")
    text = write_reports_index(tmp_path / "reports").read_text(encoding="utf-8")
    assert "There is no report yet." in text
    assert "Unreadable" not in text


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"null", b'{"kind": "report"}', b"[" * 100_000])
def test_a_damaged_folder_is_listed_as_unreadable(tmp_path: Path, content: bytes) -> None:
    stored(tmp_path, "sound")
    (stored(tmp_path, "damaged") / "summary.json").write_bytes(content)
    text = reports_index(tmp_path)
    assert "<code>damaged</code>: its summary.json is damaged, or another version wrote it" in text
    assert "sound/index.html" in text


def test_a_foreign_folder_is_listed_as_unreadable(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.png").write_bytes(b"")
    (tmp_path / ".git").mkdir()
    (stored(tmp_path, "earlier") / "summary.json").unlink()
    (stored(tmp_path, "folder") / "summary.json").unlink()
    (tmp_path / "folder" / "summary.json").mkdir()
    (stored(tmp_path, "pipe") / "summary.json").unlink()
    os.mkfifo(tmp_path / "pipe" / "summary.json")
    (stored(tmp_path, "large") / "summary.json").write_bytes(b" " * (LARGEST + 1))
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    text = reports_index(tmp_path)
    assert "<code>photos</code>: it has no index.html" in text
    assert "<code>earlier</code>: it has no summary.json; the command `report` or `compare` draws it again" in text
    assert "<code>folder</code>: it cannot be read" in text
    assert "<code>pipe</code>: it cannot be read" in text
    assert "<code>large</code>: its summary.json is too large" in text
    assert ".git" not in text
    assert "gone" not in text


def test_hostile_text_is_shown_as_text_and_links_stay_within_the_folder(tmp_path: Path) -> None:
    chip = ChipSummary(claim=HOSTILE, decision="supported", number=HOSTILE, interval=HOSTILE)
    curves = (REPORT.curves[0].model_copy(update={"system": HOSTILE}),)
    hostile = {"answer": HOSTILE, "setting": HOSTILE, "systems": (HOSTILE,), "chips": (chip,), "curves": curves}
    stored(tmp_path, 'a"b<i>#?:\u00e4 c', REPORT.model_copy(update=hostile))
    (tmp_path / "<b>bold").mkdir()
    text = reports_index(tmp_path)
    page = Page(text)
    assert page.tags.count("script") == 1
    assert "i" not in page.tags
    assert "b" not in page.tags
    assert text.count("alert(1)") > 5
    inside = [link for link in page.links if not link.startswith("#")]
    assert inside
    assert all(link.startswith("a%22b%3Ci%3E%23%3F%3A%C3%A4%20c/index.html") for link in inside)


def test_a_name_that_is_no_text_is_linked_by_its_bytes(tmp_path: Path) -> None:
    stored(tmp_path, os.fsdecode(b"r\xffn"))
    text = write_reports_index(tmp_path).read_text(encoding="utf-8")
    assert 'href="r%FFn/index.html"' in text


def test_equal_reports_give_equal_bytes_whenever_and_wherever_they_are_listed(tmp_path: Path) -> None:
    for place in ("here", "there"):
        stored(tmp_path / place, "one")
        stored(tmp_path / place, "two", COMPARISON)
    os.utime(tmp_path / "there" / "one" / "summary.json", (0, 0))
    first = write_reports_index(tmp_path / "here").read_bytes()
    assert first == write_reports_index(tmp_path / "there").read_bytes()
    assert first == write_reports_index(tmp_path / "here").read_bytes()


def test_the_page_names_no_address(tmp_path: Path) -> None:
    stored(tmp_path, "reference")
    assert not [link for link in Page(reports_index(tmp_path)).links if "//" in link]


def test_commands_that_write_at_once_leave_a_whole_index_of_all_reports(tmp_path: Path) -> None:
    def report(number: int) -> None:
        stored(tmp_path, f"run-{number:02}")
        write_reports_index(tmp_path)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(report, range(16)))
    assert (tmp_path / "index.html").read_text(encoding="utf-8") == reports_index(tmp_path)
    assert not list(tmp_path.glob(".index*"))


def test_a_report_that_was_removed_is_not_listed_any_more(tmp_path: Path) -> None:
    stored(tmp_path, "kept")
    stored(tmp_path, "removed")
    write_reports_index(tmp_path)
    shutil.rmtree(tmp_path / "removed")
    assert "removed" not in write_reports_index(tmp_path).read_text(encoding="utf-8")
