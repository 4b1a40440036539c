"""`index`: list all reports in one page."""

from __future__ import annotations

import json
from pathlib import Path

import typer

from bench.cli.exit_codes import OK
from bench.report.reports_index import write_reports_index
from sprm.errors import ResultsError
from sprm.files.paths import absence


def index(reports: Path, as_json: bool) -> int:
    """Write the index of the reports in a folder and print its path."""
    if not reports.is_dir():
        raise ResultsError(f"{reports}: {absence(reports, folder=True)}")
    page = write_reports_index(reports)
    typer.echo(json.dumps({"index": page}, default=str) if as_json else page)
    return OK
