"""What a reader must not overlook: how far the intervals reach, what the design leaves open, what was skipped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bench.protocol.stratifier import STRATA
from bench.report.analyse import Analysis
from bench.report.text.merged import merge_caveats, merge_notices
from bench.report.text.selection import selection_statements
from bench.report.text.ties import tie_caveats
from bench.report.text.training_phrases import phrases_caveat
from bench.stats import Status
from bench.stats.curves.learning_curve import ENOUGH_SEEDS
from bench.store.records import TrialRecord
from bench.subsets.strata.entity_type import BY_ENTITY_TYPE
from bench.text.numbers import count, images, listed
from bench.trials.status import NO_TRIAL
from sprm.corpus.corpus import by_reason
from sprm.corpus.coverage import scarcities
from sprm.corpus.doubts import doubts
from sprm.corpus.settings import FilesSource
from sprm.settings import Budget, Selection, Siblings, ValidationImages

NAMED = 50
"""Images that are named one by one in a line; `tables/left_out.csv` names all."""
REACH = {
    Status.one_seed: (
        "There is only one seed of {trained}. The interval of its {measure} covers new images only, not new trainings."
    ),
    Status.identical_seeds: (
        "All seeds of {trained} give the same answers. The interval of its {measure} covers new images only, not new "
        "trainings."
    ),
    Status.one_image: "There is only one test image: the {measure} of {trained} has no interval.",
    Status.constant: "All images and seeds have the same {measure} for {trained}, so it has no interval.",
}
"""How far the interval of an accuracy reaches when not to new images and new trainings."""


def scope(analysis: Analysis) -> list[str]:
    """State what the intervals and tests generalise over."""
    seeds = analysis.seeds
    if seeds == 1:
        trained = (
            "There is only one seed. Intervals of trained systems hold for these trained models on new images. They "
            "say nothing about other trainings, so no p-value is given."
        )
    else:
        trained = (
            f"{_seeding(analysis)} All {seeds} seeds are tested on the same {images(analysis.test.images)}. Intervals "
            "and tests of trained systems hold for new images and new trainings (two-way cluster-robust standard "
            "errors, Satterthwaite degrees of freedom)"
            f"{', except those listed under “Skipped or unusual”' if _without_trainings(analysis) else ''}."
        )
    return [
        *([trained] if any(analysis.protocol.training_of(name) for name in analysis.protocol.systems) else []),
        "Intervals of untrained systems (the prior, the bounds) hold for new images. These systems have no training "
        "that could vary.",
        *_random_starts(analysis),
        "Phrases are never treated as independent: the answers for one image, and those of one training, tend to be "
        "right or wrong together.",
        "Finding no difference does not show equality. A fraction is called non-inferior (competitive) only if its "
        "loss is shown to be less than the margin in the protocol.",
    ]


def _random_starts(analysis: Analysis) -> list[str]:
    random = [name for name in analysis.protocol.seeded if name not in analysis.protocol.trained]
    if not random:
        return []
    return [
        f"Not trained, but with random initial weights: {listed(random)}. Each seed draws other weights, so these "
        "intervals hold for new images and new draws."
    ]


def _seeding(analysis: Analysis) -> str:
    design = analysis.protocol.design
    if not design.crossed:
        return "Every seed draws its own subset of images, initial weights and batch order."
    counted = listed([str(seed) for seed in design.independent])
    return (
        f"Every one of {design.subsets} subsets is combined with every one of {design.initialisations} initialisations "
        f"(initial weights and batch order), which makes {design.trainings} trainings of each system with each number "
        "of images. Trainings that share a subset or an initialisation are not independent. So accuracies, intervals, "
        f"curves and tests use only the seeds {counted}, which have each subset with the initialisation of the same "
        "number. The other trainings only serve to tell where the variance comes from."
    )


def caveats(analysis: Analysis) -> list[str]:
    """State what this protocol does not control, as far as its settings show."""
    sentences = merge_caveats(analysis)
    by_name = {
        name: training for name in analysis.protocol.systems if (training := analysis.protocol.training_of(name))
    }
    trained = list(by_name.values())
    by_epochs = [
        name for name, training in by_name.items() if training.budget is Budget.epochs and training.steps is None
    ]
    if by_epochs:
        sentences.append(_steps(by_epochs, len(trained), analysis))
    if any(training.siblings is Siblings.contrasted for training in trained):
        sentences.append(
            "False negatives: a sentence is contrasted with other sentences of its batch, which may be captions of the "
            "same image. The smaller the subset, the more often such a caption is the negative."
        )
    by_boxes = {training.validation for training in trained if training.selection is Selection.val_accuracy}
    if ValidationImages.whole in by_boxes:
        sentences.append(
            "At every fraction, the best epoch is selected by accuracy on "
            f"{images(analysis.manifest.splits['val'].images)} of the validation split, using "
            "their annotated boxes. These images are not counted as training data. protocols/controls.yaml keeps the "
            "last epoch instead."
        )
    if ValidationImages.scaled in by_boxes:
        sentences.append(
            "Where validation is scaled, the best epoch is selected by accuracy on a random part of the validation "
            "images. Its share of them is that of the training subset, and at least 2 images. Their annotated boxes "
            "are not among the training images counted here."
        )
    sentences += selection_statements(analysis)
    if trained:
        sentences.append(phrases_caveat(analysis.protocol.corpus))
    if trained and analysis.seeds < ENOUGH_SEEDS:
        sentences.append(
            f"With fewer than {ENOUGH_SEEDS} seeds, the bands of learning curves and the intervals derived from them "
            "are slightly too narrow: they cover 90 to 92 % instead of 95 % (python -m bench.stats.calibration)."
        )
    by = STRATA.by_name()[analysis.protocol.strata].by
    if by != BY_ENTITY_TYPE:
        otherwise = "" if by is None else f" but by {by}"
        sentences.append(
            f"Subsets are not stratified by entity type{otherwise}, so a small subset may lack a rare type."
        )
    return sentences + tie_caveats(analysis)


def notices(analysis: Analysis) -> list[str]:
    """State what was skipped or departs from the plan."""
    return [
        *merge_notices(analysis),
        *_differences(analysis),
        *_words(analysis),
        *_implausible(analysis),
        *_passed_over(analysis),
        *_left_out(analysis),
        *_without_trainings(analysis),
        *([] if analysis.test_flaw is None else [f"Not used: {analysis.test_flaw}. `run` writes it again."]),
        *_mixed(analysis.records),
        *(f"Not counted: the record in {folder}, because {NO_TRIAL}." for folder in analysis.strays),
    ]


def _steps(by_epochs: Sequence[str], trained: int, analysis: Analysis) -> str:
    """Say what a budget in epochs leaves open, with the steps of the first system that has one."""
    name = by_epochs[0]
    steps = {record.images: record.steps for record in analysis.records if record.system == name and record.steps}
    example = ""
    if len(steps) > 1:
        least, most = min(steps), max(steps)
        example = (
            f". For example, {name} takes {count(steps[least])} with {images(least)}, and {count(steps[most])} with "
            f"{images(most)}"
        )
    whose = "Every subset" if len(by_epochs) == trained else f"For {listed(by_epochs)}, every subset"
    return (
        f"{whose} is trained for the same number of epochs, so a small subset also gets few optimiser "
        f"steps{example}. If the curve starts flat, the cause may be too few steps, false negatives or too few images. "
        "This run cannot tell which. protocols/controls.yaml gives every subset the same number of steps."
    )


def _differences(analysis: Analysis) -> list[str]:
    return [
        f"{name} split: {difference}"
        for name, split in analysis.manifest.splits.items()
        for difference in split.differences
    ]


def _words(analysis: Analysis) -> list[str]:
    """Name word vectors that are a sample, and warn where too few words have one."""
    source = analysis.protocol.corpus
    sample = (
        "The word vectors are the built-in sample of GloVe 6B, meant for demonstrations. A full table has more words."
    )
    from_files = isinstance(source, FilesSource) and source.words == "built-in"
    return [*([sample] if from_files else []), *(f"Words: {line}." for line in scarcities(analysis.manifest.coverage))]


def _implausible(analysis: Analysis) -> list[str]:
    plausibility = analysis.manifest.plausibility
    return [] if plausibility is None else [f"Implausible, {line}" for line in doubts(plausibility)]


def _passed_over(analysis: Analysis) -> list[str]:
    lines = []
    for split, warnings in analysis.manifest.warnings.items():
        for warning in warnings:
            more = ", …" if warning.count > len(warning.examples) else ""
            found = f"{warning.wording}: {count(warning.count)}"
            lines.append(f"{split} split: {found} ({', '.join(warning.examples)}{more})")
    return lines


def _left_out(analysis: Analysis) -> list[str]:
    lines = []
    for name, split in analysis.manifest.splits.items():
        for reason, ids in by_reason(split.left_out).items():
            more = f", and {count(len(ids) - NAMED)} more in tables/left_out.csv" if len(ids) > NAMED else ""
            named = f"{', '.join(ids[:NAMED])}{more}"
            lines.append(f"{name} split: {images(len(ids))} left out, missing {reason}: {named}")
    return lines


def _without_trainings(analysis: Analysis) -> list[str]:
    """Name the accuracies of trained systems that say nothing of new trainings."""
    by_system: dict[tuple[str, Status], list[str]] = {}
    for point in analysis.curve:
        if point.fraction is not None and point.accuracy.status in REACH:
            by_system.setdefault((point.system, point.accuracy.status), []).append(count(point.fraction.images))
    return [
        REACH[status].format(trained=f"{system} with {listed(amounts)} training images", measure=analysis.measure)
        for (system, status), amounts in by_system.items()
    ]


def _mixed(records: Iterable[TrialRecord]) -> list[str]:
    """Name what the trials of one run do not have in common."""
    records = list(records)
    seen: dict[str, list[str]] = {
        "revisions of the code": sorted({record.provenance.code or "unknown" for record in records}),
        "versions of torch": sorted({record.provenance.libraries.get("torch", "unknown") for record in records}),
        "processors": sorted({record.provenance.processor for record in records}),
    }
    return [
        f"The trials were run with different {what}: {listed(values)}"
        for what, values in seen.items()
        if len(values) > 1
    ]
