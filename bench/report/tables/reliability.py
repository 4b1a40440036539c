"""How the confidence of answers and their accuracy go together, as a table."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from bench.analysis.reliability import BINS, Reliability
from bench.report.tables.columns import amount_fields, estimate_cell, estimate_fields
from bench.report.tables.table import Table
from bench.text.numbers import NONE, count, percent


def reliability(systems: Sequence[Reliability]) -> Table:
    """Confidence and accuracy of each system by bin of confidence."""
    return Table(
        name="reliability",
        caption=(
            "Confidence of answers and their accuracy, in percent with 95 % intervals, by bins of confidence; "
            f"exploratory. Up to {BINS} bins of equal numbers of answers; answers of equal confidence share a bin. "
            "Answers: in a trial, averaged over the seeds. Confidence: the probability that the system gives to the "
            "box that it chooses."
        ),
        header=("System", "Training images", "Answers", "Confidence", "Accuracy"),
        rows=tuple(
            (
                own.system,
                NONE if own.fraction is None else count(own.fraction.images),
                count(round(each.phrases)),
                percent(each.confidence),
                estimate_cell(each.accuracy),
            )
            for own in systems
            for each in own.bins
        ),
        data=pd.DataFrame(
            [
                {
                    "system": own.system,
                    **amount_fields(own.fraction),
                    "bin": place,
                    "answers": each.phrases,
                    "confidence": each.confidence,
                    **estimate_fields(each.accuracy),
                    "calibration_error": own.error,
                }
                for own in systems
                for place, each in enumerate(own.bins, start=1)
            ]
        ),
    )
