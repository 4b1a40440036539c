"""The verdicts of a report for programs: `claims.json`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from math import isfinite
from typing import Any

from bench.analysis.comparisons import Comparison
from bench.analysis.efficiency import Multiplier
from bench.analysis.learning import MOST_TYPES
from bench.analysis.ties import TiedSystem
from bench.report.analyse import Analysis
from bench.report.tables.learning_values import area_values, by_size_values, learning_values, multiplier_values
from bench.store.provenance import package_version
from bench.store.stored_model import SCHEMA_VERSION
from bench.verdicts.hypothesis import Hypothesis
from bench.verdicts.stated import StatedClaim, WithdrawnClaim
from bench.verdicts.statement import qualifications, statement, statement_time
from bench.verdicts.verdict import SCORE, TiesShared, Verdict

INTERNAL = ("decision", "p_against")
"""Attributes of a hypothesis that programs know under other names, or that follow from others."""


def claims_json(analysis: Analysis) -> str:
    """Return every verdict with its numbers; shares in [0, 1], null where a number is undefined.

    `docs/statistics.md` says what each field means.
    """
    # Of hundreds of types most are rare; `tables/type_gains.csv` has them all.
    frequent = list(analysis.test.members)[:MOST_TYPES]
    answer = {
        "schema_version": SCHEMA_VERSION,
        "protocol": analysis.protocol.name,
        "run": analysis.run.name,
        "fingerprint": fingerprint(analysis),
        "corpus": {"kind": analysis.protocol.corpus.kind, "synthetic": analysis.protocol.corpus.synthetic is not None},
        "metric": analysis.protocol.metrics[0],
        "trials": {"done": analysis.done, "planned": analysis.planned, "complete": not analysis.unfinished},
        **_plan(analysis),
        "claims": [_claim(*both) for both in zip(analysis.verdicts, analysis.stated, strict=True)],
        "withdrawn": [_withdrawn(claim) for claim in analysis.withdrawn],
        "gains_over_prior": [_comparison(gain) for gain in analysis.gains],
        "gains_over_other_priors": [_comparison(gain) for gain in analysis.other_gains],
        "ties": [_ties(own) for own in analysis.ties],
        "neighbours": [_comparison(comparison) for comparison in analysis.neighbours],
        "between_systems": [_comparison(comparison) for comparison in analysis.between_systems],
        "type_gains": [_comparison(gain) for gain in analysis.type_gains if gain.entity_type in frequent],
        "learning_curves": [learning_values(learning) for learning in analysis.learning],
        "multipliers": [multiplier_values(multiplier) for multiplier in analysis.multipliers],
        "areas": [area_values(area) for area in analysis.areas],
        **({"corpus_sizes": [by_size_values(claim) for claim in analysis.by_size]} if analysis.by_size else {}),
    }
    return json.dumps(defined(answer), indent=1, ensure_ascii=False) + "\n"


def _plan(analysis: Analysis) -> dict[str, Any]:
    """Return how far a run is in its group-sequential plan, and since when that stands; nothing without one."""
    if analysis.protocol.sequential is None:
        return {}
    stated = analysis.plan_stated
    looks = [
        {
            "look": at.look.number,
            "seeds": at.look.seeds,
            "claims": [{"name": each.claim.name, "verdict": each.decision.value} for each in at.verdicts],
        }
        for at in analysis.looks
    ]
    return {
        "sequential": {
            **analysis.protocol.sequential.model_dump(mode="json"),
            "reached": looks,
            "stopped": analysis.stopped is not None,
            "not_needed": analysis.not_needed,
            "stated": None
            if stated is None
            else {
                "at": stated.stated_at.isoformat(),
                "beforehand": not stated.trials_finished,
                "trials_finished_before": stated.trials_finished,
            },
        }
    }


def fingerprint(analysis: Analysis) -> str:
    """Return the sha256 of claims, outcomes of the complete trials, a plan and the version of the package.

    Code that was changed without a new version is not noticed.
    """
    plan = analysis.protocol.sequential
    inputs = {
        "package": package_version(),
        "schema": SCHEMA_VERSION,
        "claims": [claim.fingerprint for claim in analysis.stated],
        **({} if plan is None else {"sequential": plan.model_dump(mode="json")}),
        "outcomes": sorted(f"{record.fingerprint} {record.items_sha256}" for record in analysis.records),
    }
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


def _claim(verdict: Verdict, stated: StatedClaim) -> dict[str, Any]:
    return {
        "name": verdict.claim.name,
        "kind": verdict.claim.kind,
        "verdict": verdict.decision.value,
        "statement": statement(verdict),
        "qualifications": [*qualifications(verdict), *statement_time(stated)],
        "claim": {**verdict.claim.model_dump(mode="json"), "in_words": verdict.claimed()},
        "stated": {
            "at": None if stated.stated_at is None else stated.stated_at.isoformat(),
            "beforehand": stated.beforehand,
            "trials_finished_before": stated.trials_before,
            "fingerprint": stated.fingerprint,
        },
        **_numbers(verdict),
        **({} if verdict.ties_shared is None else {"ties_shared": _plain(verdict.ties_shared)}),
        **{name: _plain(value) for name, value in verdict.further().items()},
    }


def _ties(own: TiedSystem) -> dict[str, Any]:
    """Return how far a system hangs on ties; accuracies by rule."""
    return {
        "system": own.system,
        "rule": own.rule.value,
        "phrases_tied": own.phrases,
        "boxes_tied": own.boxes,
        "accuracy_under": {rule.value: asdict(estimate) for rule, estimate in own.accuracy.items()},
    }


def _withdrawn(claim: WithdrawnClaim) -> dict[str, Any]:
    return {
        "name": claim.name,
        "kind": claim.kind,
        "system": claim.system,
        "margin": claim.margin,
        "claim": claim.claim,
        "metric": claim.metric,
        "stated": {"at": claim.stated_at.isoformat(), "fingerprint": claim.fingerprint},
    }


def _numbers(verdict: Verdict) -> dict[str, Any]:
    test, quantity = verdict.deciding, verdict.claim.quantity
    return {
        "quantity": None if quantity is None else quantity.title.lower(),
        "estimate": verdict.estimate,
        "interval": None if test is None else [test.low, test.high],
        "confidence": None if test is None else test.confidence,
        "p": None if test is None else test.p,
        "p_adjusted": verdict.p,
        "margin": None if quantity is None else verdict.margin,
        "margin_unit": str(verdict.measure) if verdict.claim.margin_unit == SCORE else verdict.claim.margin_unit,
        "method": verdict.method,
        "family": None if quantity is None else verdict.family,
        "seeds": list(verdict.seeds),
        "seeds_planned": verdict.seeds_planned,
        "test_images": verdict.images,
        **({} if verdict.look is None else {"look": verdict.look.number}),
        "hypotheses": [_hypothesis(each) for each in verdict.hypotheses],
        "power": None if verdict.power is None else asdict(verdict.power),
    }


def _plain(value: object) -> object:
    """Return what some verdicts have beyond the others as plain values."""
    if isinstance(value, TiesShared):
        return {"rules": dict(value.rules), **verdict_values(value.verdict)}
    if isinstance(value, Verdict):
        return verdict_values(value)
    if isinstance(value, Multiplier):
        return multiplier_values(value)
    if isinstance(value, Mapping):
        return {name: _plain(member) for name, member in value.items()}
    if isinstance(value, tuple):
        return [_plain(member) for member in value]
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value


def verdict_values(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict with its statement and its numbers."""
    return {"verdict": verdict.decision.value, "statement": statement(verdict), **_numbers(verdict)}


def _hypothesis(hypothesis: Hypothesis) -> dict[str, Any]:
    """Return a hypothesis; one that a fixed sequence did not reach has numbers that decide nothing."""
    reached = hypothesis.reached
    outcome = {
        "verdict": hypothesis.decision.value if reached else None,
        "finding": hypothesis.finding if reached else "not reached",
    }
    return {**{name: value for name, value in asdict(hypothesis).items() if name not in INTERNAL}, **outcome}


def _comparison(comparison: Comparison) -> dict[str, Any]:
    method = f"two-way cluster-robust t, {comparison.family.correction} over the family"
    return {**asdict(comparison), "exploratory": comparison.family.is_exploratory, "method": method}


def defined(value: Any) -> Any:
    """Replace numbers that are not finite, which JSON does not have, by None."""
    if isinstance(value, dict):
        return {key: defined(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [defined(member) for member in value]
    return None if isinstance(value, float) and not isfinite(value) else value
