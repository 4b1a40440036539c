"""Answers of the commands as tables for people and as plain values for machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import typer
from rich.table import Table
from rich.text import Text

from bench.cli.terminal import console
from bench.store.ledger import Ledger
from bench.store.records import TrialKey
from bench.subsets.draw import SubsetIndex
from bench.text.durations import estimated, spoken
from bench.trials.cost import Basis
from bench.trials.plan import Plan, PlannedTrial
from bench.trials.status import NO_TRIAL, TrialProgress, TrialStatus, shown_statuses
from sprm.corpus.corpus import by_reason
from sprm.corpus.coverage import scarcities
from sprm.corpus.dataset import Dataset
from sprm.corpus.doubts import doubts
from sprm.corpus.plausibility import THINNEST, Plausibility

LONG = 1_000
"""Rows beyond which a table is written without colours."""
_NUMERIC = ("seed", "images", "sentences", *TrialStatus)
_COLOURS = {
    TrialStatus.done: "green",
    TrialStatus.stale: "yellow",
    TrialStatus.missing: "",
    TrialStatus.failed: "bold red",
    TrialStatus.running: "blue",
    TrialStatus.not_needed: "cyan",
}


def show_plan(
    plan: Plan, seconds: dict[TrialKey, float], left: float | None, workers: int, basis: Basis | None
) -> None:
    """List every trial with its status, time and the reason why it has to run; `basis` says what times rest on."""
    columns = ("system", "fraction", "seed", "images", "status", "time", "why")
    rows = [_row(planned, seconds) for planned in plan.trials]
    out = console()
    if len(rows) > LONG:
        typer.echo(_plain_lines(columns, rows))
    else:
        table = _table(*columns)
        for row in rows:
            *before, status, time, why = row
            table.add_row(*before, Text(status, style=_COLOURS[TrialStatus(status)]), time, why)
        out.print(table)
    statuses = [planned.progress.status for planned in plan.trials]
    out.print(f"\n{plan.ledger.folder}: {counted(statuses)}", soft_wrap=True)
    if unneeded := statuses.count(TrialStatus.not_needed):
        which = "1 trial is" if unneeded == 1 else f"{unneeded:,} trials are"
        out.print(f"{which} not needed; `run` without `--until decided` would still run them.", soft_wrap=True)
    if plan.left:
        time = "unknown until the first training has finished" if left is None else estimated(left)
        source = "" if basis is None else f" (estimated from {basis})"
        out.print(f"Time left with {workers} in parallel: {time}{source}", soft_wrap=True)


def _row(planned: PlannedTrial, seconds: Mapping[TrialKey, float]) -> tuple[str, ...]:
    key, progress = planned.trial.key, planned.progress
    images = "" if planned.trial.images is None else f"{len(planned.trial.images):,}"
    time = spoken(seconds[key]) if key in seconds else "unknown"
    return key.system, key.fraction, str(key.seed), images, progress.status.value, time, progress.why


def _plain_lines(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write a table without colours, each row on a line: drawing one takes rich a millisecond a row."""
    widths = [max(map(len, cells)) for cells in zip(columns, *rows, strict=True)]
    right = [column in _NUMERIC for column in columns]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if to_the_right else cell.ljust(width)
            for cell, width, to_the_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in (columns, *rows)
    )


def plan_as_json(plan: Plan, seconds: dict[TrialKey, float], left: float | None, basis: Basis | None) -> dict[str, Any]:
    """Return a plan as plain values; `seconds` is None where it is not known, `estimated_from` where nothing tells."""
    trials = [
        {
            **_plain(planned.progress),
            "fingerprint": planned.trial.fingerprint,
            "seconds": seconds.get(planned.trial.key),
        }
        for planned in plan.trials
    ]
    return {"run": str(plan.ledger.folder), "trials": trials, "seconds_left": left, "estimated_from": basis}


def show_status(ledger: Ledger, trials: Sequence[TrialProgress], others: Sequence[Path]) -> None:
    """Count the trials of each system and fraction by status, and tell why some failed and which are not counted."""
    shown = shown_statuses({trial.status for trial in trials})
    table = _table("system", "fraction", *shown)
    cells: dict[tuple[str, str], list[TrialStatus]] = {}
    for trial in trials:
        cells.setdefault((trial.key.system, trial.key.fraction), []).append(trial.status)
    for (system, fraction), statuses in cells.items():
        counts = Counter(statuses)
        numbers = [Text(str(counts[status] or "·"), style=_COLOURS[status]) for status in shown]
        table.add_row(system, fraction, *numbers)
    out = console()
    out.print(table)
    out.print(f"\n{ledger.folder}: {counted(trial.status for trial in trials)}", soft_wrap=True)
    for trial in trials:
        if trial.status in (TrialStatus.failed, TrialStatus.stale, TrialStatus.running):
            out.print(f"{trial.key}: {trial.status}, {trial.why}", soft_wrap=True)
    for folder in others:
        out.print(f"{folder}: not counted, {NO_TRIAL}", soft_wrap=True)


