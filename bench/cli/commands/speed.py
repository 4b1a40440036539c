"""`speed`: how fast this machine trains."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import typer
from rich.status import Status
from rich.text import Text

from bench.cli.exit_codes import OK
from bench.cli.locate import needed_plan, prepared
from bench.cli.speed_table import show
from bench.cli.terminal import console, stderr
from bench.protocol.load import load
from bench.speed.forecast import forecast
from bench.speed.measurement import measure
from bench.trials.execute import default_workers
from sprm.devices import check
from sprm.errors import ProtocolError


def speed(
    path: Path | None, overrides: Sequence[str], results: Path, workers: int | None, quick: bool, as_json: bool
) -> int:
    """Measure how fast this machine trains and, when a protocol is given, tell how long it will take."""
    if path is None and overrides:
        raise ProtocolError("--set needs a protocol file")
    made = None
    if path is not None:
        loaded = load(path, overrides)
        made = needed_plan(loaded, prepared(loaded.protocol, verify=True), results)
        check(made.protocol.device)
    with stderr.status(Text("measuring")) as status:
        measured = measure(quick=quick, tell=lambda what: _note(status, what))
        expected = None
        if made is not None:
            _note(status, f"training steps on the corpus of {made.protocol.name}")
            expected = forecast(made, workers or default_workers(made.protocol.device), measured)
    if as_json:
        of_protocol = {} if expected is None else {"protocol": expected.model_dump(mode="json")}
        typer.echo(json.dumps({**measured.model_dump(mode="json"), **of_protocol}))
    else:
        show(measured, expected, console())
    return OK


def _note(status: Status, what: str) -> None:
    """Show what is at work, where a person looks on; say it in a line anywhere else."""
    if stderr.is_terminal:
        status.update(Text(what))
    else:
        stderr.print(what)
