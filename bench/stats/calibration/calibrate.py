"""How often the tests are wrong and the intervals miss, on simulated studies whose truth is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan, nan

import numpy as np

from bench.stats.calibration.curve_scenarios import CURVE_SCENARIOS
from bench.stats.calibration.outcome_scenarios import OUTCOME_SCENARIOS
from bench.stats.calibration.scenario import Case, Scenario
from bench.stats.calibration.simulation import System, simulated

COLUMNS = ("method", "truth", "over new", "seeds", "images", "studies", "rate", "target")
SCENARIOS = (*OUTCOME_SCENARIOS, *CURVE_SCENARIOS)


@dataclass(frozen=True)
class Rate:
    """How a method did.

    Attributes:
        method: what was put to the test.
        truth: the null hypothesis that was true, or the quantity an interval should hold.
        over: what the method generalises over.
        seeds: trainings of each system.
        images: test images.
        studies: in which there was something to ask.
        rate: share of these in which the null was rejected, or the interval held the truth; NaN without any.
        target: lowest and highest good rate; None for a method shown for contrast.
    """

    method: str
    truth: str
    over: str
    seeds: int
    images: int
    studies: int
    rate: float
    target: tuple[float, float] | None

    @property
    def is_good(self) -> bool:
        """Whether the rate is within its target, or has none."""
        return self.target is None or self.target[0] <= self.rate <= self.target[1]


def calibrate(scenarios: Sequence[Scenario], studies: int, seed: int) -> list[Rate]:
    """Simulate studies of each scenario and ask its question of them.

    Args:
        scenarios: what to simulate and ask; those of the same systems and seeds see the same studies.
        studies: how many.
        seed: where all chance comes from. A rate does not depend on what other scenarios there are.

    Returns:
        One for each scenario.
    """
    answers: list[list[float | None]] = [[] for _ in scenarios]
    together: dict[tuple[tuple[System, ...], int, int], list[int]] = {}
    for place, scenario in enumerate(scenarios):
        together.setdefault((scenario.systems, scenario.seeds, scenario.images), []).append(place)
    for (systems, seeds, images), places in together.items():
        for number in range(studies):
            study = simulated(systems, seeds, np.random.default_rng([seed, 0, number]), images)
            case = Case(study, (seed, 1, number))
            for place in places:
                answers[place].append(scenarios[place].question(case))
    return [_rate(scenario, asked) for scenario, asked in zip(scenarios, answers, strict=True)]


def _rate(scenario: Scenario, answers: Sequence[float | None]) -> Rate:
    given = [float(answer) for answer in answers if answer is not None]
    return Rate(
        method=scenario.method,
        truth=scenario.truth,
        over=scenario.over,
        seeds=scenario.seeds,
        images=scenario.images,
        studies=len(given),
        rate=sum(given) / len(given) if given else nan,
        target=scenario.target,
    )


def table(rates: Sequence[Rate]) -> str:
    """Lay out rates as a table in Markdown."""
    lines = ["| " + " | ".join(COLUMNS) + " |", "|---" * len(COLUMNS) + "|"]
    for rate in rates:
        target = "for contrast" if rate.target is None else f"{rate.target[0]:.0%} to {rate.target[1]:.0%}"
        missed = "" if rate.is_good else ", missed"
        share = "none" if isnan(rate.rate) else f"{rate.rate:.1%}"
        cells = (rate.method, rate.truth, rate.over, rate.seeds, rate.images, rate.studies, share, target + missed)
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines) + "\n"
