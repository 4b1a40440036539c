from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from simulated_learning import LearningRun
from simulated_run import SimulatedRun

from bench.analysis.learning import MOST_TYPES
from bench.report.analyse import Analysis, analyse
from bench.report.claims_json import claims_json, defined, fingerprint
from bench.store.ledger import Ledger
from bench.store.records import TrialKey
from bench.verdicts.statement import statement

CLAIMS = (
    "name: better, kind: better_than, system: sprm, rival: prior",
    "name: small-fraction, kind: competitive, system: sprm, margin: {margin}",
    "name: keeps, kind: retains, system: sprm, rival: prior, at: 0.5, share: 0.5",
    "name: above, kind: above_reference, system: sprm, reference: 0.4, source: MAF, corpus: flickr30k, split: test",
    "name: elsewhere, kind: above_reference, system: sprm, reference: 0.4, source: A, corpus: referit, split: test",
    "name: saves, kind: more_efficient, system: sprm, rival: refinement, factor: 2",
    "name: robust, kind: robust, claim: small-fraction, controls: [refinement]",
)
STUDY = SimulatedRun(
    fractions=(0.1, 0.5, 1.0), seeds=3, images=40, claims=CLAIMS, corpus="{kind: flickr30k, root: /flickr}"
)
NUMBERS = {
    "quantity", "estimate", "interval", "confidence", "p", "p_adjusted", "margin", "method", "family", "seeds",
    "seeds_planned", "test_images", "hypotheses", "power", "margin_unit",
}  # fmt: skip
KEYS = NUMBERS | {"name", "kind", "verdict", "statement", "qualifications", "claim", "stated"}
MORE = {
    "competitive": {"smallest", "reference", "prior", "last_step"},
    "retains": {"last_step"},
    "more_efficient": {"multipliers"},
    "robust": {"about", "controls"},
}


def refuse(name: str) -> None:
    raise AssertionError(f"{name} is not JSON")


def parsed(analysis: Analysis) -> dict[str, Any]:
    answer = json.loads(claims_json(analysis), parse_constant=refuse)
    assert isinstance(answer, dict)
    return answer


