"""The decisions of a report for programs: `claims.json`."""

from __future__ import annotations

import json
from dataclasses import asdict
from math import isnan
from typing import Any

from bench.analysis import Analysis, CompetitiveDecision, Gain
from bench.report.sentences import qualifications, statement
from bench.report.story import is_synthetic
from bench.stats.non_inferiority import ALPHA
from bench.stored import SCHEMA_VERSION


def claims_json(analysis: Analysis) -> str:
    """Return every decision with its numbers; shares in [0, 1], null where a number is undefined."""
    done = analysis.planned - len(analysis.unfinished)
    answer = {
        "schema_version": SCHEMA_VERSION,
        "protocol": analysis.protocol.name,
        "run": analysis.run.name,
        "corpus": {"kind": analysis.protocol.corpus.kind, "synthetic": is_synthetic(analysis)},
        "trials": {"done": done, "planned": analysis.planned, "complete": done == analysis.planned},
        "claims": [_claim(decision, analysis) for decision in analysis.decisions],
        "gains_over_prior": [_gain(gain) for gain in analysis.gains],
    }
    return json.dumps(_defined(answer), indent=1, ensure_ascii=False) + "\n"


def _claim(decision: CompetitiveDecision, analysis: Analysis) -> dict[str, Any]:
    return {
        "kind": "competitive",
        "system": decision.system,
        "margin": decision.margin,
        "decision": decision.decision.value,
        "statement": statement(decision),
        "qualifications": qualifications(decision),
        "smallest": None if decision.smallest is None else asdict(decision.smallest),
        "reference": asdict(decision.reference),
        "method": "non-inferiority by fixed sequence, from the largest fraction down",
        "alpha": ALPHA,
        "family": len(decision.steps),
        "seeds": list(decision.seeds),
        "test_images": analysis.test.images,
        "steps": [asdict(step) for step in decision.steps],
        "prior": None if decision.prior is None else asdict(decision.prior),
    }


def _gain(gain: Gain) -> dict[str, Any]:
    return {**asdict(gain), "method": "two-way cluster-robust t, Holm over the family"}


def _defined(value: Any) -> Any:
    """Replace NaN, which JSON does not have, by None."""
    if isinstance(value, dict):
        return {key: _defined(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [_defined(member) for member in value]
    return None if isinstance(value, float) and isnan(value) else value
