"""How often the tests are wrong and the intervals miss, on simulated studies whose truth is known.

`python -m bench.stats.calibration` prints the table; the same seed gives the same one. It leaves with 1 when a rate is
outside its target.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from bench.stats.scenarios import SCENARIOS, Scenario
from bench.stats.simulation import simulated


@dataclass(frozen=True)
class Rate:
    """How a method did.

    Attributes:
        method: what was put to the test.
        truth: the null hypothesis that was true, or the quantity an interval should hold.
        seeds: trainings of each system.
        rate: share of studies in which the null was rejected, or the interval held the truth.
        target: lowest and highest good rate; None for a method shown for contrast.
    """

    method: str
    truth: str
    seeds: int
    rate: float
    target: tuple[float, float] | None

    @property
    def is_good(self) -> bool:
        """Whether the rate is within its target, or has none."""
        return self.target is None or self.target[0] <= self.rate <= self.target[1]


def calibrate(scenario: Scenario, studies: int, seed: int) -> Rate:
    """Simulate studies of one scenario and ask its question of each.

    Args:
        scenario: what to simulate and ask.
        studies: how many.
        seed: where all chance comes from; scenarios of the same systems and seeds see the same studies.
    """
    yes = 0
    for made, asked in zip(_generators(seed, studies, 0), _generators(seed, studies, 1), strict=True):
        yes += scenario.question(simulated(scenario.systems, scenario.seeds, made), asked)
    return Rate(scenario.method, scenario.truth, scenario.seeds, yes / studies, scenario.target)


def table(rates: Sequence[Rate]) -> str:
    """Lay out rates as a table in Markdown."""
    lines = ["| method | truth | seeds | rate | target |", "|---|---|---|---|---|"]
    for one in rates:
        target = "for contrast" if one.target is None else f"{one.target[0]:.0%} to {one.target[1]:.0%}"
        missed = "" if one.is_good else ", missed"
        lines.append(f"| {one.method} | {one.truth} | {one.seeds} | {one.rate:.1%} | {target}{missed} |")
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table of all scenarios, and say whether every rate is within its target."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.stats.calibration", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--studies", type=int, default=400, help="simulated studies for each line (400)")
    parser.add_argument("--seed", type=int, default=0, help="where all chance comes from (0)")
    parser.add_argument("--json", action="store_true", help="one JSON object in place of the table")
    asked = parser.parse_args(arguments)
    if asked.studies < 1 or asked.seed < 0:
        parser.error("expected at least one study and a seed of 0 or more")
    rates = [calibrate(scenario, asked.studies, asked.seed) for scenario in SCENARIOS]
    answer = {"studies": asked.studies, "seed": asked.seed, "rates": [asdict(rate) for rate in rates]}
    sys.stdout.write(json.dumps(answer) + "\n" if asked.json else table(rates))
    return 0 if all(rate.is_good for rate in rates) else 1


def _generators(seed: int, count: int, purpose: int) -> list[np.random.Generator]:
    return [np.random.default_rng([seed, purpose, number]) for number in range(count)]


if __name__ == "__main__":
    sys.exit(main())
