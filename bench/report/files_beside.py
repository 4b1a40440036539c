"""The files of figures and tables that stand beside a page."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from sprm.errors import DataError
from sprm.files.cache import cache_folder

if TYPE_CHECKING:
    from bench.report.figures.canvas import Drawing
    from bench.report.tables.table import Table


def settle_matplotlib() -> None:
    """Let matplotlib keep what it caches where we do; else it writes to the home folder, which need not be there.

    It has to be called before matplotlib is imported.
    """
    with suppress(DataError):
        os.environ.setdefault("MPLCONFIGDIR", str(cache_folder() / "matplotlib"))


def figure_files(drawings: Sequence[Drawing]) -> dict[str, bytes]:
    """Return the files of figures by their names: as they are drawn, as pixels, and their numbers."""
    files = {}
    for figure in drawings:
        files[f"figures/{figure.name}.svg"] = figure.svg
        files[f"figures/{figure.name}.png"] = figure.png
        files[f"figures/{figure.name}.csv"] = figure.csv().encode()
    return files


def table_files(tables: Sequence[Table]) -> dict[str, bytes]:
    """Return the files of tables by their names: for programs, for LaTeX, and a document of all."""
    from bench.report.tables.latex import latex_document, latex_table

    files = {}
    for table in tables:
        files[f"tables/{table.name}.csv"] = table.csv().encode()
        files[f"tables/{table.name}.tex"] = latex_table(table).encode()
    files["tables/all.tex"] = latex_document(tables).encode()
    return files
