"""Figures of a corpus that show whether boxes and classes were read as they were meant.

A reader refuses what cannot be. Boxes in another unit, form or scale, images that were given each other's boxes and
class ids counted from another number can each be read; their figures are far from those of any detector's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from sprm.corpus.corpus import Corpus
from sprm.corpus.detection import NAMELESS, box_faults
from sprm.settings import Rules

THINNEST = 2
"""Pixels; a detector gives hardly any box that is narrower or lower."""


class SplitPlausibility(BaseModel):
    """Figures of one split."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    regions_an_image: float = Field(description="mean number of boxes")
    thin: float = Field(description="share of boxes that have an area and are under 2 pixels wide or high")
    without_area: float = Field(description="share of boxes that end where they start, or before")
    outside: float = Field(description="share of boxes that have an area and reach outside their image")
    upper_bound: float | None = Field(
        None, description="share of phrases with a box of IoU 0.5 or more; None where none are compared"
    )
    chance: float | None = Field(
        None, description="accuracy of a box drawn at random; None where no boxes are compared with targets"
    )


class FirstClassUnseen(BaseModel):
    """Class 0 of the vocabulary, which occurs in no split, and what a shift by one would mean."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    most_frequent: str = Field(description="the label that most regions carry")
    before_it: str = Field(description="the class before it in the vocabulary")


class Plausibility(BaseModel):
    """Figures of a corpus."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    splits: dict[str, SplitPlausibility]
    regions: int = Field(description="boxes of all splits")
    classes: int = Field(description="labels that a box of any split carries")
    vocabulary: int | None = Field(description="classes that the detector knows, where a file names them")
    unseen: int | None = Field(description="of the vocabulary, those that no box of any split carries")
    background: str | None = Field(None, description="a label that boxes carry and that names no thing")
    first_unseen: FirstClassUnseen | None = Field(
        None, description="class 0, when no box carries it and it is not the background"
    )


def plausibility(
    corpora: Mapping[str, Corpus], vocabulary: Sequence[str] | None, rules: Rules, *, judged: Collection[str]
) -> Plausibility:
    """Compute the figures of a corpus.

    Args:
        corpora: splits by their names.
        vocabulary: names of the detector's classes in the order of their ids, where they are known.
        rules: how overlaps are measured.
        judged: names of the splits whose bounds are computed; the training split is thirty times the others' size and
            would say the same.

    Raises:
        DataError: a phrase of a split that is judged has no box.
    """
    labels: Counter[str] = Counter()
    for corpus in corpora.values():
        counts = np.bincount(corpus.labels, minlength=len(corpus.label_names)).tolist()
        labels.update({name: count for name, count in zip(corpus.label_names, counts, strict=True) if count})
    # Files without classes use none of the vocabulary, whatever it holds.
    known = None if vocabulary is None or NAMELESS in labels else list(vocabulary)
    return Plausibility(
        splits={name: _of_split(corpus, rules, bounded=name in judged) for name, corpus in corpora.items()},
        regions=labels.total(),
        classes=len(labels),
        vocabulary=None if known is None else len(known),
        unseen=None if known is None else sum(name not in labels for name in known),
        background=next((name for name in sorted(labels) if "background" in name.lower()), None),
        first_unseen=None if known is None else _first_unseen(known, labels),
    )


def _of_split(corpus: Corpus, rules: Rules, *, bounded: bool) -> SplitPlausibility:
    boxes, counts = np.asarray(corpus.boxes), np.diff(corpus.offsets)
    widths, heights = (np.repeat(corpus.images[side].to_numpy(), counts) for side in ("width", "height"))
    flat, outside = box_faults(boxes, widths, heights)
    thin = ~flat & ((boxes[:, 2:] - boxes[:, :2]).min(axis=1) < THINNEST)
    upper_bound, chance = _bounds(corpus, rules) if bounded else (None, None)
    return SplitPlausibility(
        regions_an_image=float(counts.mean()),
        thin=float(thin.mean()),
        without_area=float(flat.mean()),
        outside=float(outside.mean()),
        upper_bound=upper_bound,
        chance=chance,
    )


def _bounds(corpus: Corpus, rules: Rules) -> tuple[float, float]:
    # Comparing boxes needs torch, which takes a second to import that reading a built corpus does not.
    from sprm.corpus.box_matches import match_boxes

    matches = match_boxes(corpus, rules)
    return matches.upper_bound, matches.chance


def _first_unseen(vocabulary: Sequence[str], labels: Counter[str]) -> FirstClassUnseen | None:
    first, ((most_frequent, _),) = vocabulary[0], labels.most_common(1)
    if first in labels or "background" in first.lower() or most_frequent not in vocabulary:
        return None
    return FirstClassUnseen(
        name=first, most_frequent=most_frequent, before_it=vocabulary[vocabulary.index(most_frequent) - 1]
    )
