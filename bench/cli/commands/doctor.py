"""`doctor`: which files a protocol needs, and which of them are missing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import typer

from bench.cli.doctor_table import diagnosis_as_json, show_diagnosis
from bench.cli.exit_codes import OK, WRONG_USE
from bench.cli.progress import PreparationDisplay
from bench.cli.terminal import console, stderr
from bench.doctor.diagnosis import diagnose
from bench.protocol.load import load
from sprm.files.cache import cache_folder


def doctor(path: Path, overrides: Sequence[str], as_json: bool) -> int:
    """Tell what a protocol needs and what of it is missing."""
    with PreparationDisplay(stderr) as display:
        diagnosis = diagnose(load(path, overrides).protocol, cache_folder(), progress=display)
    if as_json:
        typer.echo(json.dumps(diagnosis_as_json(diagnosis), default=str))
    else:
        show_diagnosis(diagnosis, console())
    return OK if diagnosis.is_ready else WRONG_USE
