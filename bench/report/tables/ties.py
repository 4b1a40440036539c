"""How much the accuracy of untrained systems depends on the rule for ties, as a table."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from bench.analysis.ties import TiedSystem
from bench.report.tables.columns import estimate_cell, estimate_fields
from bench.report.tables.table import Table
from bench.text.measures import Measure
from bench.text.numbers import NONE, percent
from sprm.settings import Ties

TITLES = {Ties.first: "First in the file", Ties.largest: "Largest", Ties.shared: "Shared evenly"}


def ties(systems: Sequence[TiedSystem], measure: Measure) -> Table:
    """Accuracy of each system under every rule for ties, and how many phrases and boxes tie."""
    return Table(
        name="ties",
        caption=(
            f"{measure.title} of untrained systems in percent, with 95 % intervals, under each rule for ties. Rule: "
            "the rule of this run. Phrases tied: test phrases for which several boxes have the highest score. Boxes "
            "tied: the mean number of these boxes. “Shared evenly” is the mean over the tied boxes: the expected "
            f"{measure} if the order of the boxes in the file carries no information."
        ),
        header=("System", "Rule", "Phrases tied, %", "Boxes tied", *TITLES.values()),
        rows=tuple(
            (
                own.system,
                own.rule.value,
                percent(own.phrases),
                f"{own.boxes:.1f}" if own.phrases else NONE,
                *(estimate_cell(own.accuracy[rule]) for rule in TITLES),
            )
            for own in systems
        ),
        data=pd.DataFrame(
            [
                {
                    "system": own.system,
                    "rule": own.rule.value,
                    "phrases_tied": own.phrases,
                    "boxes_tied": own.boxes,
                    "ties": rule.value,
                    **estimate_fields(own.accuracy[rule]),
                }
                for own in systems
                for rule in TITLES
            ]
        ),
        words=2,
    )
