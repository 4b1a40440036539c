"""Amounts of data that a system needs, in words."""

from __future__ import annotations

from math import isnan

from bench.analysis.efficiency import Multiplier
from bench.stats import AmountNeeded, NeededStatus
from bench.text.curve_words import UNBOUNDED, WHY_NO_CURVE, Write, ends, times
from bench.text.numbers import images, percent
from bench.text.statuses import IMAGES_ONLY

NO_INTERVAL = "there is no interval, because the outcomes do not vary"
LOCATED = set(NeededStatus) - {NeededStatus.no_curve, NeededStatus.no_level, NeededStatus.unequal_seeds}
"""Of an amount of which it is known where it lies."""


def multiplier_statement(multiplier: Multiplier) -> str:
    """State how many times the data a rival needs to equal a system after one amount."""
    needed, rival = multiplier.needed, multiplier.rival
    what = f"{multiplier.system} trained on {images(multiplier.fraction.images)}"
    if needed.status is NeededStatus.no_curve:
        return (
            f"How much data {rival} needs to match {multiplier.system} is unknown, because it has no curve: "
            f"{WHY_NO_CURVE[multiplier.status]}."
        )
    if needed.status in (NeededStatus.no_level, NeededStatus.unequal_seeds):
        return f"How much data {rival} needs to match {what} is unknown, because trials are missing."
    level = f"{what} ({percent(needed.accuracy)} %)"
    only = IMAGES_ONLY if len(multiplier.seeds) == 1 else ""
    interval = interval_of(needed, times, f"95 % interval of the multiple{only}")
    return {
        NeededStatus.ok: f"To match {level}, {rival} needs {times(needed.value)} times as many images{interval}.",
        NeededStatus.extrapolated: (
            f"To match {level}, {rival} needs {times(needed.value)} times as many images, beyond its largest fraction"
            f"{interval}."
        ),
        NeededStatus.interpolated: (
            f"To match {level}, {rival} needs {times(needed.value)} times as many images, by interpolation{interval}."
        ),
        NeededStatus.already: f"{rival} already matches {level} at its own smallest fraction{interval}.",
        NeededStatus.not_reached: f"To match {level}, {rival} needs more than its largest fraction{interval}.",
        NeededStatus.beyond: f"To match {level}, {rival} needs more than twice its largest fraction{interval}.",
        NeededStatus.never: f"{rival} never matches {level}: the limit of its curve is not higher{interval}.",
    }[needed.status]


def interval_of(needed: AmountNeeded, write: Write, name: str) -> str:
    """Write an interval between brackets, or that there is none; one without a bound on either side says nothing."""
    if isnan(needed.interval.low):
        return f" ({NO_INTERVAL})" if needed.status in LOCATED else ""
    written = ends(needed.interval, write)
    return "" if written == UNBOUNDED else f" ({name} {written})"
