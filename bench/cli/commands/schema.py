"""`schema`: what a protocol file may say."""

from __future__ import annotations

import json

import typer

from bench.cli.exit_codes import OK
from bench.protocol.schema import Protocol


def schema() -> int:
    """Print the JSON schema of a protocol."""
    typer.echo(json.dumps(Protocol.model_json_schema(), indent=2))
    return OK
