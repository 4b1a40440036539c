from __future__ import annotations

from pathlib import Path

import pytest
from simulated_run import SimulatedRun

from bench.analysis.evidence import read_evidence
from bench.analysis.ties import hangs_on_ties, settled_by, tied_systems
from bench.store.ledger import Ledger
from bench.store.records import TrialKey
from sprm.settings import Ties

STUDY = SimulatedRun(fractions=(0.1, 1.0), seeds=2, images=60, tied=0.6)
PRIOR = TrialKey("prior", "0", 0)


def test_ties_are_described_by_how_many_phrases_and_boxes_tie_and_what_each_rule_gives(tmp_path: Path) -> None:
    run = STUDY.write(tmp_path / "run")
    items = Ledger(run).items(PRIOR)
    (found,) = tied_systems(read_evidence(run))
    assert (found.system, found.rule) == ("prior", Ties.first)
    assert found.phrases == (items["tied"] > 1).mean()
    assert found.boxes == 4
    for rule, estimate in found.accuracy.items():
        assert estimate.estimate == pytest.approx(items[f"correct_{rule}"].mean())
        assert estimate.low < estimate.estimate < estimate.high
    first, shared = (found.accuracy[rule].estimate for rule in (Ties.first, Ties.shared))
    assert found.spread == pytest.approx(first - found.accuracy[Ties.largest].estimate)
    assert found.accuracy[Ties.largest].estimate < shared < first


def test_a_rule_changes_the_accuracy_of_what_is_not_trained_and_nothing_else(tmp_path: Path) -> None:
    evidence = read_evidence(STUDY.write(tmp_path / "run"))
    shared = settled_by(Ties.shared, evidence)
    for system in evidence.protocol.systems:
        fraction = evidence.fractions["1"]
        before, after = (own.counts(system, fraction, (0, 1)) for own in (evidence, shared))
        assert (before != after).any() == (system == "prior")
    iou = [own.counts("prior", None, (0,), metric="iou") for own in (evidence, shared)]
    assert (iou[0] == iou[1]).all()


def test_a_system_without_ties_hangs_on_none(tmp_path: Path) -> None:
    assert hangs_on_ties(read_evidence(STUDY.write(tmp_path / "tied")), "prior")
    without = read_evidence(SimulatedRun(fractions=(1.0,), seeds=2, images=20).write(tmp_path / "plain"))
    assert not hangs_on_ties(without, "prior")
    assert not hangs_on_ties(without, "sprm")
    (found,) = tied_systems(without)
    assert found.phrases == 0
    assert found.boxes != found.boxes
