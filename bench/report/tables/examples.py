"""How often training helps and hurts, among the examples and among all test phrases, as a table."""

from __future__ import annotations

import pandas as pd

from bench.analysis.examples import Examples
from bench.report.tables.table import Table
from bench.report.text.examples import TITLES
from bench.text.numbers import NONE, count, percent


def example_rates(examples: Examples) -> Table:
    """Count each case among the examples and among all test phrases."""
    seed = "" if examples.seed is None else f" in the training with seed {examples.seed}"
    return Table(
        name="example_rates",
        caption=(
            f"How many phrases are which case{seed}: of the {count(len(examples.examples))} examples, and of all test "
            "phrases. These are counts of this test split, so they have no interval."
        ),
        header=("Case", "System", "Examples", "Test phrases", "Test phrases, %"),
        rows=tuple(
            (
                TITLES[rate.what],
                rate.system or NONE,
                count(rate.examples),
                count(rate.phrases),
                percent(rate.share),
            )
            for rate in examples.rates
        ),
        data=pd.DataFrame(
            [
                {
                    "case": rate.what.value,
                    "system": rate.system or "",
                    "examples": rate.examples,
                    "phrases": rate.phrases,
                    "share": rate.share,
                }
                for rate in examples.rates
            ]
        ),
        words=2,
    )
