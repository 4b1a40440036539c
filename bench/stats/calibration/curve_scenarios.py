"""What the methods for learning curves are put to, on studies that follow a known power law.

What rests on a fitted curve is asked only where the fit is accepted, as a report would show it only there.
"""

from __future__ import annotations

import numpy as np

from bench.stats.calibration.scenario import AT_LEAST, AT_MOST, COVERS, Case, Scenario
from bench.stats.calibration.simulation import AMOUNTS, IMAGES, LAW, System, following
from bench.stats.curves.amount_needed import SHARE, AmountNeeded, amount_within_margin, data_multiplier, n_95
from bench.stats.curves.area_under_curve import area_under_curve
from bench.stats.curves.growth import growth
from bench.stats.curves.interpolation import interpolate
from bench.stats.curves.learning_curve import ENOUGH_SEEDS, EXTRAPOLATION
from bench.stats.curves.power_law import PowerLaw
from bench.stats.curves.simultaneous_band import simultaneous_band

TEST_IMAGES = 1_000
"""As many as the test split of Flickr30k Entities has."""
TIMES = 2.5
"""As many times the data does the rival need for every accuracy."""
HUNGRY = PowerLaw(LAW.c, LAW.a * TIMES**LAW.b, LAW.b)
FULL = float(AMOUNTS[-1])
MARGIN = 0.02
"""Loss that counts as none."""
CORPORA = AMOUNTS[3:]
"""Sizes of nested corpora."""
MATCHED = 3
"""Place of the amount that the rival is to match; it takes the rival less than its own largest."""


def _area_covers(case: Case) -> bool:
    area = np.trapezoid(LAW.predict(AMOUNTS), np.log(AMOUNTS)) / np.log(AMOUNTS[-1] / AMOUNTS[0])
    estimate = area_under_curve(list(case.correct[: len(AMOUNTS)]), AMOUNTS, case.phrases)
    return bool(estimate.low <= area <= estimate.high)


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
    (prediction,) = case.curves[0].predict([amount])
    return bool(prediction.interval.low <= LAW.predict(amount) <= prediction.interval.high)


def _n_95_covers(case: Case) -> bool | None:
    if case.curves[0].law is None:
        return None
    return _holds(n_95(case.curves[0]), LAW.amount_for(SHARE * float(LAW.predict(FULL))))


def _multiplier_covers(case: Case) -> bool | None:
    system, rival = case.curves
    if rival.law is None:
        return None
    return _holds(data_multiplier(system, rival)[MATCHED], TIMES)


def _holds(needed: AmountNeeded, truth: float) -> bool:
    return needed.interval.low <= truth <= needed.interval.high


def _n_95_between_covers(case: Case) -> bool | None:
    late = case.curves[0]
    return None if late.law is not None else _holds(n_95(late), _reached(LATE, SHARE * LATE[-1]))


def _multiplier_between_covers(case: Case) -> bool | None:
    late, slow = case.curves
    if slow.law is not None:
        return None
    return _holds(data_multiplier(late, slow)[0], _reached(SLOW, LATE[0]) / float(AMOUNTS[0]))


def _within_margin_covers(case: Case) -> bool | None:
    if case.curves[0].law is None:
        return None
    return _holds(amount_within_margin(case.curves[0], FULL, MARGIN), _enough(FULL))


def _growth_covers(case: Case) -> bool | None:
    if case.curves[0].law is None:
        return None
    return _growth_holds(case, [_enough(size) for size in CORPORA])


def _within_margin_between_covers(case: Case) -> bool | None:
    late = case.curves[0]
    if late.law is not None:
        return None
    return _holds(amount_within_margin(late, FULL, MARGIN), _reached(LATE, LATE[-1] - MARGIN))


def _growth_between_covers(case: Case) -> bool | None:
    if case.curves[0].law is not None:
        return None
    return _growth_holds(case, [_reached(LATE, accuracy - MARGIN) for accuracy in LATE[-len(CORPORA) :]])


def _enough(size: float) -> float:
    return LAW.amount_for(float(LAW.predict(size)) - MARGIN)


def _growth_holds(case: Case, amounts: list[float]) -> bool:
    interval = growth(case.curves[0], CORPORA.tolist(), MARGIN).interval
    exponent = float(np.polyfit(np.log(CORPORA), np.log(amounts), 1)[0])
    return interval.low <= exponent <= interval.high


def _reached(accuracies: tuple[float, ...], level: float) -> float:
    return float(interpolate(AMOUNTS, [accuracies]).amounts_for([level])[0])


def _without_law(accuracies: tuple[float, ...], family: str) -> tuple[System, ...]:
    return tuple(System(lost=System().accuracy - accuracy, family=family) for accuracy in accuracies)


LATE = (0.508, 0.517, 0.518, 0.543, 0.573, 0.594, 0.614)
SLOW = (0.400, 0.430, 0.445, 0.475, 0.520, 0.540, 0.560)
"""Accuracies after `AMOUNTS` that bend upwards on a log axis, as those of the default run, so that no law fits."""
BENT = (*_without_law(LATE, "late"), *_without_law(SLOW, "slow"))
ONE = following(LAW, "one")
TWO = (*ONE, *following(HUNGRY, "other"))
LINES = (
    ("area_under_curve", "interval", _area_covers, COVERS),
    ("learning_curve", "refusal of a true power law", _refuses, AT_MOST),
    ("learning_curve", "interval at the largest amount, of accepted fits", _full_covers, COVERS),
    ("learning_curve", "interval at twice the largest amount, of accepted fits", _twice_covers, COVERS),
)
ALL_TOGETHER = (
    ("simultaneous_band", "whole true curve", _band_covers),
    ("n_95", "interval, of accepted fits", _n_95_covers),
    ("amount_within_margin", "interval, of accepted fits", _within_margin_covers),
    ("growth", "interval, of accepted fits", _growth_covers),
)
BETWEEN = (
    ("n_95", _n_95_between_covers, COVERS),
    ("data_multiplier", _multiplier_between_covers, COVERS),
    ("amount_within_margin", _within_margin_between_covers, AT_LEAST),
    ("growth", _growth_between_covers, AT_LEAST),
)
STUDIES = ((3, TEST_IMAGES, ONE), (5, IMAGES, TWO), (5, TEST_IMAGES, TWO), (10, TEST_IMAGES, ONE))
"""Seeds, test images, and the systems simulated with them; the second is the size of the default run."""
CURVE_SCENARIOS = (
    *(
        Scenario(method, truth, systems, question, target, seeds, images=images)
        for method, truth, question, target in LINES
        for seeds, images, systems in STUDIES
    ),
    *(
        Scenario(
            method,
            truth if seeds >= ENOUGH_SEEDS else f"{truth}, too few seeds",
            systems,
            question,
            COVERS if seeds >= ENOUGH_SEEDS else None,
            seeds,
            images=images,
        )
        for method, truth, question in ALL_TOGETHER
        for seeds, images, systems in STUDIES
    ),
    *(
        Scenario(
            "data_multiplier", "interval, of the rival's accepted fits", TWO, _multiplier_covers, COVERS, images=size
        )
        for size in (IMAGES, TEST_IMAGES)
    ),
    *(
        Scenario(method, "interval between measured amounts, of no law", BENT, question, target, images=size)
        for method, question, target in BETWEEN
        for size in (IMAGES, TEST_IMAGES)
    ),
)
