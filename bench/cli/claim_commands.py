"""What the commands about claims do: tell what became of them, and what a plan can show of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import typer
from rich.text import Text

from bench.cli import verdict_table as claim_listing
from bench.cli.exit_codes import LEFT_OPEN, OK, REFUTED
from bench.cli.locate import already_built, completeness, load_with_data, run_of, state_claims
from bench.cli.terminal import stderr
from bench.protocol.load import read
from bench.protocol.schema import Protocol
from bench.report.analyse import analyse
from bench.report.claims_json import claims_json
from bench.stats import VarianceComponents
from bench.trials.plan import run_folder
from bench.trials.status import State, standings
from bench.verdicts import planned_power as planned
from bench.verdicts.hypothesis import Decision
from sprm.corpus.dataset import Dataset
from sprm.errors import ProtocolError, ResultsError


def verdicts(of: Path, overrides: Sequence[str], results: Path, as_json: bool) -> int:
    """Tell what became of each claim of a run."""
    run = run_of(of, overrides, results)
    protocol, ledger = run.protocol, run.ledger
    states = [one.state for one in standings(protocol, ledger)]
    if State.done not in states:
        raise ResultsError(f"{ledger.folder}: no trial is done, so there is nothing to judge")
    state_claims(protocol, ledger.folder)
    with stderr.status(Text("judging the claims")):
        found = analyse(ledger.folder, protocol.claims)
    if as_json:
        typer.echo(claims_json(found), nl=False)
    else:
        claim_listing.show_verdicts(found)
    if (code := completeness(states)) != OK:
        return code
    decisions = {one.decision for one in found.verdicts}
    if Decision.refuted in decisions:
        return REFUTED
    return OK if decisions <= {Decision.supported} else LEFT_OPEN


def power(
    path: Path,
    overrides: Sequence[str],
    results: Path,
    pilot: Path | None,
    spread: tuple[float, float, float] | None,
    images: int | None,
    as_json: bool,
) -> int:
    """Tell what a protocol's seeds and test images can show of its claims."""
    if pilot is not None and spread is not None:
        raise ProtocolError("--pilot and --sd both set the standard deviations; give only one")
    if spread is not None and not all(0 <= one <= 1 for one in spread):
        given = " ".join(map(str, spread))
        raise ProtocolError(f"--sd: expected three numbers in [0, 1], where 0.01 is one point, found {given}")
    loaded = read(path, overrides)
    protocol = loaded.protocol
    if images is None or (pilot is None and spread is None):
        dataset = load_with_data(loaded, already_built(loaded))
        images = images or len(dataset.test.images)
        if spread is None:
            pilot = pilot or _own_pilot(protocol, dataset, results)
    if spread is not None:
        found = planned.power_from_spread(protocol, VarianceComponents(*spread), images)
    else:
        assert pilot is not None
        found = planned.power_from_pilot(protocol, pilot, images)
    if as_json:
        typer.echo(json.dumps(claim_listing.power_as_json(found)))
    else:
        claim_listing.show_power(found, protocol)
    return OK


def _own_pilot(protocol: Protocol, dataset: Dataset, results: Path) -> Path:
    folder = run_folder(protocol, dataset.fingerprint, results)
    if not (folder / "protocol.yaml").is_file():
        raise ResultsError(
            f"{folder}: no trial of this protocol has run, so its variance is not known; --pilot RUN estimates it from "
            "an earlier run, --sd SEED IMAGE INTERACTION states it"
        )
    return folder
