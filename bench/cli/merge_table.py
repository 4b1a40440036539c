"""What was merged, or what stands against merging, for people and as plain values for machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from rich.text import Text

from bench.cli.tables import plain_table
from bench.cli.terminal import console
from bench.store.records import TrialKey
from bench.text.numbers import percent
from bench.trials.merging.allowance import Allowance
from bench.trials.merging.settle import Candidate, Conflict, Settlement, code_of
from bench.trials.status import keys_of
from sprm.errors import one_line

ASKED = {
    Allowance.other_corpus: "are on another corpus",
    Allowance.other_code: "come from other code",
}


def summary(settlement: Settlement) -> Iterator[str]:
    """Say in a line each what was taken from where, and what was decided."""
    counts = Counter(candidate.part for candidate in settlement.taken.values())
    for part in settlement.parts:
        yield f"{part.folder}: {_results(counts[part])} taken of {len(part.records)}"
    if settlement.alike:
        yield f"{_results(settlement.alike)} in more than one run, with the same outcomes"
    for conflict in settlement.chosen:
        kept, *dropped = (str(candidate.part.folder) for candidate in conflict.candidates)
        yield f"{conflict.key}: kept the result of {kept}, not that of {', '.join(dropped)}"
    for line in settlement.settings:
        yield f"settings not kept: {line}"
    for allowance, candidates in settlement.foreign.items():
        yield f"{_results(len(candidates))} {ASKED[allowance]}, as allowed; reports say so"
    yield f"{len(settlement.taken)} of {len(keys_of(settlement.protocol))} trials done"


def show_refusal(settlement: Settlement, allowed: Collection[Allowance], *, chosen: bool) -> None:
    """Print everything that stands against merging, and what decides it."""
    out = console()
    if settlement.settings and not chosen:
        out.print("The settings of the runs differ:")
        for line in settlement.settings:
            out.print(Text(f"  {line}"), soft_wrap=True)
        out.print("--keep RUN chooses the settings to keep; results made with others are left out.\n", soft_wrap=True)
    for allowance, candidates in settlement.foreign.items():
        if allowance not in allowed:
            out.print(Text(f"{_results(len(candidates))} {ASKED[allowance]}:"))
            for line, number in Counter(_foreign(allowance, each) for each in candidates).items():
                out.print(Text(f"  {line}: {_results(number)}"), soft_wrap=True)
            out.print(f"--allow {allowance} merges them and marks them in reports.\n", soft_wrap=True)
    if settlement.open:
        _show_conflicts(settlement.open)
        out.print("\n--keep RUN chooses the results to keep.\n", soft_wrap=True)
    out.print("Nothing was written.")


def merge_as_json(settlement: Settlement, run: Path | None, proper: Path) -> dict[str, Any]:
    """Return what was merged, or stands against it, as plain values; `run` is None when nothing was written."""
    counts = Counter(candidate.part for candidate in settlement.taken.values())
    return {
        "run": None if run is None else str(run),
        "run_of_protocol": str(proper),
        "trials": {"done": len(settlement.taken), "planned": len(keys_of(settlement.protocol))},
        "from": [
            {"run": str(part.folder), "results": len(part.records), "taken": counts[part]} for part in settlement.parts
        ],
        "alike": settlement.alike,
        "conflicts": [_conflict(each) for each in settlement.open],
        "decided": [_conflict(each) for each in settlement.chosen],
        "other_settings": list(settlement.settings),
        **{
            allowance.replace("-", "_"): [_candidate(each) for each in settlement.foreign.get(allowance, ())]
            for allowance in Allowance
        },
        "left_out": list(settlement.left_out),
    }


def _show_conflicts(conflicts: Collection[Conflict]) -> None:
    out = console()
    out.print(f"{'1 trial has' if len(conflicts) == 1 else f'{len(conflicts):,} trials have'} different results:")
    columns = ("trial", "run", "accuracy", "items", "code", "machine", "libraries", "finished")
    table = plain_table(columns, numeric=("accuracy",), folded=("run", "code", "machine", "libraries"))
    for conflict in conflicts:
        for number, candidate in enumerate(conflict.candidates):
            table.add_row("" if number else str(conflict.key), *_provenance(candidate, conflict))
    out.print(table)


def _provenance(candidate: Candidate, conflict: Conflict) -> Iterator[str]:
    record, made = candidate.record, candidate.record.provenance
    others = [each.record.provenance.libraries for each in conflict.candidates]
    # Those that are the same everywhere explain nothing.
    differ = [name for name in made.libraries if len({libraries.get(name) for libraries in others}) > 1]
    yield str(candidate.part.folder)
    yield percent(record.accuracy)
    yield record.items_sha256[:12]
    yield code_of(record)
    yield one_line(f"{made.processor}, {made.processors} CPUs, {made.platform}")
    yield one_line(", ".join(f"{name} {made.libraries[name]}" for name in differ)) or "the same"
    yield f"{record.finished_at:%Y-%m-%d %H:%M}"


def _conflict(conflict: Conflict) -> dict[str, Any]:
    return {**_key(conflict.key), "results": [_candidate(each) for each in conflict.candidates]}


def _candidate(candidate: Candidate) -> dict[str, Any]:
    record = candidate.record
    return {
        "run": str(candidate.part.folder),
        **_key(record.key),
        "fingerprint": record.fingerprint,
        "accuracy": record.accuracy,
        "phrases_sha256": record.phrases_sha256,
        "items_sha256": record.items_sha256,
        "corpus": record.inputs.get("corpus"),
        "finished_at": record.finished_at.isoformat(),
        "provenance": record.provenance.model_dump(mode="json"),
    }


def _key(key: TrialKey) -> dict[str, Any]:
    return {"system": key.system, "fraction": key.fraction, "seed": key.seed}


def _foreign(allowance: Allowance, candidate: Candidate) -> str:
    if allowance is Allowance.other_code:
        return f"{candidate.part.folder}: {code_of(candidate.record)}"
    return f"{candidate.part.folder}: corpus {one_line(str(candidate.record.inputs.get('corpus'))[:16])}"


def _results(number: int) -> str:
    return "1 result" if number == 1 else f"{number:,} results"
