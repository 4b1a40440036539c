"""Which seeds the trainings on one amount of data have: their own each, or subsets crossed with initialisations."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field

from sprm.settings import Settings

MOST = 100
"""Subsets, or initialisations, that are crossed; so there are no more trainings than without crossing."""


class CrossedSeeds(Settings):
    """Every subset trained on with every initialisation, which tells what of a spread comes from which."""

    subsets: int = Field(ge=2, le=MOST)
    """Draws of the training images."""
    initialisations: int = Field(ge=2, le=MOST)
    """Draws of initial weights and batch orders."""


@dataclass(frozen=True)
class SeedDesign:
    """Which subset and which initialisation the trainings of a system on one amount of data have.

    A training goes by one number from 0. Without crossing, training k has subset k and initialisation k; crossed, the
    numbers go through the initialisations of subset 0, then through those of subset 1, and so on.

    Attributes:
        subsets: draws of the training images.
        initialisations: draws of initial weights and batch orders.
        crossed: whether every subset meets every initialisation; if not, there are as many of either.
    """

    subsets: int
    initialisations: int
    crossed: bool

    @property
    def trainings(self) -> int:
        """Trainings of each system on each amount of data."""
        return self.subsets * self.initialisations if self.crossed else self.subsets

    @property
    def independent(self) -> range:
        """Numbers of trainings of which no two share a subset or an initialisation, as many as there can be.

        Crossed, they are those of subset k with initialisation k.
        """
        step = self.initialisations + 1 if self.crossed else 1
        return range(0, step * min(self.subsets, self.initialisations), step)

    def subset_of(self, training: int) -> int:
        """Return which draw of images a training has, from 0."""
        return training // self.initialisations if self.crossed else training

    def initialisation_of(self, training: int) -> int:
        """Return which draw of initial weights and batch orders a training has, from 0."""
        return training % self.initialisations if self.crossed else training

    def numbers_like(self, other: SeedDesign) -> bool:
        """Tell whether a number stands for the same subset and initialisation in another design, where both have it."""
        return self.crossed == other.crossed and (not self.crossed or self.initialisations == other.initialisations)


def seed_design(seeds: int | CrossedSeeds) -> SeedDesign:
    """Return the design that a protocol's seeds ask for."""
    if isinstance(seeds, CrossedSeeds):
        return SeedDesign(seeds.subsets, seeds.initialisations, crossed=True)
    return SeedDesign(seeds, seeds, crossed=False)
