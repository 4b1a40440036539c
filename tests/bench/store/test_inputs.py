"""What tells two trials apart: rules for ties and detector scores among them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from bench.protocol.load import load
from bench.protocol.schema import Protocol
from bench.protocol.stratifier import STRATA, Stratifier
from bench.store.inputs import fingerprint, run_inputs, trial_inputs
from sprm.corpus.corpus import Corpus
from sprm.errors import ProtocolError
from sprm.evaluation.metric import METRICS, Metric

SYSTEMS = {"prior": {"kind": "prior"}, "sprm": {"kind": "sprm"}}


def identity(system: str, own: dict[str, Any] | None = None, **keys: Any) -> str:
    """The fingerprint of a trial whose system has some settings, in a protocol with some keys."""
    systems = {**SYSTEMS, system: {**SYSTEMS[system], **(own or {})}}
    protocol = Protocol.model_validate({"name": "tiny", "fractions": [1], "device": "cpu", "systems": systems, **keys})
    return fingerprint(trial_inputs(protocol, system, 0, corpus="c", subset="s", package="0.4.0"))


@pytest.mark.parametrize(
    ("system", "before"),
    [
        ("prior", "5ece42a23cf7f59e74146b56f4190797a45f0c9086a266527faa9c4dde5b54e8"),
        ("sprm", "68a0c02c7ec811e8a90b484c3eb5b84a9716ee667cd8cca8b67aab8e7b0a1bab"),
    ],
)
def test_trials_from_before_there_were_rules_for_ties_or_scores_stay_the_same(system: str, before: str) -> None:
    assert identity(system) == before
    assert identity(system, ties="first") == before
    assert identity(system, {"ties": "first"}) == before
    assert identity(system, {"ties": "first"}, ties="shared") == before


@pytest.mark.parametrize("system", ["prior", "sprm"])
def test_a_rule_for_ties_is_part_of_a_trial_wherever_it_is_stated(system: str) -> None:
    known = {identity(system), identity(system, ties="largest"), identity(system, ties="shared")}
    assert len(known) == 3
    assert identity(system, {"ties": "shared"}) == identity(system, ties="shared")
    assert identity(system, {"ties": "largest"}, ties="shared") == identity(system, ties="largest")


NEWER: dict[str, list[Any]] = {
    "inputs": [{}, {"score": False}, {"features": True, "labels": True}],
    "words": ["trained"],
    "untrained": [False],
    "siblings": ["contrasted"],
    "validation": ["whole"],
}
OTHERWISE = [
    {"inputs": {"score": True}},
    {"inputs": {"features": False}},
    {"inputs": {"labels": False}},
    {"inputs": {"score": True, "labels": False}},
    {"words": "frozen"},
    {"untrained": True},
    {"siblings": "excluded"},
    {"validation": "scaled"},
    {"steps": 100},
]


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in NEWER.items() for value in values])
def test_a_newer_setting_that_changes_nothing_changes_no_trial(key: str, value: Any) -> None:
    assert identity("sprm", {key: value}) == identity("sprm")


def test_each_newer_setting_is_part_of_a_trial() -> None:
    assert len({identity("sprm", own) for own in [{}, *OTHERWISE]}) == 1 + len(OTHERWISE)


@pytest.mark.parametrize("own", [{"siblings": "excluded"}, {"validation": "scaled"}, {"steps": 100}])
def test_a_newer_training_value_is_the_same_wherever_it_is_stated(own: dict[str, Any]) -> None:
    assert identity("sprm", training=own) == identity("sprm", own)
    assert identity("prior", training=own) == identity("prior")


def test_trials_whose_refinement_is_given_scores_stay_the_same() -> None:
    before = "d46f2356ccd91500f0470adb2639f1aa1c810eecac57b5bc3a26909dad93f6f9"
    assert identity("sprm", {"inputs": {"score": True}}) == before


def test_scores_among_the_inputs_are_part_of_a_trial_and_saying_that_there_are_none_is_not() -> None:
    assert identity("sprm", {"inputs": {"score": True}}) != identity("sprm")
    assert identity("sprm", {"inputs": {"score": False}}) == identity("sprm", {"inputs": {}}) == identity("sprm")
    assert len({identity("prior", own) for own in ({}, {"score_weight": 0.1}, {"size_weight": 0.1})}) == 3


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("ties=random", "ties: expected 'first', 'largest' or 'shared', found 'random'"),
        ("systems.prior.ties=last", "systems.prior.ties: expected 'first', 'largest' or 'shared', found 'last'"),
        ("systems.prior.score_weight=0", "systems.prior.score_weight: expected more than 0, found 0"),
        ("systems.sprm.inputs.scores=true", "systems.sprm.inputs.scores: unknown key"),
        ("systems.sprm.words=fixed", "systems.sprm.words: expected 'trained' or 'frozen', found 'fixed'"),
        ("systems.sprm.siblings=out", "systems.sprm.siblings: expected 'contrasted' or 'excluded', found 'out'"),
        ("training.siblings=out", "training.siblings: expected 'contrasted' or 'excluded', found 'out'"),
        ("training.validation=half", "training.validation: expected 'whole' or 'scaled', found 'half'"),
        ("training.steps=0", "training.steps: expected at least 1, found 0"),
    ],
)
def test_a_wrong_setting_is_one_mistake(tmp_path: Path, change: str, told: str) -> None:
    path = tmp_path / "protocol.yaml"
    path.write_text("name: tiny\nfractions: [1]\nsystems: {prior: {kind: prior}, sprm: {kind: sprm}}\n")
    with pytest.raises(ProtocolError) as raised:
        load(path, [change])
    assert told in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1


def of_nothing(corpus: Corpus) -> list[frozenset[str]]:
    return [frozenset()] * len(corpus.images)


def test_the_code_of_strata_and_metrics_from_elsewhere_is_part_of_a_run_and_that_of_this_package_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    protocol = Protocol.model_validate({"name": "tiny", "fractions": [1], "systems": SYSTEMS})
    before = run_inputs(protocol, "c")
    assert before["strata"] == "entity_type"
    assert "metrics" not in before
    assert "code" not in before["systems"]["sprm"]["system"]
    code = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
    monkeypatch.setitem(STRATA._added, "nothing", Stratifier("nothing", of_nothing))
    other = protocol.model_copy(update={"strata": "nothing"})
    assert run_inputs(other, "c") == {**before, "strata": {"name": "nothing", "code": code}}
    monkeypatch.setitem(METRICS._added, "strict", Metric("Strict", "nothing", lambda matches: matches.iou >= 0.75))
    assert run_inputs(protocol, "c") == {**before, "metrics": {"strict": code}}
    trial = trial_inputs(protocol, "prior", 0, corpus="c", subset=None)
    assert trial["metrics"] == {"strict": code}
