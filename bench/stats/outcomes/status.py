"""What outcomes allow to be said: one list of names for every method."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """Whether an estimate carries an interval and a p-value, and if not, why."""

    ok = "ok"
    """Both; they hold for new images and new trainings alike."""
    one_seed = "one seed"
    """An interval over new images for this one model; nothing is known of new trainings, so no p-value."""
    identical_seeds = "identical seeds"
    """An interval over new images; the seeds agree everywhere, as those of an untrained system do."""
    one_image = "one image"
    """An estimate alone: one image says nothing of others."""
    constant = "constant"
    """An estimate alone: no image and no seed departs from it, so there is no spread to go by."""
    unequal_seeds = "unequal seeds"
    """Nothing: systems with different numbers of trainings cannot be paired."""
    nan = "nan"
    """Nothing: an outcome is missing or not a number."""
    empty = "empty"
    """Nothing: no seed or no phrase."""

    @property
    def has_estimate(self) -> bool:
        """Whether there is a value at all."""
        return self not in (Status.unequal_seeds, Status.nan, Status.empty)

    @property
    def has_interval(self) -> bool:
        """Whether `low` and `high` are numbers."""
        return self in (Status.ok, Status.one_seed, Status.identical_seeds)
