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
