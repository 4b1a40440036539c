"""The report of a run: a page, the same in Markdown, figures, tables, and the decisions for machines.

Imports nothing heavy until something is drawn, so that asking whether a report is current costs nothing.
"""

from bench.report.currency import is_current
from bench.report.rendering import render

__all__ = ["is_current", "render"]
