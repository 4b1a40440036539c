"""How the trainings went, and where the variance of their accuracies comes from, as tables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from bench.analysis.training_course import TrainingCourse
from bench.analysis.variance_shares import SeedParts, VarianceShares
from bench.report.tables.columns import amount_fields
from bench.report.tables.table import Table
from bench.text.measures import Measure
from bench.text.numbers import NONE, count, percent


def training(courses: Sequence[TrainingCourse]) -> Table:
    """The first, the kept and the last epoch of each training, averaged over its seeds; the data have every epoch."""
    data = [
        {"system": course.system, **amount_fields(course.fraction), "seed": seed, "epoch": epoch}
        | {"steps": course.steps[row, place], "is_kept": epoch == course.selected[row]}
        | {"loss": course.loss[row, place], "val_accuracy": course.val_accuracy[row, place]}
        | {"val_loss": course.val_loss[row, place]}
        for course in courses
        for row, seed in enumerate(course.seeds)
        for place, epoch in enumerate(course.epochs.tolist())
        if np.isfinite(course.steps[row, place])
    ]
    starts = any(course.epochs[0] == 0 for course in courses)
    return Table(
        name="training",
        caption=(
            "Trainings, averaged over their seeds, without intervals. Loss: mean training loss over the batches of the "
            "first and the last epoch. Validation accuracy: in percent, after the first, the kept and the last epoch."
            f"{' Epoch 0: before the first step, where that may be kept, too.' if starts else ''}"
        ),
        header=(
            *("System", "Images", "Seeds", "Epochs", "Loss, first", "last"),
            *("Validation accuracy, first", "kept", "last", "Epoch kept"),
        ),
        rows=tuple(_course_cells(course) for course in courses),
        data=pd.DataFrame(data),
    )


def _course_cells(course: TrainingCourse) -> tuple[str, ...]:
    kept = f"{min(course.selected)} to {max(course.selected)}" if len(set(course.selected)) > 1 else course.selected[0]
    accuracy = course.val_accuracy[:, course.first], course.at_selected(course.val_accuracy), course.val_accuracy[:, -1]
    return (
        course.system,
        count(course.fraction.images),
        str(len(course.seeds)),
        str(course.epochs[-1]),
        *(f"{values.mean():.3g}".replace("-", "−") for values in (course.loss[:, course.first], course.loss[:, -1])),
        *(NONE if np.isnan(values).any() else percent(float(values.mean())) for values in accuracy),
        str(kept),
    )


def variance_table(variances: Sequence[VarianceShares], measure: Measure) -> Table:
    """Where the variance of each accuracy comes from."""
    crossed = any(own.of_seeds is not None for own in variances)
    factors = (
        "three-way analysis of variance over subsets, initialisations"
        if crossed
        else ("two-way analysis of variance over seeds")
    )
    of_seeds = " (subset, initialisation, and the two together)" if crossed else ""
    by_seed = ("By subset", "By initialisation", "By pair") if crossed else ("By seed",)
    return Table(
        name="variance_shares",
        caption=(
            f"Share, in percent, of the variance of each {measure.mean} that comes from the seeds{of_seeds}, from the "
            "test images and from both together (interaction and residual). Std. error: standard error of the mean, in "
            f"points. Components by a {factors} and test images, without intervals; a negative component counts as 0."
        ),
        header=("System", "Training images", "Seeds", "Test images", *by_seed, "By image", "By both", "Std. error"),
        rows=tuple(
            (
                own.system,
                count(own.fraction.images),
                str(own.seeds),
                count(own.images),
                *(percent(share) for share in own.finest),
                f"{100 * own.standard_error:.2f}",
            )
            for own in variances
        ),
        data=pd.DataFrame(
            [
                {"system": own.system, **amount_fields(own.fraction), "seeds": own.seeds, "test_images": own.images}
                | {"variance_by_seed": own.by_seed, "variance_by_image": own.by_image, "variance_by_both": own.by_both}
                | ({} if own.of_seeds is None else _of_seeds(own.of_seeds))
                | {"variance": own.total, "standard_error": own.standard_error}
                for own in variances
            ]
        ),
    )


def _of_seeds(parts: SeedParts) -> dict[str, float]:
    return {
        "variance_by_subset": parts.by_subset,
        "variance_by_initialisation": parts.by_initialisation,
        "variance_by_pair": parts.by_pair,
        "subsets": parts.subsets,
        "initialisations": parts.initialisations,
    }
