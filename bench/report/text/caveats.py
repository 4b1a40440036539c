"""What a reader must not overlook: how far the intervals reach, what the design leaves open, what was passed over."""

from __future__ import annotations

from collections.abc import Iterable

from bench.report.analyse import Analysis
from bench.stats import Status
from bench.stats.learning_curve import ENOUGH_SEEDS
from bench.store.records import TrialRecord
from bench.text.numbers import count, images, listed
from bench.trials.status import NO_TRIAL
from sprm.corpus.corpus import by_reason
from sprm.corpus.doubts import doubts
from sprm.settings import Budget, Selection

NAMED = 50
"""Images that are named one by one in a line; `tables/left_out.csv` names all."""
REACH = {
    Status.one_seed: "There is one seed of {trained}: the interval of its accuracy is over new images only.",
    Status.identical_seeds: (
        "The seeds of {trained} agree everywhere: the interval of its accuracy is over new images only."
    ),
    Status.one_image: "There is one test image: the accuracy of {trained} has no interval.",
    Status.constant: "No image and no seed departs from the accuracy of {trained}: it has no interval.",
}
"""How far the interval of an accuracy reaches when not to new images and new trainings."""


def scope(analysis: Analysis) -> list[str]:
    """State what the intervals and tests generalise over."""
    seeds = analysis.protocol.seeds
    if seeds == 1:
        trained = (
            "There is one seed. Intervals of trained systems hold for these very models on new images; they say "
            "nothing of how another training would have turned out, so no p-value is given."
        )
    else:
        trained = (
            f"Every seed draws its own subset of images, initial weights and batch order, and all {seeds} answer the "
            f"same {images(analysis.test.images)}. Intervals and tests of trained systems allow for both: they hold "
            "for new images and new trainings (two-way cluster-robust standard errors, Satterthwaite degrees of "
            f"freedom){', but for those named under “Passed over or unusual”' if _without_trainings(analysis) else ''}."
        )
    return [
        *([trained] if any(analysis.protocol.training_of(name) for name in analysis.protocol.systems) else []),
        "Intervals of systems that are not trained (the prior, the bounds) hold for new images; there is no training "
        "to vary.",
        "Phrases are never taken for independent: those of one image, and those of one training, succeed and fail "
        "together.",
        "Finding no difference is not finding equality. A fraction is called competitive only when its loss is shown "
        "to be below the margin, which the protocol states.",
    ]


def caveats(analysis: Analysis) -> list[str]:
    """State what this protocol does not control, as far as its settings show."""
    told = []
    trained = [training for name in analysis.protocol.systems if (training := analysis.protocol.training_of(name))]
    if any(training.budget is Budget.epochs for training in trained):
        told.append(_steps(analysis))
    if trained:
        told.append(
            "A false negative: sentences are contrasted with others of their batch, and other captions of the same "
            "image are not excluded; the smaller the subset, the more often such a caption is the negative."
        )
    if any(training.selection is Selection.val_accuracy for training in trained):
        told.append(
            f"The epoch to keep is chosen by accuracy on {images(analysis.manifest.splits['val'].images)} of the "
            "validation split, whose boxes are annotated, at every amount of data. These are not counted as training "
            "data (protocols/controls.yaml keeps the last epoch)."
        )
    if trained and analysis.protocol.seeds < ENOUGH_SEEDS:
        told.append(
            f"With fewer than {ENOUGH_SEEDS} seeds the bands of learning curves and what is read off them are "
            "somewhat too narrow: they cover 90 to 92 % instead of 95 % (python -m bench.stats.calibration)."
        )
    if analysis.protocol.strata == "none":
        told.append("Subsets are drawn without regard to entity types, so a small one may lack a rare type.")
    if analysis.protocol.prior is not None:
        told.append(
            "Ties: boxes of one label tie in the prior (unless a location word rules one out), and the first in the "
            "file wins, so the prior's accuracy depends on the order of the boxes."
        )
    return told


def notices(analysis: Analysis) -> list[str]:
    """State what was passed over or departs from the plan."""
    return [
        *_differences(analysis),
        *_implausible(analysis),
        *_passed_over(analysis),
        *_left_out(analysis),
        *_without_trainings(analysis),
        *_mixed(analysis.records),
        *(f"Not counted: the record in {folder}, because {NO_TRIAL}." for folder in analysis.strays),
    ]


def _steps(analysis: Analysis) -> str:
    steps = {record.images: record.steps for record in analysis.records if record.steps}
    example = ""
    if len(steps) > 1:
        least, most = min(steps), max(steps)
        example = f": {count(steps[least])} steps with {images(least)}, {count(steps[most])} with {images(most)}"
    return (
        f"A small subset also gets few optimiser steps, because the number of passes is the same for all{example}. "
        "A flat start of the curve may be for want of steps, for false negatives or for want of images, and this run "
        "does not tell which (protocols/controls.yaml gives every subset the same steps)."
    )


def _differences(analysis: Analysis) -> list[str]:
    return [
        f"{name} split: {difference}"
        for name, split in analysis.manifest.splits.items()
        for difference in split.differences
    ]


def _implausible(analysis: Analysis) -> list[str]:
    found = analysis.manifest.plausibility
    return [] if found is None else [f"Implausible, {line}" for line in doubts(found)]


def _passed_over(analysis: Analysis) -> list[str]:
    told = []
    for split, warnings in analysis.manifest.warnings.items():
        for warning in warnings:
            more = ", …" if warning.count > len(warning.examples) else ""
            told.append(f"{split} split: {warning.kind}: {count(warning.count)} ({', '.join(warning.examples)}{more})")
    return told


def _left_out(analysis: Analysis) -> list[str]:
    told = []
    for name, split in analysis.manifest.splits.items():
        for reason, ids in by_reason(split.left_out).items():
            more = f", and {count(len(ids) - NAMED)} more in tables/left_out.csv" if len(ids) > NAMED else ""
            named = f"{', '.join(ids[:NAMED])}{more}"
            told.append(f"{name} split: {images(len(ids))} left out for want of {reason}: {named}")
    return told


def _without_trainings(analysis: Analysis) -> list[str]:
    """Name the accuracies of trained systems that say nothing of new trainings."""
    found: dict[tuple[str, Status], list[str]] = {}
    for point in analysis.curve:
        if point.portion is not None and point.accuracy.status in REACH:
            found.setdefault((point.system, point.accuracy.status), []).append(count(point.portion.images))
    return [
        REACH[status].format(trained=f"{system} with {listed(amounts)} training images")
        for (system, status), amounts in found.items()
    ]


def _mixed(records: Iterable[TrialRecord]) -> list[str]:
    """Name what the trials of one run do not have in common."""
    records = list(records)
    seen: dict[str, list[str]] = {
        "revisions of the code": sorted({record.provenance.revision or "unknown" for record in records}),
        "versions of torch": sorted({record.provenance.libraries.get("torch", "unknown") for record in records}),
        "processors": sorted({record.provenance.processor for record in records}),
    }
    return [
        f"The trials were made with several {what}: {listed(values)}"
        for what, values in seen.items()
        if len(values) > 1
    ]
