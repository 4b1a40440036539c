"""How trained systems learn, as plain values for programs: a part of `claims.json`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from bench.analysis.efficiency import AreaDifference, Multiplier
from bench.analysis.learning import Learning
from bench.report.corpus_sizes import ClaimBySize, why_not_tested
from bench.stats import AmountNeeded, Interval


def learning_values(learning: Learning) -> dict[str, Any]:
    """Return what is read off the curve of one system; amounts are training images."""
    law = learning.curve.law
    return {
        "system": learning.system,
        "training_images": [fraction.images for fraction in learning.fractions],
        "seeds": list(learning.seeds),
        "status": learning.curve.status.value,
        "law": None if law is None else asdict(law),
        "limit": None if law is None else {"estimate": law.c, "interval": _ends(learning.curve.limit)},
        "n_95": _needed(learning.n_95),
        "to_match_prior": None if learning.to_match_prior is None else _needed(learning.to_match_prior),
        "area": asdict(learning.area),
        "trend": {
            "p": learning.trend.p,
            "p_adjusted": learning.p_adjusted,
            "family": learning.family,
            "status": learning.trend.status.value,
        },
    }


def multiplier_values(multiplier: Multiplier) -> dict[str, Any]:
    """Return how many times the data a rival needs to equal a system after one amount."""
    return {
        "system": multiplier.system,
        "rival": multiplier.rival,
        "fraction": asdict(multiplier.fraction),
        "seeds": list(multiplier.seeds),
        "needed": _needed(multiplier.needed),
        "rival_curve": multiplier.status.value,
    }


def area_values(area: AreaDifference) -> dict[str, Any]:
    """Return how much more accurate one system is than another over all amounts."""
    return {
        "system": area.system,
        "rival": area.rival,
        "training_images": [fraction.images for fraction in area.fractions],
        "seeds": list(area.seeds),
        "difference": asdict(area.difference),
        "p_adjusted": area.p_holm,
        "family": area.family,
    }


def by_size_values(claim: ClaimBySize) -> dict[str, Any]:
    """Return what is competitive with all of each corpus; amounts are training images."""
    needed = claim.needed
    return {
        "name": claim.claim.name,
        "system": needed.system,
        "margin": needed.margin,
        "seeds": list(needed.seeds),
        "status": needed.status.value,
        "growth": {
            "exponent": needed.growth.exponent,
            "interval": _ends(needed.growth.interval),
            "status": needed.growth.status.value,
        },
        "sizes": [
            {
                "reference": asdict(of_size.whole),
                "smallest": None if verdict.smallest is None else asdict(verdict.smallest),
                "tested": why_not_tested(verdict) is None,
                "within_margin": _needed(of_size.needed),
                "last_step": None if verdict.last_step is None else asdict(verdict.last_step),
            }
            for verdict, of_size in claim
        ],
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
