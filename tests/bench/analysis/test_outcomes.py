from __future__ import annotations

import numpy as np
from hand_made_evidence import evidence

from bench.analysis.curves import curve
from bench.analysis.outcomes import Outcomes
from bench.store.records import TrialKey

PHRASES = np.array([2, 1])


def test_a_metric_that_came_after_some_trials_is_left_out_and_accuracy_is_not() -> None:
    whole = evidence({("prior", 0): [[1, 1]], ("sprm", 1.0): [[2, 0], [1, 1]]}, PHRASES, fractions=(1.0,), seeds=2)
    assert {tuple(point.others) for point in curve(whole)} == {("iou", "pointing")}
    answers = {key: dict(values) for key, values in whole.outcomes.answers.items()}
    del answers[TrialKey("sprm", "1", 1)]["iou"]
    assert Outcomes(whole.outcomes.test, answers).metrics == ("correct", "pointing")
