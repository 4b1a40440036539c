"""`merge`: join the results of several machines into a new run folder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import typer
from rich.text import Text

from bench.cli.exit_codes import OK, WRONG_USE
from bench.cli.merge_table import merge_as_json, show_refusal, summary
from bench.cli.terminal import stderr
from bench.store.provenance import package_version
from bench.store.set_aside import exists
from bench.trials.merging.allowance import Allowance
from bench.trials.merging.part import read_part
from bench.trials.merging.settle import Settlement, settle
from bench.trials.merging.write import write_merged
from bench.trials.plan import run_folder
from sprm.errors import ProtocolError, ResultsError
from sprm.files.paths import absence


def merge(
    folders: Sequence[Path], output: Path, keep: Sequence[Path], allowed: Sequence[Allowance], as_json: bool
) -> int:
    """Merge runs, or tell what stands against it.

    Args:
        folders: of the runs.
        output: of the merged run.
        keep: those of the folders whose results and settings are kept where others differ.
        allowed: what the runs need not have in common.
        as_json: whether to print the outcome as JSON.
    """
    places = _places(folders, output)
    chosen = [_named(each, places) for each in keep]
    with stderr.status(Text("reading the runs")):
        parts = {place: read_part(folder) for place, folder in places.items()}
        settlement = settle(list(parts.values()), [parts[each] for each in chosen], allowed)
    refused = _is_refused(settlement, bool(keep), allowed)
    lacking = 0
    if not refused:
        with stderr.status(Text("writing the merged run")):
            lacking = write_merged(settlement, output)
    for line in settlement.left_out:
        stderr.print(Text(f"left out: {line}"), soft_wrap=True)
    if lacking:
        lists = f"{lacking:,} of {len(settlement.subsets):,} lists of subset images"
        hint = f"left out: {lists}, because no run has them unchanged; `subsets` writes them again"
        stderr.print(Text(hint), soft_wrap=True)
    proper = run_folder(settlement.protocol, settlement.corpus, output.parent)
    if as_json:
        typer.echo(json.dumps(merge_as_json(settlement, None if refused else output, proper)))
    elif refused:
        show_refusal(settlement, allowed, chosen=bool(keep))
    else:
        for line in summary(settlement):
            stderr.print(Text(line), soft_wrap=True)
        if proper.name != output.name and settlement.package == package_version():
            hint = f"`run` with its protocol continues in {proper} and reuses the results in folders beside it."
            stderr.print(Text(hint), soft_wrap=True)
        typer.echo(output)
    return WRONG_USE if refused else OK


def _places(folders: Sequence[Path], output: Path) -> dict[Path, Path]:
    """Return the folders as they were given, by where they really are."""
    for folder in folders:
        if not folder.is_dir():
            raise ResultsError(f"{folder}: {absence(folder, folder=True)}")
    places = {folder.resolve(): folder for folder in folders}
    if len(places) < 2:
        raise ProtocolError("RUN: expected at least two different run folders")
    if exists(output) and (not output.is_dir() or any(output.iterdir())):
        raise ProtocolError(f"--output: {output} already exists; expected a new folder")
    return places


def _named(folder: Path, places: dict[Path, Path]) -> Path:
    if folder.resolve() not in places:
        among = ", ".join(map(str, places.values()))
        raise ProtocolError(f"--keep: {folder} is not one of the runs; expected one of {among}")
    return folder.resolve()


def _is_refused(settlement: Settlement, chosen: bool, allowed: Sequence[Allowance]) -> bool:
    forbidden = [each for each in settlement.foreign if each not in allowed]
    return bool(settlement.open or forbidden or (settlement.settings and not chosen))
