"""How trained systems learn, as plain values for programs: a part of `claims.json`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from bench.analysis.efficiency import AreaDifference, Multiplier
from bench.analysis.learning import Learning
from bench.stats import AmountNeeded, Interval


def learning_values(one: Learning) -> dict[str, Any]:
    """Return what is read off the curve of one system; amounts are training images."""
    law = one.curve.law
    return {
        "system": one.system,
        "training_images": [fraction.images for fraction in one.fractions],
        "seeds": list(one.seeds),
        "status": one.curve.status.value,
        "law": None if law is None else asdict(law),
        "limit": None if law is None else {"estimate": law.c, "interval": _ends(one.curve.limit)},
        "n_95": _needed(one.n_95),
        "to_match_prior": None if one.to_match_prior is None else _needed(one.to_match_prior),
        "area": asdict(one.area),
        "trend": {
            "p": one.trend.p,
            "p_adjusted": one.p_adjusted,
            "family": one.family,
            "status": one.trend.status.value,
        },
    }


def multiplier_values(one: Multiplier) -> dict[str, Any]:
    """Return how many times the data a rival needs to equal a system after one amount."""
    return {
        "system": one.system,
        "rival": one.rival,
        "fraction": asdict(one.fraction),
        "seeds": list(one.seeds),
        "needed": _needed(one.needed),
        "rival_curve": one.status.value,
    }


def area_values(one: AreaDifference) -> dict[str, Any]:
    """Return how much more accurate one system is than another over all amounts."""
    return {
        "system": one.system,
        "rival": one.rival,
        "training_images": [fraction.images for fraction in one.fractions],
        "seeds": list(one.seeds),
        "difference": asdict(one.difference),
        "p_adjusted": one.p_holm,
        "family": one.family,
    }


def _needed(needed: AmountNeeded) -> dict[str, Any]:
    return {
        "accuracy": needed.accuracy,
        "value": needed.value,
        "interval": _ends(needed.interval),
        "status": needed.status.value,
    }


def _ends(interval: Interval) -> list[float]:
    return [interval.low, interval.high]
