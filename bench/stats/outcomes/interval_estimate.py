"""A number with an interval and without a test."""

from __future__ import annotations

from dataclasses import dataclass

from bench.stats.outcomes.status import Status


@dataclass(frozen=True)
class IntervalEstimate:
    """A number with its interval. Fields that `status` rules out are NaN; there is never a p-value.

    Attributes:
        estimate: the number, of the outcomes observed.
        low: lower end of the 95 % interval.
        high: upper end of the 95 % interval.
        status: why there is no interval, or what it covers: `ok` new images and new trainings alike; `one seed`
            and `identical seeds` new images only.
        seeds: trainings that entered.
        images: images with at least one phrase.
    """

    estimate: float
    low: float
    high: float
    status: Status
    seeds: int
    images: int
