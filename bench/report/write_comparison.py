"""Writing a comparison of two runs: its page, its tables and its numbers."""

from __future__ import annotations

from pathlib import Path

from bench.report.compare import RunsCompared
from bench.report.comparison_json import comparison_json
from bench.report.comparison_page import comparison_page
from bench.report.tables.latex import latex_table
from bench.report.tables.run_comparison import comparison_tables
from sprm.files.atomic_file import write_atomically


def write_comparison(compared: RunsCompared, reports: Path) -> Path:
    """Write a comparison into a folder of its own, over whatever an earlier one left, and return its page.

    The same two folders give the same bytes.

    Args:
        compared: the runs.
        reports: folder for reports.
    """
    folder = reports / f"compare-{compared.first.name}-{compared.second.name}"
    tables = comparison_tables(compared)
    files = {"comparison.json": comparison_json(compared)}
    for table in tables:
        files[f"tables/{table.name}.csv"], files[f"tables/{table.name}.tex"] = table.csv(), latex_table(table)
    files["index.html"] = comparison_page(compared, tables)
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / name, content.encode())
    return folder / "index.html"
