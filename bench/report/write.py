"""Writing a report: analyse the run, then each of its files."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from bench.report.freshness import remove_stamp, write_stamp
from sprm.errors import DataError
from sprm.files.atomic_file import write_atomically
from sprm.files.cache import cache_folder

if TYPE_CHECKING:
    from bench.report.analyse import Analysis


def render(run: Path, report: Path) -> Path:
    """Write the report of a run, complete or not, over whatever an earlier one left.

    The same run folder gives the same bytes.

    Args:
        run: the run folder.
        report: folder to write into; made when it is not there.

    Returns:
        Path of `index.html`.

    Raises:
        ResultsError: the folder is not a run's, or none of its trials is complete.
    """
    from bench.report.analyse import analyse

    files = _contents(analyse(run))
    remove_stamp(report)
    for name, content in files.items():
        (report / name).parent.mkdir(parents=True, exist_ok=True)
        write_atomically(report / name, content)
    write_stamp(run, report, files)
    return report / "index.html"


def _contents(analysis: Analysis) -> dict[str, bytes]:
    """Make every file of a report, by its name in the folder."""
    # Else it writes to the home folder, which need not be there.
    with suppress(DataError):
        os.environ.setdefault("MPLCONFIGDIR", str(cache_folder() / "matplotlib"))
    from bench.report.claims_json import claims_json
    from bench.report.figures.accuracy import figures
    from bench.report.page import html, markdown
    from bench.report.tables.accuracy import tables
    from bench.report.text.story import tell

    story, drawn, tabulated = tell(analysis), figures(analysis), tables(analysis)
    files = {
        "index.html": html(analysis, story, drawn, tabulated).encode(),
        "report.md": markdown(analysis, story, drawn, tabulated).encode(),
        "claims.json": claims_json(analysis).encode(),
    }
    for figure in drawn:
        files[f"figures/{figure.name}.svg"] = figure.svg
        files[f"figures/{figure.name}.png"] = figure.png
    for table in tabulated:
        files[f"tables/{table.name}.csv"] = table.csv().encode()
        files[f"tables/{table.name}.tex"] = table.tex().encode()
    return files
