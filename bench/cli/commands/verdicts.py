"""`verdicts`: what became of each claim."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer
from rich.text import Text

from bench.cli.completeness import completeness
from bench.cli.exit_codes import LEFT_OPEN, OK, REFUTED
from bench.cli.locate import progress_of, run_of, state_claims
from bench.cli.terminal import stderr
from bench.cli.verdict_table import show_verdicts
from bench.report.analyse import analyse
from bench.report.claims_json import claims_json
from bench.trials.status import TrialStatus
from bench.verdicts.hypothesis import Decision
from sprm.errors import ResultsError


def verdicts(of: Path, overrides: Sequence[str], results: Path, as_json: bool) -> int:
    """Tell what became of each claim of a run."""
    run = run_of(of, overrides, results)
    protocol, ledger = run.protocol, run.ledger
    statuses = [trial.status for trial in progress_of(protocol, ledger)]
    if TrialStatus.done not in statuses:
        raise ResultsError(f"{ledger.folder}: no trial is done, so there is nothing to judge")
    state_claims(protocol, ledger.folder)
    with stderr.status(Text("judging the claims")):
        analysis = analyse(ledger.folder, protocol)
    if as_json:
        typer.echo(claims_json(analysis), nl=False)
    else:
        show_verdicts(analysis)
    if (code := completeness(statuses)) != OK:
        return code
    decisions = {verdict.decision for verdict in analysis.verdicts}
    if Decision.refuted in decisions:
        return REFUTED
    return OK if decisions <= {Decision.supported} else LEFT_OPEN
