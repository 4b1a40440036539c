"""Why there is no test, in words."""

from __future__ import annotations

from bench.stats import Status

WHY_NOT = {
    Status.one_seed: "there is one seed, so nothing is known of further trainings",
    Status.identical_seeds: "the seeds agree everywhere, so nothing is known of further trainings",
    Status.unequal_seeds: "the systems have different numbers of seeds",
    Status.one_image: "there is one test image",
    Status.constant: "no image and no seed departs from the mean, so there is no spread to go by",
    Status.nan: "trials are missing",
    Status.empty: "trials are missing",
}
"""As the end of a sentence."""
IMAGES_ONLY = " over new images only"


def reach(status: Status) -> str:
    """Say after "interval" that it holds for no other trainings; nothing where it does."""
    return IMAGES_ONLY if status in (Status.one_seed, Status.identical_seeds) else ""
