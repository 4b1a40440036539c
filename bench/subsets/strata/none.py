"""No strata: subsets are drawn at random."""

from __future__ import annotations

from bench.protocol.stratifier import STRATA, Stratifier
from sprm.corpus.corpus import Corpus


def _no_strata(corpus: Corpus) -> list[frozenset[str]]:
    return [frozenset()] * len(corpus.images)


STRATA.add("none", Stratifier(None, _no_strata))
