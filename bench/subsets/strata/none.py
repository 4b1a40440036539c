"""No strata: subsets are drawn at random."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.protocol.stratifier import STRATA, Stratifier

if TYPE_CHECKING:
    from sprm.corpus.corpus import Corpus


def _no_strata(corpus: Corpus) -> list[frozenset[str]]:
    return [frozenset()] * len(corpus.images)


STRATA.add("none", Stratifier(None, _no_strata))
