"""What was checked of a plug-in, as a table for a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from bench.cli.tables import plain_table
from bench.conformance.finding import Finding, Result

_ABOUT = "what has to be so, and what was found"
_STYLES = {Result.passed: "green", Result.failed: "bold red", Result.skipped: "dim"}


def show_findings(findings: Sequence[Finding], console: Console) -> None:
    """Print a row a check: whether it passed and, where there is something to say, what."""
    table = plain_table(("check", "result", _ABOUT), numeric=(), folded=(_ABOUT,))
    for each in findings:
        about = Text(each.about)
        if each.why:
            about.append(f"\n{each.why}", style=_STYLES[each.result])
        table.add_row(each.check, Text(each.result, style=_STYLES[each.result]), about)
    console.print(table)


def findings_as_json(kind: str, findings: Sequence[Finding]) -> dict[str, Any]:
    """Return the findings as they are printed for a machine."""
    return {"kind": kind, "checks": [vars(each) for each in findings]}
