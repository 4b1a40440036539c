"""`plan --power`: what a protocol's seeds and test images can show of its claims."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import typer

from bench.cli.exit_codes import OK
from bench.cli.locate import already_built, load_with_data
from bench.cli.verdict_table import power_as_json, show_power
from bench.protocol.load import load
from bench.protocol.schema import Protocol
from bench.stats import VarianceComponents
from bench.trials.plan import run_folder
from bench.verdicts.planned_power import power_from_pilot, power_from_spread
from sprm.corpus.dataset import Dataset
from sprm.errors import ProtocolError, ResultsError


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
    if spread is not None and not all(0 <= deviation <= 1 for deviation in spread):
        given = " ".join(map(str, spread))
        raise ProtocolError(f"--sd: expected three numbers in [0, 1], where 0.01 is one point, found {given}")
    loaded = load(path, overrides)
    protocol = loaded.protocol
    if images is None or (pilot is None and spread is None):
        dataset = load_with_data(loaded, already_built(loaded))
        images = images or len(dataset.test.images)
        if spread is None:
            pilot = pilot or _own_pilot(protocol, dataset, results)
    if spread is not None:
        study = power_from_spread(protocol, VarianceComponents(*spread), images)
    else:
        assert pilot is not None
        study = power_from_pilot(protocol, pilot, images)
    if as_json:
        typer.echo(json.dumps(power_as_json(study)))
    else:
        show_power(study, protocol)
    return OK


def _own_pilot(protocol: Protocol, dataset: Dataset, results: Path) -> Path:
    folder = run_folder(protocol, dataset.fingerprint, results)
    if not (folder / "protocol.yaml").is_file():
        raise ResultsError(
            f"{folder}: no trial of this protocol has run, so its variance is unknown; estimate it from an earlier run "
            "with --pilot RUN, or state it with --sd SEED IMAGE INTERACTION"
        )
    return folder
