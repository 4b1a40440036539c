"""The report of a run, as the run is now."""

from __future__ import annotations

from pathlib import Path

from rich.text import Text

from bench.cli.terminal import stderr
from bench.report.freshness import is_current
from bench.report.write import render
from bench.store.ledger import Ledger


def current_report(ledger: Ledger, reports: Path) -> Path:
    """Write a run's report unless it is current, and return its page."""
    folder = reports / ledger.folder.name
    if is_current(ledger.folder, folder):
        return folder / "index.html"
    with stderr.status(Text("drawing the report")):
        return render(ledger.folder, folder)
