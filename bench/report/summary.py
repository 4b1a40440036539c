"""What the index of all reports says of one: `summary.json` in the report's folder."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC
from typing import Annotated, Literal, TypeAlias

from pydantic import AwareDatetime, Field, TypeAdapter

from bench.analysis.curves import CurvePoint
from bench.report.analyse import Analysis
from bench.report.text.first_screen import Chip, FirstScreen
from bench.store.stored_model import Record, Stored

FILE = "summary.json"
Share: TypeAlias = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class ChipSummary(Record):
    """A claim with its verdict and the number that decides it, as the report's first screen has it."""

    claim: str
    decision: str
    number: str
    interval: str


class PointSummary(Record):
    """An accuracy at one number of training images."""

    images: int = Field(ge=1)
    accuracy: Share
    low: Share | None = None
    """Lower end of the 95 % interval, cut at 0; None without an interval."""
    high: Share | None = None


class CurveSummary(Record):
    """The accuracies of one trained system."""

    system: str
    points: tuple[PointSummary, ...]


class _Summary(Stored):
    """What reports and comparisons have in common."""

    question: str
    answer: str
    """One sentence."""
    setting: str
    """Protocol and corpus, and how much of it."""
    synthetic: bool
    finished_at: AwareDatetime
    """When the last trial that it rests on was finished."""
    chips: tuple[ChipSummary, ...]
    brackets: str
    """What the intervals of the chips are; empty where none has one."""
    curves: tuple[CurveSummary, ...]
    prior: Share | None
    """Accuracy of the prior; None without one."""


class ReportSummary(_Summary):
    """A run's report."""

    kind: Literal["report"] = "report"
    protocol: str
    corpus: str
    """What the report calls the corpus."""
    training_images: int
    systems: tuple[str, ...]
    done: int
    planned: int
    complete: bool


class ComparisonSummary(_Summary):
    """A comparison of two runs."""

    kind: Literal["comparison"] = "comparison"
    runs: tuple[str, str]


Summary: TypeAlias = Annotated[ReportSummary | ComparisonSummary, Field(discriminator="kind")]
_SUMMARY: TypeAdapter[Summary] = TypeAdapter(Summary)


def summary_of(analysis: Analysis, first: FirstScreen) -> ReportSummary:
    """Sum up a report."""
    protocol = analysis.protocol
    prior = next((point for point in analysis.curve if point.system == protocol.prior), None)
    return ReportSummary(
        question=first.question,
        answer=first.answer,
        setting=first.setting,
        synthetic=protocol.corpus.synthetic is not None,
        finished_at=max(record.finished_at for record in analysis.records).astimezone(UTC),
        chips=chip_summaries(first.chips),
        brackets=first.brackets,
        curves=curve_summaries(analysis.curve),
        prior=None if prior is None else prior.accuracy.estimate,
        protocol=protocol.name,
        corpus=protocol.corpus.described,
        training_images=analysis.manifest.splits["train"].images,
        systems=tuple(protocol.systems),
        done=analysis.done,
        planned=analysis.planned,
        complete=not analysis.unfinished,
    )


def chip_summaries(chips: Iterable[Chip]) -> tuple[ChipSummary, ...]:
    """Return chips as they are stored."""
    return tuple(
        ChipSummary(claim=chip.claim, decision=chip.decision, number=chip.number, interval=chip.interval)
        for chip in chips
    )


def curve_summaries(points: Iterable[CurvePoint]) -> tuple[CurveSummary, ...]:
    """Return the curves of trained systems as they are stored."""
    by_system: dict[str, list[PointSummary]] = {}
    for point in points:
        if point.fraction is not None:
            by_system.setdefault(point.system, []).append(_point(point))
    return tuple(CurveSummary(system=system, points=tuple(own)) for system, own in by_system.items())


def _point(point: CurvePoint) -> PointSummary:
    assert point.fraction is not None
    accuracy, has_interval = point.accuracy, point.accuracy.status.has_interval
    return PointSummary(
        images=point.fraction.images,
        accuracy=accuracy.estimate,
        low=max(accuracy.low, 0.0) if has_interval else None,
        high=min(accuracy.high, 1.0) if has_interval else None,
    )


def read_summary(content: bytes) -> Summary:
    """Read a summary.

    Raises:
        ValueError: it is none.
    """
    return _SUMMARY.validate_json(content)
