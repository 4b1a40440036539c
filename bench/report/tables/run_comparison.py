"""A comparison of two runs as tables."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from math import nan
from typing import Any

import pandas as pd

from bench.analysis.run_differences import Difference
from bench.analysis.run_pairing import Cell
from bench.report.compare import RunsCompared
from bench.report.tables.claims import carrying
from bench.report.tables.columns import difference_cells, estimate_cell, estimate_fields
from bench.report.tables.comparisons import COLUMNS, FIXED_TESTED, TESTED
from bench.report.tables.table import Table
from bench.text.numbers import NONE, hypotheses, p_statement, probability
from bench.verdicts.changes import VerdictChange
from bench.verdicts.hypothesis import Decision
from bench.verdicts.verdict import Verdict
from sprm.errors import one_line

BOTH = ("First run", "Second run")
SHA256 = re.compile(r"\b([0-9a-f]{16})[0-9a-f]{24,48}\b")
"""A hash, of which sixteen digits are enough to tell it from others."""
LONGEST = 200
"""Characters of a value that a table shows."""


def comparison_tables(compared: RunsCompared) -> list[Table]:
    """Make the tables that have rows."""
    made = [
        _verdicts(compared.verdicts),
        _accuracy(compared.cells),
        _unpaired(compared.cells),
        _differences("settings", "Settings that differ; a dash where a run has none.", "Setting", compared.settings),
        _differences(
            "origins",
            "What the results were made from and with, where it differs; several values where one run has several.",
            "What",
            compared.origins,
        ),
    ]
    return [table for table in made if table.rows]


def _accuracy(cells: Sequence[Cell]) -> Table:
    size = sum(cell.is_hypothesis for cell in cells)
    tested = (*TESTED, *FIXED_TESTED) if size else ()
    return Table(
        name="accuracy",
        caption=(
            "Accuracy in percent, with its 95 % interval, over the trials that both runs have, and the difference, "
            "second run minus first, in points, paired by seed and image; where they share no trial, accuracy over all "
            "complete trials of each. Of a single trial, intervals are for that model on new images. Same: how many "
            f"shared trials have the same outcomes in both. {_tests(size)}"
        ),
        header=("System", "Fraction", "Same", *BOTH, *COLUMNS, *tested),
        rows=tuple(
            (*_cell(cell), *(_probabilities(cell) if size else ())) for cell in cells if cell.first or cell.second
        ),
        data=pd.DataFrame([_cell_fields(cell) for cell in cells]),
        words=2,
    )


def _tests(size: int) -> str:
    if not size:
        return "Nothing is tested: no shared trial differs in what it was made from or in its outcomes."
    return (
        "p: for new trainings on new images; p (models): for these trained models on new images, by sign-flip tests "
        f"over whole images; both also with Holm's correction over {hypotheses(size)}, the rows with trials that "
        "differ in what they were made from or in their outcomes."
    )


def _cell(cell: Cell) -> tuple[str, ...]:
    same = f"{cell.same} of {len(cell.seeds)}" if cell.seeds else NONE
    accuracies = (NONE if each is None else estimate_cell(each) for each in (cell.first, cell.second))
    ends = (NONE, NONE) if cell.difference is None else difference_cells(cell.difference)
    return (cell.system, cell.fraction, same, *accuracies, *ends)


def _probabilities(cell: Cell) -> tuple[str, ...]:
    p = nan if cell.difference is None else cell.difference.p
    return tuple(map(probability, (p, cell.p_adjusted, cell.p_fixed, cell.p_fixed_adjusted)))


def _cell_fields(cell: Cell) -> dict[str, Any]:
    estimates = {"first": cell.first, "second": cell.second, "difference": cell.difference}
    return {
        "system": cell.system,
        "fraction": cell.fraction,
        **{
            f"{name}_{field}": value
            for name, estimate in estimates.items()
            for field, value in ({} if estimate is None else estimate_fields(estimate)).items()
        },
        "p_adjusted": cell.p_adjusted,
        "p_fixed": cell.p_fixed,
        "p_fixed_adjusted": cell.p_fixed_adjusted,
        "paired": len(cell.seeds),
        "same": cell.same,
        "inputs": " ".join(cell.inputs),
    }


def _unpaired(cells: Sequence[Cell]) -> Table:
    fractions: dict[tuple[str, str], list[str]] = {}
    for cell in cells:
        for why in cell.unpaired:
            fractions.setdefault((cell.system, why), []).append(cell.fraction)
    rows = [(system, ", ".join(own), why) for (system, why), own in fractions.items()]
    header = ("System", "Fractions", "Why")
    return Table(
        name="unpaired",
        caption="Complete trials that are not compared, because the other run has no counterpart.",
        header=header,
        rows=tuple(rows),
        data=pd.DataFrame(rows, columns=[name.lower() for name in header]),
        words=3,
    )


def _verdicts(changes: Sequence[VerdictChange]) -> Table:
    return Table(
        name="verdicts",
        caption="Each claim in both runs: the verdict, and the estimate and adjusted p-value that decide it.",
        header=("Claim", *BOTH, "What changed"),
        rows=tuple(
            (change.name, _verdict(change.first), _verdict(change.second), what_changed(change)) for change in changes
        ),
        data=pd.DataFrame([_verdict_fields(change) for change in changes]),
        words=4,
    )


def _verdict(verdict: Verdict | None) -> str:
    if verdict is None:
        return NONE
    test, quantity = verdict.deciding, verdict.claim.quantity
    if test is None or quantity is None or verdict.decision is Decision.not_testable:
        return verdict.decision.value
    p = p_statement(carrying(quantity, test, test.p_adjusted))
    return f"{verdict.decision}: {quantity.title.lower()} {quantity.write(test.estimate)} {quantity.unit}, {p}"


def what_changed(change: VerdictChange) -> str:
    """Say in a few words what became of a claim from the first run to the second."""
    if change.first is None or change.second is None:
        return f"no verdict in the {'first' if change.first is None else 'second'} run"
    verdict = "verdict" if change.first.decision is not change.second.decision else "same verdict"
    return verdict if change.is_one_claim else f"another claim of this name, {verdict}"


def _verdict_fields(change: VerdictChange) -> dict[str, Any]:
    fields: dict[str, Any] = {"claim": change.name, "changed": change.changed, "one_claim": change.is_one_claim}
    for name, verdict in (("first", change.first), ("second", change.second)):
        fields |= {
            f"{name}_verdict": None if verdict is None else verdict.decision.value,
            f"{name}_estimate": None if verdict is None else verdict.estimate,
            f"{name}_p_adjusted": None if verdict is None else verdict.p,
        }
    return fields


def _differences(name: str, caption: str, title: str, differences: Sequence[Difference]) -> Table:
    rows = [(each.name, in_words(each.first), in_words(each.second)) for each in differences]
    whole = [(each.name, _plain(each.first), _plain(each.second)) for each in differences]
    return Table(
        name=name,
        caption=caption,
        header=(title, *BOTH),
        rows=tuple(rows),
        data=pd.DataFrame(whole, columns=["name", "first", "second"]),
        words=3,
    )


def in_words(value: Any) -> str:
    """Write a value as a table shows it: a list with commas, a hash by its first digits, nothing as a dash."""
    if value is None:
        return NONE
    if isinstance(value, Mapping):
        return one_line("; ".join(f"{name}: {in_words(own)}" for name, own in value.items()), LONGEST)
    if isinstance(value, list):
        return one_line(", ".join(map(in_words, value)), LONGEST)
    text = value if isinstance(value, str) else _plain(value)
    return one_line(SHA256.sub(r"\1", text), LONGEST)


def _plain(value: Any) -> str:
    return json.dumps(value)
