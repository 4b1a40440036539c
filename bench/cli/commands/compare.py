"""`compare`: show in what two runs differ."""

from __future__ import annotations

import json
from pathlib import Path

import typer
from rich.text import Text

from bench.cli.comparison_table import show_comparison
from bench.cli.exit_codes import OK
from bench.cli.locate import run_of, state_claims
from bench.cli.terminal import stderr
from bench.report.compare import compare_runs
from bench.report.comparison_json import comparison_values
from bench.report.reports_index import write_reports_index
from bench.report.write_comparison import write_comparison
from sprm.errors import ResultsError
from sprm.files.paths import absence


def compare(first: Path, second: Path, page: bool, reports: Path, as_json: bool) -> int:
    """Show in what two runs differ.

    Args:
        first: the one run folder.
        second: the other.
        page: whether to write a page, too.
        reports: folder for it.
        as_json: whether to print the comparison as JSON.
    """
    for folder in (first, second):
        if not folder.is_dir():
            raise ResultsError(f"{folder}: {absence(folder, folder=True)}")
        state_claims(run_of(folder, (), folder.parent).protocol, folder)
    with stderr.status(Text("comparing the runs")):
        compared = compare_runs(first, second)
        written = write_comparison(compared, reports) if page else None
        if page:
            write_reports_index(reports)
    if as_json:
        answer = {**comparison_values(compared), "page": None if written is None else str(written)}
        typer.echo(json.dumps(answer))
        return OK
    show_comparison(compared)
    if written is not None:
        typer.echo(written)
    return OK
