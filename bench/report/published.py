"""Published accuracies, held against what a run was made on: whether they are of the same work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from bench.claims.above_reference import TESTED_ON, AboveReferenceClaim, as_many
from bench.report.analyse import Analysis
from bench.text.numbers import count
from sprm.corpus.published_accuracy import PublishedAccuracy
from sprm.corpus.settings import FilesSource, PublishedCounts, TrainPhrases
from sprm.corpus.sources.registry import SOURCES
from sprm.settings import Rules

AS_MANY_BOXES = 0.25
"""Share by which the boxes of an image may differ from the published number, which is rounded, before they count as
those of another detector."""

NAMES = {"train": "training", "val": "validation", "test": "test"}
"""What the splits are called in words."""


class Sameness(StrEnum):
    """Whether a published accuracy was measured on the same work as a run's."""

    same = "yes"
    """Nothing is known to be different, and what decides it is known."""
    unknown = "not known"
    """Nothing is known to be different, but not all that decides it is known."""
    other = "no"
    """Something is known to be different."""


@dataclass(frozen=True)
class HeldAgainst:
    """A published accuracy beside a run.

    Attributes:
        number: the accuracy, and who published it.
        images: images of the split that it was measured on, where known.
        trained_on: training images, where known; 0 where it needed none.
        sameness: whether that is the same work as the run's.
        why: what is different, or not known, in a few words each, but for what is different for all numbers.
    """

    number: PublishedAccuracy
    images: int | None
    trained_on: int | None
    sameness: Sameness
    why: tuple[str, ...]


def published_beside(analysis: Analysis) -> list[HeldAgainst]:
    """Return what others report on a run's corpus and what its claims name, the best first, validation split last.

    Nothing where the run is judged by another metric than accuracy, which is all that is published.
    """
    if not analysis.measure.is_accuracy:
        return []
    source = SOURCES.by_name()[analysis.protocol.corpus.kind]
    counts = source.published
    known = [*source.published_accuracies, *_of_claims(analysis, source.published_accuracies)]
    held = [_held(number, counts, analysis) for number in known]
    return sorted(held, key=lambda each: (each.number.split != TESTED_ON, -each.number.accuracy))


def different_for_all(analysis: Analysis) -> tuple[str, ...]:
    """Say in a few words each in what a run differs from whatever is published on its corpus."""
    counts = SOURCES.by_name()[analysis.protocol.corpus.kind].published
    rules = analysis.protocol.rules
    judged = () if rules is Rules.official else (f"it uses {rules} rules",)
    return (*_other_splits(counts, analysis), *judged)


def _of_claims(analysis: Analysis, known: tuple[PublishedAccuracy, ...]) -> Iterator[PublishedAccuracy]:
    """Return the numbers that claims name and that nothing else here does."""
    cited = {(number.cited, number.accuracy) for number in known}
    for verdict in analysis.verdicts:
        claim = verdict.claim
        if not isinstance(claim, AboveReferenceClaim) or claim.corpus != analysis.protocol.corpus.kind:
            continue
        if (claim.source, claim.reference) not in cited:
            cited.add((claim.source, claim.reference))
            yield PublishedAccuracy(
                system=claim.source,
                source=f"named by the claim {claim.name}",
                split=claim.split,
                accuracy=claim.reference,
            )


def _held(number: PublishedAccuracy, counts: PublishedCounts, analysis: Analysis) -> HeldAgainst:
    other, unknown = list(_different(number, counts, analysis)), list(_unknown(number))
    is_other = bool(other or different_for_all(analysis))
    sameness = Sameness.other if is_other else Sameness.unknown if unknown else Sameness.same
    images = None if number.differs else counts.images.get(number.split)
    trained_on = counts.images.get("train") if number.all_images else None
    why = tuple(other if is_other else unknown)
    return HeldAgainst(number, images, trained_on if number.trained else 0, sameness, why)


def _different(number: PublishedAccuracy, counts: PublishedCounts, analysis: Analysis) -> Iterator[str]:
    if number.differs is not None:
        yield number.differs
    if number.split != TESTED_ON:
        yield f"the {NAMES[number.split]} split"
    if number.released_detections and _are_other_detections(counts, analysis):
        yield "other detections"
    if not number.trained:
        return
    most = analysis.fractions[-1].images if analysis.fractions else 0
    everything = analysis.manifest.splits["train"].images
    if most and not as_many(most, everything):
        yield f"at most {count(most)} of {count(everything)} training images in this run"
    if analysis.protocol.corpus.training_phrases is not TrainPhrases.annotated:
        yield "trained on other phrases in this run"


def _other_splits(counts: PublishedCounts, analysis: Analysis) -> Iterator[str]:
    """Say of the first split whose number of images is another that the splits are not the published ones."""
    for name, split in analysis.manifest.splits.items():
        expected = counts.images.get(name)
        if expected is not None and not as_many(split.images, expected):
            yield f"its splits differ ({count(split.images)} {NAMES[name]} images, not {count(expected)})"
            return


def _are_other_detections(counts: PublishedCounts, analysis: Analysis) -> bool:
    corpus, test = analysis.protocol.corpus, analysis.manifest.splits["test"]
    if isinstance(corpus, FilesSource) and corpus.detections != "maf":
        return True
    return bool(counts.regions) and abs(test.regions / test.images - counts.regions) > AS_MANY_BOXES * counts.regions


def _unknown(number: PublishedAccuracy) -> Iterator[str]:
    if not number.released_detections:
        yield "its detections"
    if number.trained and not number.all_images:
        yield "its training images"
