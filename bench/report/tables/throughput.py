"""What the trials of a run took: time, memory and how many sentences a second were trained on, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np
import pandas as pd

from bench.report.analyse import Analysis
from bench.report.tables.table import Table
from bench.report.text.throughput import sentences_per_second, trained_records
from bench.store.records import TrialRecord
from bench.text.numbers import NONE, count

PARTS = ("seconds_steps", "seconds_selection", "seconds_evaluation")
"""Named parts of a trial's time."""


def effort(analysis: Analysis) -> Table:
    """What training took, averaged over seeds."""
    rows, data = [], []
    ordered = sorted(trained_records(analysis), key=lambda record: (record.system, record.images))
    for (system, images), own in groupby(ordered, key=lambda record: (record.system, record.images)):
        records = list(own)
        mean = {
            name: float(np.mean([getattr(record, name) for record in records])) for name in ("steps", "seconds", *PARTS)
        }
        beyond = mean["seconds"] - sum(mean[part] for part in PARTS)
        rate, memory = sentences_per_second(records), max(record.peak_memory_mb for record in records)
        times = f"{mean['seconds']:.1f}", f"{beyond:.1f}"
        rest = (NONE if rate is None else count(round(rate)), _epochs(records), f"{memory:.0f}")
        rows.append((system, count(images), count(round(mean["steps"])), *times, *rest))
        numbers = {**mean, "seconds_beyond": beyond, "sentences_per_second": rate, "peak_memory_mb": memory}
        data.append({"system": system, "training_images": images, "seeds": len(records), **numbers})
    return Table(
        name="effort",
        caption=(
            "Cost of a trial, averaged over the seeds. Overhead: seconds outside training steps, epoch selection and "
            "evaluation. It excludes what a worker does only once: loading libraries and opening the dataset. A "
            "training shared by two systems counts for the first one. Sentences/s: sentences per second of training "
            "steps in one worker. Private MiB: memory that workers do not share."
        ),
        header=("System", "Images", "Steps", "Seconds", "Overhead", "Sentences/s", "Epoch kept", "Private MiB"),
        rows=tuple(rows),
        data=pd.DataFrame(data),
    )


def _epochs(records: Sequence[TrialRecord]) -> str:
    kept = [record.selected_epoch for record in records if record.selected_epoch is not None]
    if not kept:
        return NONE
    return f"{min(kept)} to {max(kept)}" if min(kept) < max(kept) else str(kept[0])
