"""`check-plugin`: whether a kind of system, a stratifier or a metric does what it has to."""

from __future__ import annotations

import json
from collections.abc import Sequence

import typer

from bench.cli.conformance_table import findings_as_json, show_findings
from bench.cli.exit_codes import OK, SOME_FAILED
from bench.cli.progress import PreparationDisplay
from bench.cli.terminal import console, stderr
from bench.conformance.check import check
from bench.conformance.finding import Result
from sprm.files.cache import cache_folder


def check_plugin(kind: str, overrides: Sequence[str], as_json: bool) -> int:
    """Check a plug-in on a small corpus, and print a row a check."""
    with PreparationDisplay(stderr) as display:
        findings = list(check(kind, overrides, cache_folder(), display))
    if as_json:
        typer.echo(json.dumps(findings_as_json(kind, findings)))
    else:
        show_findings(findings, console())
    return SOME_FAILED if any(each.result is Result.failed for each in findings) else OK
