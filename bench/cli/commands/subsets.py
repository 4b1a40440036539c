"""`subsets`: write or check the lists of training images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer

from bench.cli.exit_codes import OK
from bench.cli.locate import load_with_data, prepared
from bench.cli.tables import show_subsets
from bench.protocol.load import load
from bench.subsets.draw import differences, draw
from bench.subsets.draw import write as write_subsets
from bench.trials.plan import run_folder
from sprm.errors import ResultsError


def subsets(path: Path, overrides: Sequence[str], results: Path, verify: bool, as_json: bool) -> int:
    """Write a protocol's id lists, or compare those on disk with what the protocol selects."""
    loaded = load(path, overrides)
    protocol, dataset = loaded.protocol, load_with_data(loaded, prepared(loaded.protocol))
    run = run_folder(protocol, dataset.fingerprint, results)
    drawn = draw(protocol, dataset.train)
    if verify:
        if sentences := differences(drawn, run):
            raise ResultsError("\n  ".join(["the subsets on disk differ from those of the protocol:", *sentences]))
    else:
        write_subsets(drawn, run)
    if as_json:
        typer.echo(drawn.index.model_dump_json())
    else:
        show_subsets(drawn.index, run / "subsets")
    return OK
