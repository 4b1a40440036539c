from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hand_made_evidence import evidence
from simulated_run import SimulatedRun

from bench.analysis.evidence import Evidence, read_evidence
from bench.analysis.reliability import equal_mass, reliabilities
from bench.store.records import TrialKey

PHRASES = np.array([2, 2])


def with_confidence(confidence: dict[TrialKey, list[float]]) -> Evidence:
    made = evidence({("sprm", 1.0): [[1, 0], [2, 1]]}, PHRASES, fractions=(1.0,), seeds=2)
    found = {key: np.array(values) for key, values in confidence.items()}
    return replace(made, outcomes=replace(made.outcomes, confidence=found))


def test_bins_have_equal_numbers_of_answers_and_equal_ones_share_a_bin() -> None:
    assert equal_mass(np.array([0.4, 0.1, 0.3, 0.2]), 2).tolist() == [1, 0, 1, 0]
    assert equal_mass(np.array([0.1, 0.5, 0.5, 0.5, 0.9, 0.95]), 3).tolist() == [0, 0, 0, 0, 1, 1]
    assert set(equal_mass(np.full(9, 0.3), 3)) == {0}


def test_the_expected_calibration_error_is_computed_by_hand() -> None:
    # Right: the first phrase of the first seed; all but the last of the second.
    sure, unsure = [0.9, 0.1, 0.1, 0.1], [0.9, 0.9, 0.9, 0.1]
    keys = TrialKey("sprm", "1", 0), TrialKey("sprm", "1", 1)
    (found,) = reliabilities(with_confidence(dict(zip(keys, (sure, unsure), strict=True))))
    assert [(each.phrases, round(each.confidence, 6), each.accuracy.estimate) for each in found.bins] == [
        (2, 0.1, 0),
        (2, 0.9, 1),
    ]
    assert (found.seeds, found.confidence, found.accuracy) == (2, 0.5, 0.5)
    assert found.error == pytest.approx(0.1)


def test_confidence_that_says_nothing_is_as_wrong_as_it_lies_from_accuracy() -> None:
    keys = TrialKey("sprm", "1", 0), TrialKey("sprm", "1", 1)
    (found,) = reliabilities(with_confidence({key: [0.8] * 4 for key in keys}))
    assert len(found.bins) == 1
    assert found.error == pytest.approx(0.3)


def test_systems_are_described_at_their_largest_amount_and_those_without_confidence_not_at_all(tmp_path: Path) -> None:
    study = SimulatedRun(fractions=(0.1, 1.0), seeds=3, images=60, confident=True)
    found = {own.system: own for own in reliabilities(read_evidence(study.write(tmp_path / "run")))}
    assert list(found) == ["prior", "sprm", "refinement"]
    assert found["prior"].fraction is None
    assert found["sprm"].fraction is not None
    assert found["sprm"].fraction.images == 1000
    assert found["sprm"].seeds == 3
    rates = [each.accuracy.estimate for each in found["sprm"].bins]
    assert rates[0] < 0.1
    assert rates[-1] > 0.9
    varied = [own.accuracy for own in found["sprm"].bins if own.accuracy.status.has_interval]
    assert varied
    assert all(own.low < own.estimate < own.high for own in varied)
    assert (
        reliabilities(read_evidence(SimulatedRun(fractions=(1.0,), seeds=2, images=20).write(tmp_path / "old"))) == ()
    )
