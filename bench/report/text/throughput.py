"""How fast a run's trials were trained, in words."""

from __future__ import annotations

from collections.abc import Sequence

from bench.report.analyse import Analysis
from bench.store.records import TrialRecord
from bench.text.numbers import count


def throughput(analysis: Analysis) -> str | None:
    """Say how fast the run's steps were; None when nothing was trained."""
    records = trained_records(analysis)
    rate = sentences_per_second(records)
    if rate is None:
        return None
    devices = " and ".join(sorted({record.device.value for record in records}))
    seen = sum(record.sentences_seen for record in records)
    return (
        f"{count(round(rate))} sentences per second in each worker ({devices}); {count(seen)} sentences in all trials"
    )


def sentences_per_second(records: Sequence[TrialRecord]) -> float | None:
    """Sentences trained on over the seconds of the steps; None when there were none."""
    seconds = sum(record.seconds_steps for record in records)
    return sum(record.sentences_seen for record in records) / seconds if seconds else None


def trained_records(analysis: Analysis) -> list[TrialRecord]:
    """Records of the trials in which something was trained."""
    return [record for record in analysis.records if record.images]
