"""What a stratifier is: the strata of each training image, which subsets keep in proportion."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sprm.errors import PluginError, shown
from sprm.registry import Registry

if TYPE_CHECKING:
    from sprm.corpus.corpus import Corpus


@dataclass(frozen=True)
class Stratifier:
    """A way of dividing images into strata.

    Attributes:
        by: what images are divided by, as the end of a sentence; None for a random draw.
        of_images: returns the strata that each image of a split belongs to, in the corpus' order; there may be several,
            or none.
    """

    by: str | None
    of_images: Callable[[Corpus], Sequence[frozenset[str]]]


# Its own are named as text, for they stand in a room above this one.
STRATA = Registry[Stratifier]("sprm_bench.strata", "bench.subsets.strata.*")
"""A stratifier is added under the name by which protocols call it, by a file of `bench.subsets.strata`, by a module of
another distribution that an entry point of the group `sprm_bench.strata` names, or by a plug-in."""


def strata_of(name: str, corpus: Corpus) -> Sequence[frozenset[str]]:
    """Return the strata of each image, (images,).

    Args:
        name: of the stratifier.
        corpus: the training split.

    Raises:
        PluginError: the stratifier raises an error, or does other than it has to.
    """
    stratifier = STRATA.by_name()[name]
    with STRATA.blamed(f"strata {name}", stratifier.of_images):
        strata = stratifier.of_images(corpus)
    images = len(corpus.images)
    expected = f"expected a frozenset of text for each of {images} images"
    if not isinstance(strata, Sequence) or len(strata) != images:
        raise PluginError(f"strata {name}: returns {shown(strata)}; {expected}")
    for each in strata:
        if not isinstance(each, frozenset) or not all(isinstance(stratum, str) for stratum in each):
            raise PluginError(f"strata {name}: returns {shown(each)} for an image; {expected}")
    return strata
