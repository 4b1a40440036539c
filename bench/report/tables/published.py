"""Published accuracies beside those of a run, as a table."""

from __future__ import annotations

from typing import Any

import pandas as pd

from bench.analysis.curves import CurvePoint
from bench.report.analyse import Analysis
from bench.report.published import HeldAgainst, different_for_all, published_beside
from bench.report.tables.columns import estimate_cell
from bench.report.tables.table import Table
from bench.text.numbers import NONE, count, listed
from sprm.corpus.sources.registry import SOURCES

HERE = "this run"


def published(analysis: Analysis) -> Table:
    """The accuracies of a run's prior and trained systems, then those that others report on the same kind of corpus."""
    held = published_beside(analysis)
    corpus = SOURCES.by_name()[analysis.protocol.corpus.kind].corpus
    own = _own(analysis) if held else []
    return Table(
        name="published",
        caption=(
            f"Accuracy in percent on {corpus}: of this run, with 95 % intervals, at its largest number of training "
            "images, and as others report it, without intervals. “Same work?” says whether a published number was "
            "measured on the same splits, detections and training images as this run; if not, what is different"
            f"{_but_for(analysis)}."
        ),
        header=("System", "Source", "Same work?", "Split", "Test images", "Training images", "Accuracy"),
        rows=(*(_own_row(point, analysis) for point in own), *map(_row, held)),
        data=pd.DataFrame([*(_own_fields(point, analysis) for point in own), *map(_fields, held)]),
        words=4,
    )


def _but_for(analysis: Analysis) -> str:
    of_all = different_for_all(analysis)
    return f". This run differs from all of them: {listed(of_all)}" if of_all else ""


def _own(analysis: Analysis) -> list[CurvePoint]:
    """Return the run's trained systems at the most data that each has, and its prior."""
    largest = {point.system: point for point in analysis.curve if point.fraction is not None}
    prior = [point for point in analysis.curve if point.system == analysis.protocol.prior]
    return [*largest.values(), *prior]


def _own_row(point: CurvePoint, analysis: Analysis) -> tuple[str, ...]:
    trained_on = NONE if point.fraction is None else count(point.fraction.images)
    tested_on = count(analysis.test.images)
    return (point.system, HERE, NONE, "test", tested_on, trained_on, estimate_cell(point.accuracy))


def _row(held: HeldAgainst) -> tuple[str, ...]:
    number = held.number
    why = f": {'; '.join(held.why)}" if held.why else ""
    tested_on, trained_on = (NONE if not images else count(images) for images in (held.images, held.trained_on))
    said = (number.system, number.source, f"{held.sameness}{why}", number.split)
    return (*said, tested_on, trained_on, f"{100 * number.accuracy:.2f}")


def _own_fields(point: CurvePoint, analysis: Analysis) -> dict[str, Any]:
    return {
        "system": point.system,
        "source": HERE,
        "same_work": None,
        "why": None,
        "split": "test",
        "test_images": analysis.test.images,
        "training_images": 0 if point.fraction is None else point.fraction.images,
        "accuracy": point.accuracy.estimate,
        "low": point.accuracy.low,
        "high": point.accuracy.high,
    }


def _fields(held: HeldAgainst) -> dict[str, Any]:
    return {
        "system": held.number.system,
        "source": held.number.source,
        "same_work": held.sameness.value,
        "why": "; ".join(held.why),
        "split": held.number.split,
        "test_images": held.images,
        "training_images": held.trained_on,
        "accuracy": held.number.accuracy,
        "low": None,
        "high": None,
    }
