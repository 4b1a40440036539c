"""Nested, stratified subsets of a training set, in whole images."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bench.protocol.schema import images_in
from sprm.errors import DataError


def subset_size(fraction: float | int, images: int) -> int:
    """Return how many images a fraction (a float) or a count of shots (an int) selects.

    Args:
        fraction: share in (0, 1], rounded half to even, or a count of at least 1.
        images: size of the training set.

    Raises:
        DataError: it selects no image, or more than there are.
    """
    size = fraction if isinstance(fraction, int) else images_in(fraction, images)
    if size < 1:
        raise DataError(f"the fraction {fraction:g} of {images} training images selects no image")
    if size > images:
        raise DataError(f"{fraction} training images are requested, but the corpus has {images}")
    return size


def subsets(
    strata: Sequence[frozenset[str]], sizes: Sequence[int], rng: np.random.Generator
) -> list[NDArray[np.int64]]:
    """Draw nested subsets whose shares of each stratum are near those of the whole.

    The smallest subset, each step from one subset to the next, and what is left over are the folds of one
    iterative stratification, so every subset is a union of stratified folds. An image goes to the fold that
    wants its rarest stratum most, so a stratum of which the smallest subset should have less than about half
    an image is left out of it for every seed, not drawn now and then as by lot.

    Args:
        strata: of each image, the set of strata it belongs to, such as the entity types in its captions.
        sizes: images in each subset, ascending, at most `len(strata)`.
        rng: decides between images that serve equally well.

    Returns:
        For each size, that many image indices, ascending; each subset contains the ones before it.
    """
    increments = np.diff([0, *sizes, len(strata)])
    fold = stratified_folds(strata, increments, rng)
    return [np.flatnonzero(fold <= i) for i in range(len(sizes))]


def stratified_folds(
    strata: Sequence[frozenset[str]], sizes: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Divide images into folds of given sizes with the strata in proportion.

    Iterative stratification: the rarest stratum that still has images to place goes first, each of its images
    to the fold that wants it most (Sechidis, Tsoumakas & Vlahavas 2011, algorithm 1). A full fold takes no
    more, so sizes are exact.

    Args:
        strata: (images,) the strata each image belongs to.
        sizes: (folds,) images in each fold; they add up to the number of images.
        rng: breaks ties and decides the order of equal images.

    Returns:
        (images,) the fold of each image.
    """
    names = sorted(set().union(*strata))
    member = np.array([[name in image for name in names] for image in strata], dtype=bool)
    member = member.reshape(len(strata), len(names))
    room = np.asarray(sizes, dtype=np.int64).copy()
    wanted = room[:, None] / len(strata) * member.sum(axis=0)
    fold = np.full(len(strata), -1, dtype=np.int64)
    order = rng.permutation(len(strata))
    while (remaining := member[fold < 0].sum(axis=0)).any():
        rarest = np.flatnonzero(remaining == remaining[remaining > 0].min())
        stratum = rng.choice(rarest)
        for image in order[(fold[order] < 0) & member[order, stratum]]:
            fold[image] = _neediest(wanted[:, stratum], room, rng)
            room[fold[image]] -= 1
            wanted[fold[image]] -= member[image]
    rest = order[fold[order] < 0]
    fold[rest] = rng.permutation(np.repeat(np.arange(len(room)), room))
    return fold


def _neediest(wanted: NDArray[np.float64], room: NDArray[np.int64], rng: np.random.Generator) -> int:
    """Choose the fold that wants a stratum most; among equals the one with most room, then by lot."""
    open_folds = np.flatnonzero(room > 0)
    open_folds = open_folds[wanted[open_folds] == wanted[open_folds].max()]
    open_folds = open_folds[room[open_folds] == room[open_folds].max()]
    return int(open_folds[0] if len(open_folds) == 1 else rng.choice(open_folds))
