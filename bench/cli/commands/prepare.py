"""`prepare`: build the corpus."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import typer
from rich.text import Text

from bench.cli.exit_codes import OK
from bench.cli.locate import prepared
from bench.cli.tables import reading, reading_as_json
from bench.cli.terminal import stderr
from bench.protocol.load import load
from sprm.corpus.dataset import open_dataset


def prepare(path: Path, overrides: Sequence[str], workers: int | None, as_json: bool) -> int:
    """Build a protocol's corpus, say what is odd about it, and print the folder it lies in."""
    dataset = open_dataset(prepared(load(path, overrides).protocol, workers, verify=True), verify=False)
    for line in reading(dataset):
        stderr.print(Text(line), soft_wrap=True)
    if as_json:
        typer.echo(json.dumps(reading_as_json(dataset)))
    else:
        typer.echo(dataset.folder)
    return OK
