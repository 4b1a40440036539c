"""`python -m bench.stats.calibration` prints how often the methods are wrong; the same seed gives the same table.

It leaves with 1 when a rate is outside its target.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict

from bench.stats.calibration.calibrate import SCENARIOS, calibrate, table


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table of all scenarios, and say whether every rate is within its target."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.stats.calibration",
        description="How often the tests are wrong and the intervals miss, on simulated studies whose truth is known.",
    )
    parser.add_argument("--studies", type=int, default=400, help="simulated studies for each line (400)")
    parser.add_argument("--seed", type=int, default=0, help="where all chance comes from (0)")
    parser.add_argument("--json", action="store_true", help="one JSON object in place of the table")
    asked = parser.parse_args(arguments)
    if asked.studies < 1 or asked.seed < 0:
        parser.error("expected at least one study and a seed of 0 or more")
    rates = calibrate(SCENARIOS, asked.studies, asked.seed)
    answer = {"studies": asked.studies, "seed": asked.seed, "rates": [asdict(rate) for rate in rates]}
    sys.stdout.write(json.dumps(answer) + "\n" if asked.json else table(rates))
    return 0 if all(rate.is_good for rate in rates) else 1


if __name__ == "__main__":
    sys.exit(main())
