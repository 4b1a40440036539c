"""How often the tests are wrong and the intervals miss, on simulated studies whose truth is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan, nan

import numpy as np
import scipy

from bench.stats.calibration.curve_scenarios import CURVE_SCENARIOS
from bench.stats.calibration.look_scenarios import LOOK_SCENARIOS
from bench.stats.calibration.outcome_scenarios import OUTCOME_SCENARIOS
from bench.stats.calibration.scenario import Case, Scenario
from bench.stats.calibration.simulation import System, simulated

COLUMNS = ("method", "truth", "over new", "seeds", "images", "studies", "rate", "target")
SCENARIOS = (*OUTCOME_SCENARIOS, *LOOK_SCENARIOS, *CURVE_SCENARIOS)
CHANCE = 0.01
"""Of calling a method that is wrong just as often as another more often wrong than that."""


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
        target: lowest and highest good rate; None where none is good or bad.
        once: of the same studies, the share in which a design that tests once rejected; None where there is none.
        p_above_once: chance of so many more rejections than by that design if both were wrong equally often (the exact
            test of McNemar 1947 on the studies in which they differ); None where there is none.
        note: what stands in the place of a target where there is none.
    """

    method: str
    truth: str
    over: str
    seeds: int
    images: int
    studies: int
    rate: float
    target: tuple[float, float] | None
    once: float | None = None
    p_above_once: float | None = None
    note: str = "for contrast"

    @property
    def is_good(self) -> bool:
        """Whether the rate is within its target and not above that of testing once, as far as it has these."""
        is_above = self.p_above_once is not None and self.p_above_once < CHANCE
        return not is_above and (self.target is None or self.target[0] <= self.rate <= self.target[1])


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
    once: list[list[float | None]] = [[] for _ in scenarios]
    together: dict[tuple[tuple[System, ...], int, int], list[int]] = {}
    for place, scenario in enumerate(scenarios):
        together.setdefault((scenario.systems, scenario.seeds, scenario.images), []).append(place)
    for (systems, seeds, images), places in together.items():
        for number in range(studies):
            study = simulated(systems, seeds, np.random.default_rng([seed, 0, number]), images)
            case = Case(study, (seed, 1, number))
            for place in places:
                answers[place].append(scenarios[place].question(case))
                if (fixed := scenarios[place].once) is not None:
                    once[place].append(fixed(case))
    return [_rate(*asked) for asked in zip(scenarios, answers, once, strict=True)]


def _rate(scenario: Scenario, answers: Sequence[float | None], once: Sequence[float | None]) -> Rate:
    alone = sum(bool(ours) and not theirs for ours, theirs in zip(answers, once, strict=False))
    theirs_alone = sum(bool(theirs) and not ours for ours, theirs in zip(answers, once, strict=False))
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
        once=sum(map(bool, once)) / len(once) if once else None,
        p_above_once=float(scipy.stats.binom.sf(alone - 1, alone + theirs_alone, 0.5)) if once else None,
        note=scenario.note,
    )


def table(rates: Sequence[Rate]) -> str:
    """Lay out rates as a table in Markdown."""
    lines = ["| " + " | ".join(COLUMNS) + " |", "|---" * len(COLUMNS) + "|"]
    for rate in rates:
        target = rate.note if rate.target is None else f"{rate.target[0]:.0%} to {rate.target[1]:.0%}"
        target += "" if rate.once is None else f"; one test {rate.once:.1%}"
        missed = "" if rate.is_good else ", missed"
        share = "none" if isnan(rate.rate) else f"{rate.rate:.1%}"
        cells = (rate.method, rate.truth, rate.over, rate.seeds, rate.images, rate.studies, share, target + missed)
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines) + "\n"
