"""What a figure draws, as columns of its CSV file; the name of each number ends with its unit."""

from __future__ import annotations

from typing import Any

from bench.analysis.fraction import Fraction
from bench.stats import Estimate, Interval

IMAGES_INTERVAL = "95 % interval, cluster-robust t over test images"
"""Level and method of the interval of a system that is not trained, which has no seeds."""


def amount_columns(fraction: Fraction | None) -> dict[str, Any]:
    """Return an amount of training data in images and in percent of all; both 0 for a system that is not trained."""
    if fraction is None:
        return {"training_images": 0, "training_set_percent": 0.0}
    return {"training_images": fraction.images, "training_set_percent": 100 * fraction.share}


def estimate_columns(quantity: str, estimate: Estimate, unit: str = "percent") -> dict[str, Any]:
    """Return an estimate and its interval in percent or points, and what it rests on.

    Args:
        quantity: what is estimated, which names the first column.
        estimate: as shares.
        unit: `percent` or `points`.
    """
    ends = {f"{name}_{unit}": 100 * getattr(estimate, name) for name in ("low", "high")}
    rests_on = {"seeds": estimate.seeds, "test_images": estimate.images, "interval": estimate.status.value}
    return {f"{quantity}_{unit}": 100 * estimate.estimate, **ends, **rests_on}


def interval_columns(interval: Interval, unit: str, scale: float = 1.0) -> dict[str, Any]:
    """Return the ends of an interval in some unit; an open end is infinite or 0, an unknown one empty."""
    return {f"low_{unit}": scale * interval.low, f"high_{unit}": scale * interval.high}
