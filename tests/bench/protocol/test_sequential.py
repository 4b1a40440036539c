"""The key `sequential`: what a group-sequential plan may be, and that it is no part of any trial."""

from __future__ import annotations

from pathlib import Path

import pytest
from places import ROOT

from bench.protocol.load import load, resolved_yaml
from bench.protocol.schema import Protocol
from bench.stats import nominal_levels
from bench.store.inputs import run_inputs, trial_inputs
from sprm.errors import ProtocolError

SOUND = """\
name: planned
fractions: [0.1, 1]
seeds: 8
systems:
  prior: {kind: prior}
  sprm: {kind: sprm}
sequential: {looks: [3, 5, 8]}
"""


def loaded(folder: Path, text: str) -> Protocol:
    path = folder / "protocol.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path).protocol


def complaint(folder: Path, plan: str) -> str:
    with pytest.raises(ProtocolError) as caught:
        loaded(folder, SOUND.replace("{looks: [3, 5, 8]}", plan))
    return str(caught.value)


def test_a_sound_plan_is_read_with_its_default_and_written_out_again(tmp_path: Path) -> None:
    protocol = loaded(tmp_path, SOUND)
    assert protocol.sequential is not None
    assert (protocol.sequential.looks, protocol.sequential.spending) == ((3, 5, 8), "obrien_fleming")
    assert loaded(tmp_path, resolved_yaml(protocol)) == protocol


def test_without_the_key_there_is_no_plan_and_none_is_written_out(tmp_path: Path) -> None:
    protocol = loaded(tmp_path, SOUND.replace("sequential: {looks: [3, 5, 8]}\n", ""))
    assert protocol.sequential is None
    assert "sequential" not in resolved_yaml(protocol)


def test_looks_that_are_too_close_for_their_size_are_refused(tmp_path: Path) -> None:
    text = SOUND.replace("seeds: 8", "seeds: 10000")
    assert loaded(tmp_path, text.replace("[3, 5, 8]", "[3, 9981, 10000]")).seeds == 10000
    with pytest.raises(ProtocolError) as caught:
        loaded(tmp_path, text.replace("[3, 5, 8]", "[3, 9999, 10000]"))
    assert str(caught.value) == (
        f"{tmp_path / 'protocol.yaml'}: line 7: sequential.looks.2: too close to the look before for a level, "
        "expected at least 10018 seeds, found 10000"
    )


@pytest.mark.parametrize(
    ("plan", "told"),
    [
        ("{looks: [3, 5]}", "sequential.looks.1: the last look has all seeds of the protocol, expected 8, found 5"),
        ("{looks: [3, 9]}", "sequential.looks.1: the last look has all seeds of the protocol, expected 8, found 9"),
        ("{looks: [5, 5, 8]}", "sequential.looks.1: expected more than 5 seeds, found 5"),
        ("{looks: [5, 4, 8]}", "sequential.looks.1: expected more than 5 seeds, found 4"),
        ("{looks: [2, 8]}", "sequential.looks.0: expected at least 3, found 2"),
        ("{looks: [8]}", "sequential.looks: a plan has two looks or more, found 1"),
        ("{looks: []}", "sequential.looks: a plan has two looks or more, found 0"),
        ("{}", "sequential.looks: missing"),
        ("{looks: [3, 8], spending: pocock}", "sequential.spending: expected 'obrien_fleming', found 'pocock'"),
        ("{looks: [3, 8], spend: 1}", 'sequential.spend: unknown key; did you mean "spending"?'),
        ("{looks: [3.5, 8]}", "sequential.looks.0: expected a whole number, found 3.5"),
    ],
)
def test_a_mistake_in_a_plan_is_told_with_its_line_and_key(tmp_path: Path, plan: str, told: str) -> None:
    assert complaint(tmp_path, plan) == f"{tmp_path / 'protocol.yaml'}: line 7: {told}"


def test_a_number_of_seeds_that_is_wrong_in_itself_is_told_alone(tmp_path: Path) -> None:
    with pytest.raises(ProtocolError) as caught:
        loaded(tmp_path, SOUND.replace("seeds: 8", "seeds: 0"))
    assert str(caught.value) == f"{tmp_path / 'protocol.yaml'}: line 3: seeds: expected at least 1, found 0"


def test_a_plan_is_no_part_of_a_run_or_of_a_trial(tmp_path: Path) -> None:
    planned = loaded(tmp_path, SOUND)
    plain = planned.model_copy(update={"sequential": None})
    assert run_inputs(planned, "corpus") == run_inputs(plain, "corpus")
    own, other = (trial_inputs(one, "sprm", 7, corpus="corpus", subset="subset") for one in (planned, plain))
    assert own == other


def test_the_trials_of_the_planned_protocol_are_those_of_the_default_protocol() -> None:
    planned, default = (load(ROOT / "protocols" / f"{name}.yaml").protocol for name in ("sequential", "fractions"))
    assert planned.fraction_labels == default.fraction_labels
    for system in planned.systems:
        inputs = [trial_inputs(one, system, 4, corpus="corpus", subset=None) for one in (planned, default)]
        assert inputs[0] == inputs[1]
    others = {"refines-at-every-amount", "less-data-than-maf"}
    assert planned.claims == tuple(claim for claim in default.claims if claim.name not in others)


def test_the_level_of_its_last_look_is_the_one_that_its_comment_tells() -> None:
    path = ROOT / "protocols" / "sequential.yaml"
    plan = load(path).protocol.sequential
    assert plan is not None
    assert f"tests at {100 * nominal_levels(plan.looks, 0.05)[-1]:.1f} % in the place of 5 %" in path.read_text("utf-8")
