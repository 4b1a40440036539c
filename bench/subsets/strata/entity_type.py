"""Strata by entity type: subsets show each type as often as the whole training set does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.protocol.stratifier import STRATA, Stratifier

if TYPE_CHECKING:
    from sprm.corpus.corpus import Corpus

BY_ENTITY_TYPE = "entity type"


def entity_types(corpus: Corpus) -> list[frozenset[str]]:
    """Return the set of entity types in each image's captions; a phrase may have several, `people/other`."""
    image = corpus.sentences["image"].to_numpy()[corpus.phrases["sentence"].to_numpy()]
    by_image: list[set[str]] = [set() for _ in range(len(corpus.images))]
    for row, category in set(zip(image.tolist(), corpus.phrases["category"].tolist(), strict=True)):
        by_image[row].update(category.split("/"))
    return [frozenset(types) for types in by_image]


STRATA.add("entity_type", Stratifier(BY_ENTITY_TYPE, entity_types))