def status_as_json(ledger: Ledger, trials: Sequence[TrialProgress], others: Sequence[Path]) -> dict[str, Any]:
    """Return how far a run is as plain values."""
    counts = Counter(trial.status for trial in trials)
    return {
        "run": str(ledger.folder),
        "counts": {status.value: counts[status] for status in shown_statuses(counts.keys())},
        "trials": [_plain(trial) for trial in trials],
        "not_counted": [str(folder) for folder in others],
    }


def show_subsets(index: SubsetIndex, folder: Path) -> None:
    """List the subsets of a run, and the folder of their id lists."""
    table = _table("seed", "fraction", "images", "sentences", "sha256")
    for subset in index.subsets:
        sizes = (f"{subset.images:,}", f"{subset.sentences:,}")
        table.add_row(str(subset.seed), subset.fraction, *sizes, subset.sha256[:16])
    out = console()
    out.print(table)
    out.print(f"\n{folder}", soft_wrap=True)


def reading(dataset: Dataset) -> Iterator[str]:
    """Say in a line each what was read and passed over, which words have no vector, and how plausible boxes are."""
    for corpus in (dataset.train, dataset.val, dataset.test):
        info = corpus.info
        name, counts = info.origin.split, info.counts
        yield (
            f"{name}: {counts.images:,} images, {counts.sentences:,} sentences, {counts.phrases:,} phrases, "
            f"{counts.regions:,} regions"
        )
        yield from (f"{name}: {difference}" for difference in info.differences)
        for reason, ids in by_reason(info.left_out).items():
            images = "1 image" if len(ids) == 1 else f"{len(ids):,} images"
            more = f" and {len(ids) - 10:,} more" if len(ids) > 10 else ""
            yield f"{name}: {images} left out, missing {reason}: {', '.join(ids[:10])}{more}"
        yield from (f"{name}: {warning.wording}: {warning.count:,}" for warning in info.warnings)
    for kind, coverage in dataset.coverage:
        known, unknown = coverage.total, ", ".join(f"{word.word} ({word.count:,})" for word in coverage.unknown[:10])
        yield (
            f"{kind}: {100 * (known.share or 0):.1f} % of the words have a vector, {known.blind:,} of {known.texts:,} "
            "texts have no known word" + (f"; most frequent unknown words: {unknown}" if unknown else "")
        )
    yield from (f"warning: {scarcity}" for scarcity in scarcities(dataset.coverage))
    yield from _plausible(dataset.plausibility)


def _plausible(plausibility: Plausibility) -> Iterator[str]:
    for name, split in plausibility.splits.items():
        bounds = (
            ""
            if split.upper_bound is None or split.chance is None
            else f"; {_percent(split.upper_bound)} of the phrases have a matching box, chance {_percent(split.chance)}"
        )
        yield (
            f"plausibility, {name}: {split.regions_an_image:.1f} boxes per image, {_percent(split.thin)} of them "
            f"under {THINNEST} pixels, {_percent(split.without_area)} without area, "
            f"{_percent(split.outside)} extending outside the image{bounds}"
        )
    known = "" if plausibility.vocabulary is None else f" of {plausibility.vocabulary:,} in the vocabulary"
    yield f"plausibility: {plausibility.classes:,} object classes occur{known}"
    yield from (f"implausible, {line}" for line in doubts(plausibility))


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def reading_as_json(dataset: Dataset) -> dict[str, Any]:
    """Return what was read as plain values."""
    splits = {split.info.origin.split: split.info for split in (dataset.train, dataset.val, dataset.test)}
    return {
        "folder": str(dataset.folder),
        "fingerprint": dataset.fingerprint,
        "splits": {name: info.model_dump(mode="json") for name, info in splits.items()},
        "coverage": dataset.coverage.model_dump(mode="json"),
        "plausibility": dataset.plausibility.model_dump(mode="json"),
        "implausible": doubts(dataset.plausibility),
    }


def counted(statuses: Iterable[TrialStatus]) -> str:
    """Return `45 of 63 trials done, 1 failed, 17 missing`."""
    counts = Counter(statuses)
    rest = [f"{counts[status]} {status}" for status in TrialStatus if counts[status] and status is not TrialStatus.done]
    return ", ".join([f"{counts[TrialStatus.done]} of {counts.total()} trials done", *rest])


def _plain(progress: TrialProgress) -> dict[str, Any]:
    key = progress.key
    return {
        "system": key.system,
        "fraction": key.fraction,
        "seed": key.seed,
        "status": progress.status.value,
        "why": progress.why,
    }


def _table(*columns: str) -> Table:
    return plain_table(columns, numeric=_NUMERIC, folded=("why",))


def plain_table(columns: Sequence[str], *, numeric: Collection[str], folded: Collection[str]) -> Table:
    """Return an empty table without lines.

    Args:
        columns: their titles.
        numeric: those whose cells stand to the right.
        folded: those whose cells may take several lines.
    """
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in numeric else "left", no_wrap=column not in folded)
    return table
