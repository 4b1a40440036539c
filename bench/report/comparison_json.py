"""A comparison of two runs for programs."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from bench.analysis.run_pairing import Cell
from bench.analysis.run_side import Side
from bench.report.claims_json import defined, verdict_values
from bench.report.compare import RunsCompared
from bench.store.stored_model import SCHEMA_VERSION
from bench.verdicts.changes import VerdictChange


def comparison_json(compared: RunsCompared) -> str:
    """Return a comparison as the file that stands beside its page."""
    return json.dumps(comparison_values(compared), indent=1, ensure_ascii=False) + "\n"


def comparison_values(compared: RunsCompared) -> dict[str, Any]:
    """Return a comparison with all its numbers; shares in [0, 1], None where a number is undefined."""
    values = {
        "schema_version": SCHEMA_VERSION,
        "first": _run(compared.first),
        "second": _run(compared.second),
        "settings": [asdict(difference) for difference in compared.settings],
        "origins": [asdict(difference) for difference in compared.origins],
        "trials": {"paired": compared.paired, "same": compared.same},
        "accuracy": [_cell(cell) for cell in compared.cells],
        "verdicts": [_verdict(change) for change in compared.verdicts],
    }
    plain: dict[str, Any] = defined(values)
    return plain


def _run(side: Side) -> dict[str, Any]:
    return {
        "run": side.name,
        "protocol": side.protocol.name,
        "trials": {"done": len(side.records), "planned": len(side.progress)},
    }


def _cell(cell: Cell) -> dict[str, Any]:
    return {
        **asdict(cell),
        "method": "two-way cluster-robust t, Holm over the cells whose trials differ in inputs or outcomes",
    }


def _verdict(change: VerdictChange) -> dict[str, Any]:
    return {
        "name": change.name,
        "changed": change.changed,
        "is_one_claim": change.is_one_claim,
        "first": None if change.first is None else verdict_values(change.first),
        "second": None if change.second is None else verdict_values(change.second),
    }
