"""`validate`: every mistake in protocol files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer

from bench.cli.exit_codes import OK, WRONG_USE
from bench.protocol.load import load
from sprm.errors import ProtocolError


def validate(paths: Sequence[Path], overrides: Sequence[str]) -> int:
    """Check protocol files; valid ones are named on stdout, the mistakes of the others on stderr."""
    code = OK
    for path in paths:
        try:
            load(path, overrides)
        except ProtocolError as error:
            typer.echo(str(error), err=True)
            code = WRONG_USE
        else:
            typer.echo(f"{path}: valid")
    return code
