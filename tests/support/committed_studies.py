"""The studies that are committed with their results; each is analysed once in a process."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from bench.report.analyse import analyse

STUDIES = sorted((Path(__file__).parents[2] / "results" / "studies").iterdir())
"""Their run folders."""
analysed = cache(analyse)
"""Returns the analysis of one of them."""
