"""Writing a comparison of two runs: its page, its figure, its tables and its numbers."""

from __future__ import annotations

from pathlib import Path

from bench.report.compare import RunsCompared
from bench.report.comparison_json import comparison_json
from bench.report.files_beside import figure_files, settle_matplotlib, table_files
from bench.report.summary import summary_of_comparison
from bench.report.tables.run_comparison import comparison_tables
from bench.report.text.run_comparison import comparison_screen
from sprm.files.atomic_file import write_atomically


def write_comparison(compared: RunsCompared, reports: Path) -> Path:
    """Write a comparison into a folder of its own, over whatever an earlier one left, and return its page.

    The same two folders give the same bytes.

    Args:
        compared: the runs.
        reports: folder for reports.
    """
    folder = reports / f"compare-{compared.first.name}-{compared.second.name}"
    for name, content in _contents(compared).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / name, content)
    return folder / "index.html"


def _contents(compared: RunsCompared) -> dict[str, bytes]:
    """Make every file of a comparison, by its name in the folder."""
    settle_matplotlib()
    from bench.report.comparison_page import comparison_page
    from bench.report.figures.run_differences import run_differences

    screen, drawing, tables = comparison_screen(compared), run_differences(compared), comparison_tables(compared)
    drawings = [] if drawing is None else [drawing]
    return {
        "index.html": comparison_page(compared, screen, drawings, tables).encode(),
        "comparison.json": comparison_json(compared).encode(),
        "summary.json": summary_of_comparison(compared, screen).to_json(),
        **figure_files(drawings),
        **table_files(tables),
    }
