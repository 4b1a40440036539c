"""Why there is no test, and what an interval covers, in words."""

from __future__ import annotations

from collections.abc import Iterable

from bench.stats import Estimate, Status

WHY_NOT = {
    Status.one_seed: "there is only one seed, so nothing is known about other trainings",
    Status.identical_seeds: "all seeds give the same answers, so nothing is known about other trainings",
    Status.unequal_seeds: "the systems have different numbers of seeds",
    Status.one_image: "there is only one test image",
    Status.constant: "the result is the same for all images and seeds, so there is no variance",
    Status.nan: "trials are missing",
    Status.empty: "trials are missing",
}
"""As the end of a sentence."""
IMAGES_ONLY = " over new images only"


def reach(status: Status) -> str:
    """Say after "interval" that it holds for no other trainings; nothing where it does."""
    return IMAGES_ONLY if status in (Status.one_seed, Status.identical_seeds) else ""


def cluster_robust(estimates: Iterable[Estimate]) -> str:
    """Name the method of the intervals of trained systems; without several seeds they are about images alone."""
    if any(estimate.status is Status.ok for estimate in estimates):
        return "two-way cluster-robust t over seeds and test images"
    return "cluster-robust t over test images alone"
