"""What the index of all reports says of one: `summary.json` in the report's folder."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Literal, TypeAlias

from pydantic import AwareDatetime, Field, TypeAdapter

from bench.analysis.fraction import Fraction
from bench.report.analyse import Analysis
from bench.report.compare import RunsCompared
from bench.report.text.first_screen import Chip, FirstScreen
from bench.report.text.run_comparison import ComparisonScreen
from bench.stats import Estimate
from bench.store.records import TrialRecord
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
    finished_at: AwareDatetime | None
    """When the last trial that it rests on was finished; None without any."""
    chips: tuple[ChipSummary, ...]
    brackets: str
    """What the intervals of the chips are; empty where none has one."""
    curves: tuple[CurveSummary, ...]
    prior: Share | None
    """Accuracy of the prior; None without one, and of a comparison."""
    metric: str = "Accuracy"
    """Title of the metric of curves and prior, which are called accuracy whatever it is."""


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
        finished_at=_latest(analysis.records),
        chips=_chips(first.chips),
        brackets=first.brackets,
        curves=_curves(
            (point.system, point.fraction, point.accuracy) for point in analysis.curve if point.fraction is not None
        ),
        prior=None if prior is None else prior.accuracy.estimate,
        metric=analysis.measure.title,
        protocol=protocol.name,
        corpus=protocol.corpus.described,
        training_images=analysis.manifest.splits["train"].images,
        systems=tuple(protocol.systems),
        done=analysis.done,
        planned=analysis.planned,
        complete=not analysis.unfinished,
    )


def summary_of_comparison(compared: RunsCompared, screen: ComparisonScreen) -> ComparisonSummary:
    """Sum up a comparison of two runs."""
    sides = (compared.first, compared.second)
    return ComparisonSummary(
        question=screen.question,
        answer=screen.answer,
        setting=f"First run {screen.runs[0]}. Second run {screen.runs[1]}.",
        synthetic=compared.is_synthetic,
        finished_at=_latest(record for side in sides for record in side.records.values()),
        chips=_chips(screen.chips),
        brackets=screen.brackets,
        curves=_curves(
            (f"{cell.system}, {name}", fraction, accuracy)
            for cell in compared.cells
            for name, fraction, accuracy in zip(
                ("first run", "second run"), compared.fractions(cell), (cell.first, cell.second), strict=True
            )
            if fraction is not None and accuracy is not None
        ),
        prior=None,
        runs=(compared.first.name, compared.second.name),
    )


def _latest(records: Iterable[TrialRecord]) -> datetime | None:
    latest = max((record.finished_at for record in records), default=None)
    return None if latest is None else latest.astimezone(UTC)


def _chips(chips: Iterable[Chip]) -> tuple[ChipSummary, ...]:
    return tuple(
        ChipSummary(claim=chip.claim, decision=chip.decision, number=chip.number, interval=chip.interval)
        for chip in chips
    )


def _curves(points: Iterable[tuple[str, Fraction, Estimate]]) -> tuple[CurveSummary, ...]:
    by_system: dict[str, list[PointSummary]] = {}
    for system, fraction, accuracy in points:
        by_system.setdefault(system, []).append(_point(fraction, accuracy))
    return tuple(
        CurveSummary(system=system, points=tuple(sorted(own, key=lambda point: point.images)))
        for system, own in by_system.items()
    )


def _point(fraction: Fraction, accuracy: Estimate) -> PointSummary:
    has_interval = accuracy.status.has_interval
    return PointSummary(
        images=fraction.images,
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
