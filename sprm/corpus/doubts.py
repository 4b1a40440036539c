"""What in a corpus' figures no detector gives, and what usually causes it."""

from __future__ import annotations

from collections.abc import Iterator

from sprm.corpus.plausibility import THINNEST, Plausibility, SplitPlausibility

UPPER_BOUND_AT_LEAST = 0.3
"""Released detections find more than three phrases in four, weak ones of 80 classes still more than half."""
CHANCE_AT_MOST = 0.5
"""A box drawn at random is right for some 7 % of phrases; that every second box is right means copies of the target."""
THIN_AT_MOST = 0.2
"""Detectors drop boxes of a pixel or two."""
WITHOUT_AREA_AT_MOST = 0.1
"""A detector gives none; of boxes in another form, a third or more end before they start."""
OUTSIDE_AT_MOST = 0.2
"""Detectors clip their boxes to the image."""
REGIONS_AT_LEAST, REGIONS_AT_MOST = 2, 1000
"""An image with one box leaves nothing to choose; detectors stop at 300 boxes."""
UNSEEN_AT_MOST, REGIONS_A_CLASS = 0.5, 20
"""With so many boxes a class, nearly all classes of a vocabulary occur."""
CLASSES_AT_LEAST = 2
"""Boxes of one label tie in the prior."""


def doubts(figures: Plausibility) -> list[str]:
    """Return a line for each figure out of its bounds; none when all is as expected."""
    lines = [f"{name}: {line}" for name, split in figures.splits.items() for line in _of_split(split)]
    return [*lines, *_of_classes(figures)]


def _of_split(split: SplitPlausibility) -> Iterator[str]:
    if not REGIONS_AT_LEAST <= split.regions_an_image <= REGIONS_AT_MOST:
        yield (
            f"{split.regions_an_image:,.1f} boxes an image, expected {REGIONS_AT_LEAST} to {REGIONS_AT_MOST:,}; "
            "perhaps detections are cut at another confidence"
        )
    if split.without_area > WITHOUT_AREA_AT_MOST:
        yield (
            f"{_percent(split.without_area)} of the boxes have no area; perhaps they are x, y, width, height, where "
            "x1, y1, x2, y2 is expected"
        )
    if split.thin > THIN_AT_MOST:
        yield (
            f"{_percent(split.thin)} of the boxes are under {THINNEST} pixels wide or high; perhaps they are shares of "
            "the image's size, where pixels are expected"
        )
    if split.outside > OUTSIDE_AT_MOST:
        yield (
            f"{_percent(split.outside)} of the boxes reach outside their image; perhaps they belong to images of "
            "another scale, or to other images"
        )
    if split.upper_bound is not None and split.upper_bound < UPPER_BOUND_AT_LEAST:
        yield (
            f"only {_percent(split.upper_bound)} of the phrases have a box that overlaps their target (IoU of 0.5 or "
            "more); perhaps boxes are of another scale or form, or image ids are shifted, so that images have each "
            "other's"
        )
    if split.chance is not None and split.chance > CHANCE_AT_MOST:
        yield (
            f"a box drawn at random is right for {_percent(split.chance)} of the phrases; perhaps boxes are copies "
            "of the targets, or each target covers its image"
        )


def _of_classes(figures: Plausibility) -> Iterator[str]:
    if figures.classes < CLASSES_AT_LEAST:
        yield "all boxes have the same label, so the prior cannot tell them apart"
    if figures.background is not None:
        yield (
            f"boxes carry the label {figures.background!r}, which names no thing; perhaps class ids are counted from "
            "the class after it, and every label is its neighbour's"
        )
    if figures.vocabulary and figures.unseen is not None:
        share = figures.unseen / figures.vocabulary
        if share > UNSEEN_AT_MOST and figures.regions > REGIONS_A_CLASS * figures.vocabulary:
            yield (
                f"{figures.unseen:,} of the vocabulary's {figures.vocabulary:,} classes never occur; perhaps the "
                "vocabulary is another detector's"
            )
    if (first := figures.first_unseen) is not None:
        yield (
            f"class 0 of the vocabulary, {first.name!r}, never occurs; ids count from 0, and if a tool counted them "
            f"from 1, every label is its neighbour's: the most frequent one, {first.most_frequent!r}, would in truth "
            f"be {first.before_it!r}"
        )


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
