from __future__ import annotations

from math import isnan
from pathlib import Path

import numpy as np
import pytest
from simulated_learning import LAWS, SizedRun

from bench.analysis.corpus_sizes import NeededBySize, needed_by_size
from bench.analysis.evidence import Evidence, read_evidence
from bench.analysis.learning import learn
from bench.stats import GrowthStatus, NeededStatus
from bench.store.records import TrialKey
from bench.verdicts.judge import judge

RUN = SizedRun(
    claims=(
        "name: small, kind: competitive, system: sprm, margin: 0.02, up_to: 0.25",
        "name: keeps, kind: retains, system: sprm, rival: prior, at: 0.1, share: 0.5",
        "name: ahead, kind: better_than, system: sprm, rival: prior",
    )
)
LAW = LAWS["sprm"]


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    return read_evidence(RUN.write(tmp_path_factory.mktemp("sized") / "run"))


@pytest.fixture(scope="module")
def found(evidence: Evidence) -> NeededBySize:
    return needed_by_size("sprm", 0.02, learn(evidence), evidence)


def test_claims_are_judged_on_the_fractions_of_the_largest_corpus(evidence: Evidence) -> None:
    small, keeps, ahead = judge(evidence.protocol.claims, evidence)
    assert [one.fraction.images for one in small.hypotheses] == [500, 250, 100, 50]
    assert {one.against and one.against.images for one in small.hypotheses} == {1000}
    assert [one.fraction.images for one in keeps.hypotheses] == [100]
    assert [one.fraction.images for one in ahead.hypotheses] == [50, 100, 250, 500, 1000]
    assert evidence.at(0.25).label == "250-images"


def test_of_another_size_claims_are_judged_on_its_own_fractions(evidence: Evidence) -> None:
    small, *_ = judge(evidence.of_size(300).protocol.claims, evidence.of_size(300))
    assert [one.fraction.images for one in small.hypotheses] == [150, 75, 30, 15]
    assert {one.against and one.against.images for one in small.hypotheses} == {300}


def test_what_each_corpus_needs_is_that_of_the_known_curve(found: NeededBySize) -> None:
    assert [of_size.whole.images for of_size in found.sizes] == [100, 300, 1000]
    for of_size in found.sizes:
        size = of_size.whole.images
        truth = LAW.amount_for(float(LAW.predict(size)) - 0.02)
        assert of_size.needed.interval.low < truth < of_size.needed.interval.high
        assert of_size.share.value == of_size.needed.value / size
        assert of_size.share.interval.high == of_size.needed.interval.high / size


def test_the_growth_is_that_of_the_known_curve(found: NeededBySize) -> None:
    sizes = np.array([100, 300, 1000])
    needed = [LAW.amount_for(float(LAW.predict(size)) - 0.02) for size in sizes]
    truth = float(np.polyfit(np.log(sizes), np.log(needed), 1)[0])
    assert found.growth.interval.low < truth < found.growth.interval.high
    assert found.growth.interval.high - found.growth.interval.low < 0.3
    assert found.seeds == (0, 1, 2, 3, 4)


def test_a_corpus_whose_whole_was_not_trained_on_is_left_out_of_the_growth(tmp_path: Path) -> None:
    lost = tuple(TrialKey("sprm", "300-images", seed) for seed in range(5))
    evidence = read_evidence(RUN.write(tmp_path / "run", without=lost))
    found = needed_by_size("sprm", 0.02, learn(evidence), evidence)
    assert [of_size.needed.status for of_size in found.sizes] == [
        NeededStatus.ok,
        NeededStatus.no_level,
        NeededStatus.ok,
    ]
    known = np.log([found.sizes[0].needed.value, found.sizes[2].needed.value])
    assert found.growth.exponent == pytest.approx(np.diff(known)[0] / np.log(10))


def test_without_any_trial_nothing_is_known(tmp_path: Path) -> None:
    protocol_labels = [f"{n}-images" for n in (5, 10, 15, 25, 30, 50, 75, 100, 150, 250, 300, 500, 1000)]
    lost = tuple(TrialKey("sprm", label, seed) for label in protocol_labels for seed in range(5))
    evidence = read_evidence(RUN.write(tmp_path / "run", without=lost))
    found = needed_by_size("sprm", 0.02, learn(evidence), evidence)
    assert {of_size.needed.status for of_size in found.sizes} == {NeededStatus.no_curve}
    assert (found.growth.status, isnan(found.growth.exponent)) == (GrowthStatus.no_curve, True)