@pytest.fixture(scope="module")
def analysis(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    return analyse(STUDY.write(tmp_path_factory.mktemp("claims") / "run"))


@pytest.fixture(scope="module")
def claims(analysis: Analysis) -> dict[str, dict[str, Any]]:
    return {claim["name"]: claim for claim in parsed(analysis)["claims"]}


def test_the_file_names_its_run_its_corpus_and_how_complete_it_is(analysis: Analysis) -> None:
    answer = parsed(analysis)
    assert set(answer) == {
        "schema_version", "protocol", "run", "fingerprint", "corpus", "metric", "trials", "claims", "gains_over_prior",
        "gains_over_other_priors", "ties",
        "neighbours", "between_systems", "type_gains", "learning_curves", "multipliers", "areas", "withdrawn",
    }  # fmt: skip
    assert answer["corpus"] == {"kind": "flickr30k", "synthetic": False}
    assert answer["trials"] == {"done": 21, "planned": 21, "complete": True}
    assert answer["run"] == "run"


def test_every_claim_has_the_same_keys_and_those_of_its_kind(claims: dict[str, dict[str, Any]]) -> None:
    assert list(claims) == ["better", "small-fraction", "keeps", "above", "elsewhere", "saves", "robust"]
    for claim in claims.values():
        assert set(claim) == KEYS | MORE.get(claim["kind"], set())
        assert set(claim["stated"]) == {"at", "beforehand", "trials_finished_before", "fingerprint"}
        for one in claim["hypotheses"]:
            assert set(one) == {
                "fraction", "against", "basis", "components", "estimate", "low", "high", "confidence", "p",
                "p_adjusted", "verdict", "finding", "reached",
            }  # fmt: skip


def test_numbers_are_those_of_the_verdicts_unrounded(analysis: Analysis, claims: dict[str, dict[str, Any]]) -> None:
    for verdict in analysis.verdicts:
        claim = claims[verdict.claim.name]
        one = verdict.deciding
        assert claim["verdict"] == verdict.decision.value
        assert (claim["statement"], claim["claim"]["in_words"]) == (statement(verdict), verdict.claimed())
        assert claim["seeds"] == list(verdict.seeds)
        if claim["kind"] != "robust":
            assert (claim["margin"], claim["family"]) == (verdict.margin, verdict.family)
        if one is not None:
            assert claim["estimate"] == one.estimate
            assert claim["interval"] == [one.low, one.high]
            assert (claim["p"], claim["p_adjusted"]) == (one.p, one.p_adjusted)
            assert claim["power"]["detectable"]["status"] == "ok"
    assert claims["small-fraction"]["claim"]["margin"] == 0.02


def test_a_claim_that_nothing_can_test_has_null_for_every_number(claims: dict[str, dict[str, Any]]) -> None:
    claim = claims["elsewhere"]
    assert claim["verdict"] == "not testable"
    assert {name for name in NUMBERS if claim[name] is None} == {
        "estimate", "interval", "confidence", "p", "p_adjusted", "power",
    }  # fmt: skip
    assert (claim["family"], claim["hypotheses"]) == (0, [])


def test_robustness_comes_with_the_numbers_under_each_control(
    analysis: Analysis, claims: dict[str, dict[str, Any]]
) -> None:
    claim = claims["robust"]
    (control,) = claim["controls"].values()
    assert list(claim["controls"]) == ["refinement"]
    assert set(control) == NUMBERS | {"verdict", "statement"}
    assert claim["about"] == claims["small-fraction"]["verdict"]
    assert [one["fraction"]["label"] for one in control["hypotheses"]] == ["0.5", "0.1"]
    assert {claim[name] for name in ("quantity", "estimate", "family", "margin", "margin_unit")} == {None}


def test_a_margin_has_its_unit(claims: dict[str, dict[str, Any]]) -> None:
    assert {name: claim["margin_unit"] for name, claim in claims.items()} == {
        "better": "accuracy", "small-fraction": "accuracy", "keeps": "share of the gain", "above": "accuracy",
        "elsewhere": "accuracy", "saves": "times the data", "robust": None,
    }  # fmt: skip
    assert claims["saves"]["margin"] == 2


def test_a_hypothesis_that_the_sequence_did_not_reach_has_no_verdict(tmp_path: Path) -> None:
    study = replace(STUDY, margin=0.0, gain=0.3, claims=CLAIMS[1:2])
    (claim,) = parsed(analyse(study.write(tmp_path / "run")))["claims"]
    first, second = claim["hypotheses"]
    assert (first["reached"], first["verdict"]) == (True, claim["verdict"])
    assert (second["reached"], second["verdict"], second["finding"]) == (False, None, "not reached")


def test_how_systems_learn_is_there_for_machines(analysis: Analysis) -> None:
    answer = parsed(analysis)
    assert [one["system"] for one in answer["learning_curves"]] == ["sprm", "refinement"]
    for one, learned in zip(answer["learning_curves"], analysis.learning, strict=True):
        assert (one["status"], one["law"], one["limit"]) == ("fewer than five amounts", None, None)
        assert one["training_images"] == [100, 500, 1000]
        assert one["n_95"]["accuracy"] == learned.n_95.accuracy
        assert one["area"]["estimate"] == learned.area.estimate
        assert (one["trend"]["p"], one["trend"]["p_adjusted"]) == (learned.trend.p, learned.p_adjusted)
    assert len(answer["multipliers"]) == len(analysis.multipliers) == 6
    assert [one["needed"]["status"] for one in answer["multipliers"]] == [
        one.needed.status.value for one in analysis.multipliers
    ]
    (area,) = answer["areas"]
    assert (area["difference"]["estimate"], area["p_adjusted"]) == (
        analysis.areas[0].difference.estimate, analysis.areas[0].p_holm,
    )  # fmt: skip


def test_a_fitted_curve_comes_with_its_law(tmp_path: Path) -> None:
    learned = analyse(LearningRun(images=60, seeds=3).write(tmp_path / "run"))
    (sprm, _), (one, _) = parsed(learned)["learning_curves"], learned.learning
    assert one.curve.law is not None
    assert sprm["law"] == {"c": one.curve.law.c, "a": one.curve.law.a, "b": one.curve.law.b}
    assert sprm["limit"] == {"estimate": one.curve.law.c, "interval": [one.curve.limit.low, one.curve.limit.high]}


def test_of_many_entity_types_those_that_are_followed_are_compared(tmp_path: Path) -> None:
    study = LearningRun(images=40, seeds=2, types=40, fractions=(0.1, 1.0))
    many = analyse(study.write(tmp_path / "run"))
    told = {one["entity_type"] for one in parsed(many)["type_gains"]}
    assert told == {one.entity_type for one in many.learning_by_type}
    assert len(told) == MOST_TYPES < len({one.entity_type for one in many.type_gains})


def test_numbers_that_are_not_finite_become_null_wherever_they_stand() -> None:
    given = {"a": float("nan"), "b": [float("inf"), 1.5, {"c": (-float("inf"), None, True, "nan")}]}
    assert defined(given) == {"a": None, "b": [None, 1.5, {"c": [None, None, True, "nan"]}]}


def test_the_poorest_run_has_a_file_without_undefined_numbers(tmp_path: Path) -> None:
    poor = replace(STUDY, seeds=1, images=1).write(tmp_path / "run", without=(TrialKey("sprm", "0.5", 0),))
    answer = parsed(analyse(poor))
    assert {claim["verdict"] for claim in answer["claims"]} == {"not testable"}
    assert {claim["p"] for claim in answer["claims"]} == {None}
    assert answer["trials"] == {"done": 8, "planned": 9, "complete": False}


def changed(folder: Path, **values: Any) -> str:
    return fingerprint(analyse(replace(STUDY, **values).write(folder)))


def test_the_fingerprint_is_that_of_claims_and_outcomes(analysis: Analysis, tmp_path: Path) -> None:
    same = fingerprint(analysis)
    assert changed(tmp_path / "again") == same
    assert changed(tmp_path / "margin", margin=0.03) != same
    assert (
        changed(tmp_path / "factor", claims=(*CLAIMS[:5], CLAIMS[5].replace("factor: 2", "factor: 5"), CLAIMS[6]))
        != same
    )
    assert changed(tmp_path / "fewer", claims=CLAIMS[:-1]) != same


def test_other_words_for_a_claim_leave_the_fingerprint(analysis: Analysis, tmp_path: Path) -> None:
    reworded = (CLAIMS[0].replace("better,", "ahead, renders: 'It beats the prior.',", 1), *CLAIMS[1:])
    assert changed(tmp_path / "run", claims=reworded) == fingerprint(analysis)


def test_another_outcome_of_one_phrase_changes_the_fingerprint(analysis: Analysis, tmp_path: Path) -> None:
    run = STUDY.write(tmp_path / "run")
    ledger, key = Ledger(run), TrialKey("sprm", "0.1", 1)
    record, items = ledger.record(key), ledger.items(key)
    assert record is not None
    items["correct"] = items["correct"].where(items.index > 0, 1 - items["correct"])
    ledger.write(record, items)
    assert fingerprint(analyse(run)) != fingerprint(analysis)


def test_a_trial_that_is_not_done_changes_the_fingerprint(analysis: Analysis, tmp_path: Path) -> None:
    run = STUDY.write(tmp_path / "run", without=(TrialKey("refinement", "0.1", 1),))
    assert fingerprint(analyse(run)) != fingerprint(analysis)
