"""Claims that a fraction is competitive, for nested corpora of several sizes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.analysis.corpus_sizes import NeededBySize, NeededOfSize, needed_by_size
from bench.analysis.evidence import Evidence
from bench.analysis.learning import Learning
from bench.claims.competitive import CompetitiveClaim, CompetitiveVerdict
from bench.verdicts.judge import judge


def is_bound(verdict: CompetitiveVerdict) -> bool:
    """Tell whether the smallest competitive fraction is the smallest that was tested, so that less may do as well."""
    return verdict.smallest is not None and verdict.smallest == verdict.hypotheses[-1].fraction


@dataclass(frozen=True)
class ClaimBySize:
    """A claim that a fraction is competitive, and what becomes of it with each corpus.

    Attributes:
        claim: as the protocol states it, which is about the largest corpus.
        verdicts: on the same claim about each corpus, ascending by size, each against all of that corpus.
        needed: the images that are within the margin of all of each corpus, by the learning curve.
    """

    claim: CompetitiveClaim
    verdicts: tuple[CompetitiveVerdict, ...]
    needed: NeededBySize

    def __iter__(self) -> Iterator[tuple[CompetitiveVerdict, NeededOfSize]]:
        """Pair both by size."""
        return zip(self.verdicts, self.needed.sizes, strict=True)


def claims_by_size(evidence: Evidence, learned: Sequence[Learning]) -> tuple[ClaimBySize, ...]:
    """Judge every claim that a fraction is competitive with each corpus; nothing for a protocol without sizes.

    Args:
        evidence: of a run.
        learned: how its trained systems learn, on all phrases.
    """
    sizes = evidence.protocol.sizes or ()
    return tuple(
        ClaimBySize(
            claim,
            tuple(_judged(claim, evidence.of_size(size)) for size in sizes),
            needed_by_size(claim.system, claim.margin, learned, evidence),
        )
        for claim in evidence.protocol.claims
        if sizes and isinstance(claim, CompetitiveClaim)
    )


def _judged(claim: CompetitiveClaim, evidence: Evidence) -> CompetitiveVerdict:
    (verdict,) = judge([claim], evidence)
    assert isinstance(verdict, CompetitiveVerdict)
    return verdict
