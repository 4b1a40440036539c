"""What the methods for learning curves are put to, on studies that follow a known power law.

What rests on a fitted curve is asked only where the fit is accepted, as a report would show it only there.
"""

from __future__ import annotations

import numpy as np

from bench.stats.amount_needed import SHARE, AmountNeeded, NeededStatus, data_multiplier, n_95
from bench.stats.area_under_curve import area_under_curve
from bench.stats.learning_curve import EXTRAPOLATION
from bench.stats.power_law import PowerLaw
from bench.stats.scenario import AT_MOST, COVERS, Case, Scenario
from bench.stats.simulation import AMOUNTS, LAW, following
from bench.stats.simultaneous_band import simultaneous_band

TEST_IMAGES = 1_000
"""As many as the default run has. With fewer, phrases' luck weighs more, and the crossed draws give it too much."""
TIMES = 2.5
"""As many times the data does the rival need for every accuracy."""
HUNGRY = PowerLaw(LAW.c, LAW.a * TIMES**LAW.b, LAW.b)
FULL = float(AMOUNTS[-1])
MATCHED = 3
"""Place of the amount that the rival is to match; it takes the rival less than its own largest."""


def _area_covers(case: Case) -> bool:
    area = np.trapezoid(LAW.predict(AMOUNTS), np.log(AMOUNTS)) / np.log(AMOUNTS[-1] / AMOUNTS[0])
    found = area_under_curve(list(case.correct[: len(AMOUNTS)]), AMOUNTS, case.phrases)
    return bool(found.low <= area <= found.high)


def _band_covers(case: Case) -> bool:
    intervals = simultaneous_band(case.curves[0]).intervals
    return all(at.low <= true <= at.high for at, true in zip(intervals, LAW.predict(AMOUNTS), strict=True))


def _refuses(case: Case) -> bool:
    return case.curves[0].law is None


def _full_covers(case: Case) -> bool | None:
    return _prediction_covers(case, FULL)


def _twice_covers(case: Case) -> bool | None:
    return _prediction_covers(case, EXTRAPOLATION * FULL)


def _prediction_covers(case: Case, amount: float) -> bool | None:
    if case.curves[0].law is None:
        return None
    (found,) = case.curves[0].predict([amount])
    return bool(found.interval.low <= LAW.predict(amount) <= found.interval.high)


def _n_95_covers(case: Case) -> bool | None:
    return _holds(n_95(case.curves[0]), LAW.amount_for(SHARE * float(LAW.predict(FULL))))


def _multiplier_covers(case: Case) -> bool | None:
    system, rival = case.curves
    return _holds(data_multiplier(system, rival)[MATCHED], TIMES)


def _holds(found: AmountNeeded, truth: float) -> bool | None:
    if found.status is NeededStatus.no_curve:
        return None
    return found.interval.low <= truth <= found.interval.high


ONE = following(LAW, "one")
TWO = (*ONE, *following(HUNGRY, "other"))
LINES = (
    ("area_under_curve", "interval", _area_covers, COVERS),
    ("simultaneous_band", "whole true curve", _band_covers, COVERS),
    ("learning_curve", "refusal of a true power law", _refuses, AT_MOST),
    ("learning_curve", "interval at the largest amount, of accepted fits", _full_covers, COVERS),
    ("learning_curve", "interval at twice the largest amount, of accepted fits", _twice_covers, COVERS),
    ("n_95", "interval, of accepted fits", _n_95_covers, COVERS),
)
CURVE_SCENARIOS = (
    *(
        Scenario(method, truth, systems, question, target, seeds, images=TEST_IMAGES)
        for method, truth, question, target in LINES
        for seeds, systems in ((3, ONE), (5, TWO), (10, ONE))
    ),
    Scenario(
        "data_multiplier", "interval, of the rival's accepted fits", TWO, _multiplier_covers, COVERS, images=TEST_IMAGES
    ),
)
