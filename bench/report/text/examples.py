"""What the examples are, and what they are not, in sentences."""

from __future__ import annotations

from bench.analysis.example_phrases import PER_IMAGE
from bench.analysis.examples import Answerer, Examples, Occurrence
from bench.report.analyse import Analysis
from bench.text.numbers import count, images, listed
from sprm.corpus.box_matches import CORRECT_IOU

TITLES = {
    Occurrence.helped: "Helped by training",
    Occurrence.hurt: "Hurt by training",
    Occurrence.both_wrong: "Both wrong",
    Occurrence.both_right: "Both right",
    Occurrence.unfit: "No proposal fits",
    Occurrence.disagree: "Systems disagree",
}
"""What the cases are called."""
WITHOUT = (
    "The folder of this run does not describe its test split, so no single phrase can be shown. `report` with the "
    "protocol adds the description without any training, if the corpus is available."
)
"""Of a run that an earlier version made, or of one whose description was damaged."""


def example_statements(examples: Examples | None) -> list[str]:
    """Say how the examples were chosen, whose answers are shown, and what the cases mean; nothing without any."""
    if examples is None or not examples.examples:
        return []
    shown = len({each.image for each in examples.examples})
    seed = "" if examples.seed is None else f", in the trainings with seed {examples.seed}"
    return [
        f"{count(len(examples.examples))} phrases of {count(shown)} test images, drawn by fixed seeds without looking "
        f"at any result. Percentages are of all {count(len(examples.split.phrases))} test phrases{seed}.",
        "The images are a sample of the test split, stratified by entity type. Each image has up to "
        f"{PER_IMAGE} phrases, which differ in words and target.",
        *_trainings(examples),
        *_cases(examples),
        *_pictures(examples, shown),
    ]


def amount_of(answerer: Answerer) -> str:
    """Name what a system was trained on: `not trained`, `1,000 images`."""
    return "not trained" if answerer.fraction is None else images(answerer.fraction.images)


def without_examples(analysis: Analysis) -> str | None:
    """Say why there are no examples; None where there are some, or where nothing could be compared in one."""
    return WITHOUT if analysis.examples is None and analysis.test_split is None else None


def _trainings(examples: Examples) -> list[str]:
    if examples.seed is None:
        return []
    beyond = [f"The answers of {listed(examples.beyond)} are not shown here."] if examples.beyond else []
    return [
        f"For trained systems, the answers of the trainings with seed {examples.seed} are shown, with the smallest and "
        "the largest finished fraction. Other seeds answer some phrases differently.",
        *beyond,
    ]


def _cases(examples: Examples) -> list[str]:
    """Say what the cases are that a page can be filtered by."""
    prior = next((each.system for each in examples.answerers if each.fraction is None), None)
    is_shared = any(choice.is_shared for example in examples.examples for choice in example.choices)
    shared = " An answer that tied boxes share counts as right if at least half of them are." if is_shared else ""
    compared = [
        f"A phrase is helped by training where {prior} is wrong and the trained system is right at the largest "
        f"finished fraction. A phrase is hurt where {prior} is right and the trained system is wrong. An answer is "
        f"right if its box overlaps the target with an IoU of at least {CORRECT_IOU}.{shared}"
    ]
    unfit = [f"No proposal fits where no detected box overlaps the target with an IoU of at least {CORRECT_IOU}."]
    disagree = ["Systems disagree where not all trained systems choose one box, each at its largest finished fraction."]
    return [
        *(compared if prior is not None and examples.compared else []),
        *unfit,
        *(disagree if any(rate.what is Occurrence.disagree for rate in examples.rates) else []),
    ]


def _pictures(examples: Examples, shown: int) -> list[str]:
    there = len({each.image for each in examples.examples if each.image in examples.split.pictures})
    if there == shown:
        return []
    if there:
        return ["If a picture was not available, boxes are drawn on a blank canvas of the image's size."]
    return ["The pictures were not available, so boxes are drawn on a blank canvas of each image's size."]
