"""The index of all reports in a folder: `index.html`, made from what the reports' folders hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from bench.report.summary import FILE, ComparisonSummary, ReportSummary, Summary, read_summary
from bench.report.template import filled, unbroken
from bench.report.text.story import SYNTHETIC_IN_SHORT
from bench.report.thumbnail import Thumbnail, thumbnail
from sprm.errors import one_line
from sprm.files.atomic_file import write_atomically
from sprm.files.regular import content_of

PAGE = "index.html"
LARGEST = 2**20
"""Bytes of a summary; what is larger is none."""
NEVER = datetime.min.replace(tzinfo=UTC)
"""Where a comparison without any trial stands in the order."""
ATTEMPTS = 5
"""How often the index is written again because another command has meanwhile written a report."""


@dataclass(frozen=True)
class Entry:
    """A report or comparison that the index lists.

    Attributes:
        folder: its folder's name.
        address: the same as a link has it.
        summary: what it says.
        picture: its accuracy curve; None where nothing was trained.
    """

    folder: str
    address: str
    summary: Summary
    picture: Thumbnail | None

    @property
    def date(self) -> str:
        """The day on which its last trial was finished, in UTC; empty without any."""
        return "" if self.summary.finished_at is None else f"{self.summary.finished_at:%Y-%m-%d}"


@dataclass(frozen=True)
class Unreadable:
    """A folder that holds no report that the index can list.

    Attributes:
        folder: its name.
        why: what is wrong.
    """

    folder: str
    why: str


def write_reports_index(reports: Path) -> Path:
    """Write the index of a folder's reports and return its path; equal reports give equal bytes.

    Commands may write at the same time: each makes the index from the folders alone, and again when they have changed
    meanwhile.

    Args:
        reports: folder for reports; made when it is not there.
    """
    reports.mkdir(parents=True, exist_ok=True)
    path, page = reports / PAGE, reports_index(reports)
    for _ in range(ATTEMPTS):
        if not path.is_file() or path.read_bytes() != page.encode():
            write_atomically(path, page.encode())
        before, page = page, reports_index(reports)
        if page == before:
            break
    return path


def reports_index(reports: Path) -> str:
    """Lay out the index of a folder's reports."""
    found = list(_entries(reports))
    entries = sorted((each for each in found if isinstance(each, Entry)), key=lambda each: each.folder)
    entries.sort(key=lambda each: each.summary.finished_at or NEVER, reverse=True)
    page = filled(
        "reports_index.html.jinja",
        reports=[each for each in entries if isinstance(each.summary, ReportSummary)],
        comparisons=[each for each in entries if isinstance(each.summary, ComparisonSummary)],
        synthetic_in_short=SYNTHETIC_IN_SHORT,
        unreadable=[each for each in found if isinstance(each, Unreadable)],
    )
    return unbroken(page)


def _entries(reports: Path) -> Iterator[Entry | Unreadable]:
    for folder in sorted(reports.iterdir()):
        if folder.is_dir() and not folder.name.startswith("."):
            yield _entry(folder)


def _entry(folder: Path) -> Entry | Unreadable:
    name = one_line(folder.name, 200)
    try:
        if not (folder / PAGE).is_file():
            return Unreadable(name, f"it has no {PAGE}")
        if not (folder / FILE).exists():
            return Unreadable(name, f"it has no {FILE}; the command `report` or `compare` draws it again")
        if (folder / FILE).stat().st_size > LARGEST:
            return Unreadable(name, f"its {FILE} is too large")
        summary = read_summary(content_of(folder / FILE))
    except OSError as error:
        return Unreadable(name, f"it cannot be read: {error.strerror}")
    except ValueError:
        return Unreadable(name, f"its {FILE} is damaged, or another version wrote it")
    return Entry(name, quote(folder.name, errors="surrogateescape"), summary, thumbnail(summary.curves, summary.prior))
