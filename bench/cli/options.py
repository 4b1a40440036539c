"""Arguments and options that several commands take."""

from __future__ import annotations

from enum import StrEnum
from math import inf
from pathlib import Path
from typing import Annotated

import typer

from sprm.errors import SprmError
from sprm.files.paths import expanded


def to_path(text: str) -> Path:
    """Read a path as it is meant: `~` is the home folder, and `.` and `..`, which name nothing, what they stand for."""
    if not text:
        raise typer.BadParameter("expected a path, found an empty string")
    try:
        path = expanded(text)
    except SprmError as error:
        raise typer.BadParameter(str(error)) from error
    return path.resolve() if path.name in ("", "..") else path


def to_minutes(text: str | float) -> float:
    """Read a time in minutes, above 0."""
    try:
        minutes = float(text)
    except ValueError:
        minutes = 0.0
    if not 0 < minutes < inf:
        raise typer.BadParameter(f"expected minutes, above 0, found {text!r}")
    return minutes


ProtocolPath = Annotated[Path, typer.Argument(metavar="PROTOCOL", help="A protocol file.", parser=to_path)]
ProtocolOrRun = Annotated[
    Path,
    typer.Argument(
        metavar="PROTOCOL|RUN", help="A protocol file, or a run folder inside the results folder.", parser=to_path
    ),
]
Overrides = Annotated[
    list[str],
    typer.Option("--set", metavar="KEY=VALUE", help="Override a protocol value by its dotted key; repeatable."),
]
Plugins = Annotated[
    list[Path],
    typer.Option(
        "--plugin",
        metavar="FILE",
        help="Load a Python file that adds systems, sources, strata, metrics or claims; repeatable.",
        parser=to_path,
    ),
]
Results = Annotated[Path, typer.Option(metavar="DIR", help="Folder for results.", parser=to_path)]
Reports = Annotated[Path, typer.Option(metavar="DIR", help="Folder for reports.", parser=to_path)]
Workers = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="Parallel trials (default: one for each CPU, GPU or worker of the cluster)."),
]
Readers = Annotated[
    int | None,
    typer.Option("--workers", min=1, metavar="N", help="Processes that read files (default: all CPUs)."),
]


class Until(StrEnum):
    """When `run` may stop before all trials are done."""

    decided = "decided"


class Split(StrEnum):
    """A split of a corpus."""

    train = "train"
    val = "val"
    test = "test"


AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
