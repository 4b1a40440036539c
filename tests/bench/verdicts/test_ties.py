"""Claims that hold a trained system against an untrained one are answered with its ties shared, too."""

from __future__ import annotations

from pathlib import Path

import pytest
from simulated_run import SimulatedRun

from bench.analysis.evidence import read_evidence
from bench.claims.robust import TIES_SHARED, RobustVerdict
from bench.verdicts.hypothesis import Decision
from bench.verdicts.judge import judge
from bench.verdicts.statement import qualifications
from bench.verdicts.verdict import Verdict

CLAIMS = (
    "name: better, kind: better_than, system: sprm, rival: prior, at: [1.0], margin: 0.1",
    "name: small, kind: competitive, system: sprm, margin: 0.02",
    "name: keeps, kind: retains, system: sprm, rival: prior, at: 0.1, share: 0.5",
    "name: saves, kind: more_efficient, system: sprm, rival: refinement, factor: 2",
    "name: same, kind: robust, claim: better, controls: [refinement]",
    "name: same-small, kind: robust, claim: small, controls: [refinement]",
)
STUDY = SimulatedRun(fractions=(0.1, 0.5, 1.0), seeds=5, images=300, tied=0.6, claims=CLAIMS)


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Verdict]:
    evidence = read_evidence(STUDY.write(tmp_path_factory.mktemp("ties") / "run"))
    return {verdict.claim.name: verdict for verdict in judge(evidence.protocol.claims, evidence)}


def test_a_lead_over_the_first_of_the_tied_boxes_and_over_all_of_them_are_both_told(
    verdicts: dict[str, Verdict],
) -> None:
    first = verdicts["better"]
    assert first.ties_shared is not None
    shared = first.ties_shared.verdict
    # Ties take three quarters of what the prior gets right by them.
    assert (first.decision, shared.decision) == (Decision.refuted, Decision.supported)
    assert shared.estimate > first.estimate + 0.15
    (line,) = [line for line in qualifications(first) if "ties shared" in line]
    assert line.startswith("When boxes tie, prior uses the first tied box in the file. ")
    assert f"With ties shared evenly, the claim is supported. {shared.stated()}" in line


def test_what_is_kept_of_a_gain_is_told_with_ties_shared(verdicts: dict[str, Verdict]) -> None:
    keeps = verdicts["keeps"]
    assert keeps.ties_shared is not None
    assert keeps.ties_shared.verdict.estimate > keeps.estimate


def test_a_gain_that_only_shows_with_ties_shared_is_tested_then(tmp_path: Path) -> None:
    keeps = "name: keeps, kind: retains, system: sprm, rival: prior, at: 0.5, share: 0.5"
    study = SimulatedRun(fractions=(0.1, 0.5, 1.0), seeds=5, images=300, tied=0.6, gain=0.0, claims=(keeps,))
    evidence = read_evidence(study.write(tmp_path / "run"))
    (verdict,) = judge(evidence.protocol.claims, evidence)
    assert verdict.decision is Decision.not_testable
    assert verdict.ties_shared is not None
    assert verdict.ties_shared.verdict.decision is Decision.supported
    assert any("With ties shared evenly, the claim is supported. With" in line for line in qualifications(verdict))


def test_of_a_competitive_fraction_only_what_no_training_loses_is_told(verdicts: dict[str, Verdict]) -> None:
    small = verdicts["small"]
    assert small.ties_shared is not None
    assert small.ties_shared.verdict.decision is small.decision
    (line,) = [line for line in qualifications(small) if "ties shared" in line]
    assert "With ties shared evenly and without training, the prior loses" in line


def test_a_claim_about_trained_systems_alone_knows_no_ties(verdicts: dict[str, Verdict]) -> None:
    assert verdicts["saves"].ties_shared is None
    assert not any("ties" in line for line in qualifications(verdicts["saves"]))


def test_shared_ties_are_a_control_of_a_claim_that_holds_against_the_prior_and_of_no_other(
    verdicts: dict[str, Verdict],
) -> None:
    same, other = verdicts["same"], verdicts["same-small"]
    assert isinstance(same, RobustVerdict) and isinstance(other, RobustVerdict)
    assert list(same.controls) == ["refinement", TIES_SHARED]
    assert same.decision is Decision.refuted
    assert f"supported with {TIES_SHARED}" in same.stated()
    assert "with ties of untrained systems shared evenly" in same.claimed()
    assert list(other.controls) == ["refinement"]


def test_without_ties_nothing_is_said_of_them(tmp_path: Path) -> None:
    plain = SimulatedRun(fractions=(0.1, 0.5, 1.0), seeds=3, images=60, claims=CLAIMS)
    evidence = read_evidence(plain.write(tmp_path / "run"))
    assert all(verdict.ties_shared is None for verdict in judge(evidence.protocol.claims, evidence))
