"""Amounts of training data."""

from __future__ import annotations

from dataclasses import dataclass

from bench.store.records import UNTRAINED


@dataclass(frozen=True)
class Fraction:
    """An amount of training data.

    Attributes:
        label: as trials are filed under, `0.05` or `16-images`.
        images: training images.
        share: of all training images, in (0, 1].
    """

    label: str
    images: int
    share: float


def label_of(fraction: Fraction | None) -> str:
    """Return what trials on a fraction are filed under; None is that of a system that is not trained."""
    return UNTRAINED if fraction is None else fraction.label
