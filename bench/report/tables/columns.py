"""How records become columns of a table: as cells to be read, and as the fields of its data."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from bench.analysis.fraction import Fraction
from bench.stats import Estimate
from bench.text.numbers import NONE, interval, percent, signed


def estimate_cell(estimate: Estimate) -> str:
    """Write an accuracy in percent with its interval, where it has one: `57.3 [55.9, 58.7]`."""
    if not estimate.status.has_interval:
        return percent(estimate.estimate)
    return f"{percent(estimate.estimate)} {interval(estimate)}"


def difference_cells(difference: Estimate) -> tuple[str, str]:
    """Write a difference in points, and its interval or a dash: `+4.2` and `[+3.2, +5.1]`."""
    ends = f"[{signed(difference.low)}, {signed(difference.high)}]" if difference.status.has_interval else NONE
    return signed(difference.estimate), ends


def estimate_fields(estimate: Estimate) -> dict[str, Any]:
    """Name an estimate's fields as columns beside those of its training data."""
    return {"test_images" if name == "images" else name: value for name, value in asdict(estimate).items()}


def amount_fields(fraction: Fraction | None) -> dict[str, Any]:
    """Name the fields of an amount of training data as columns; all 0 for a system that is not trained."""
    if fraction is None:
        return {"fraction": "0", "training_images": 0, "share": 0.0}
    return {"fraction": fraction.label, "training_images": fraction.images, "share": fraction.share}
