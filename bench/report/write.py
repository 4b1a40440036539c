"""Writing a report: analyse the run, then each of its files."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.report.files_beside import figure_files, settle_matplotlib, table_files
from bench.report.freshness import fingerprint, is_current, remove_outdated, remove_stamp, write_stamp
from bench.report.reloading import with_reloading, without_reloading
from sprm.files.atomic_file import write_atomically

if TYPE_CHECKING:
    from bench.report.analyse import Analysis


PAGE = "index.html"


@dataclass(frozen=True)
class Report:
    """A report on disk.

    Attributes:
        page: path of its `index.html`.
        verdicts: by claim, what became of it, as its `claims.json` says.
        is_new: whether it was written just now, and not found as it had to be.
    """

    page: Path
    verdicts: dict[str, str]
    is_new: bool


def current_report(run: Path, folder: Path) -> Report:
    """Return the report of a run, complete or not; written over whatever an earlier one left unless it is current.

    The same run folder gives the same bytes.

    Args:
        run: the run folder.
        folder: the report's; made when it is not there.

    Raises:
        ResultsError: the folder is not a run's, or none of its trials is complete.
    """
    is_new = not is_current(run, folder)
    if is_new:
        _write(run, folder)
    # A report that is current is not analysed again, so that it is its own file that tells.
    claims = json.loads((folder / "claims.json").read_bytes())["claims"]
    return Report(folder / PAGE, {claim["name"]: claim["verdict"] for claim in claims}, is_new)


def draw_unfinished(run: Path, folder: Path) -> None:
    """Write the report of a run that goes on; as long as trials are left, its page loads itself again.

    Such a page is not what `current_report` calls current, until `end_reloading` has been over it.

    Args:
        run: the run folder.
        folder: the report's; made when it is not there.

    Raises:
        ResultsError: the folder is not a run's, or none of its trials is complete.
    """
    if not is_current(run, folder):
        _write(run, folder, reloading=True)


def end_reloading(folder: Path) -> None:
    """Leave of a page that loads itself again one that does not.

    Args:
        folder: the report's; nothing happens where no page is.
    """
    with suppress(FileNotFoundError):
        page = (folder / PAGE).read_bytes()
        if (still := without_reloading(page)) != page:
            write_atomically(folder / PAGE, still)


def _write(run: Path, folder: Path, *, reloading: bool = False) -> None:
    from bench.report.analyse import analyse

    drawn_from = fingerprint(run)
    analysis = analyse(run)
    files = _contents(analysis)
    remove_outdated(folder, files)
    remove_stamp(folder)
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        is_to_reload = reloading and name == PAGE and bool(analysis.unfinished)
        write_atomically(folder / name, with_reloading(content) if is_to_reload else content)
    write_stamp(folder, drawn_from, files)


def _contents(analysis: Analysis) -> dict[str, bytes]:
    """Make every file of a report, by its name in the folder."""
    settle_matplotlib()
    from bench.report.claims_json import claims_json
    from bench.report.figures.every import figures
    from bench.report.page import html, markdown
    from bench.report.summary import summary_of
    from bench.report.tables.accuracy import tables
    from bench.report.text.story import tell

    story, drawn, tabulated = tell(analysis), figures(analysis), tables(analysis)
    return {
        PAGE: html(analysis, story, drawn, tabulated).encode(),
        "report.md": markdown(analysis, story, drawn, tabulated).encode(),
        "claims.json": claims_json(analysis).encode(),
        "summary.json": summary_of(analysis, story.first).to_json(),
        **figure_files(drawn),
        **table_files(tabulated),
    }
