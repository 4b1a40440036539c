"""Claims that a fraction is competitive, for nested corpora of several sizes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.analysis.corpus_sizes import NeededBySize, NeededOfSize, needed_by_size
from bench.analysis.evidence import Evidence
from bench.analysis.learning import Learning, learn
from bench.analysis.looks import reached, seen_by
from bench.claims.competitive import CompetitiveClaim, CompetitiveVerdict
from bench.stats import Look
from bench.text.statuses import WHY_NOT
from bench.verdicts.hypothesis import Decision
from bench.verdicts.judge import judge, judge_at

ONE_FRACTION = "there is one fraction only"


def is_bound(verdict: CompetitiveVerdict) -> bool:
    """Tell whether the smallest competitive fraction is the smallest that was tested, so that less may do as well."""
    stop = verdict.stopped_at
    return verdict.smallest is not None and (stop is None or stop.decision is Decision.not_testable)


def why_not_tested(verdict: CompetitiveVerdict) -> str | None:
    """Say why no fraction is held against all of the corpus, as the end of a sentence; None where one is."""
    if verdict.untestable is not None or verdict.smallest is not None:
        return verdict.untestable
    stop = verdict.stopped_at
    if stop is None:
        return ONE_FRACTION
    return WHY_NOT[stop.basis.status] if stop.decision is Decision.not_testable else None


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

    With a group-sequential plan all corpora are judged at the latest look that is complete with every amount of data,
    and what they need is read off the seeds of that look; before the first, nothing is judged and nothing known.

    Args:
        evidence: of a run.
        learned: how its trained systems learn, on all phrases.
    """
    sizes = evidence.protocol.sizes or ()
    claims = [claim for claim in evidence.protocol.claims if isinstance(claim, CompetitiveClaim)]
    if not sizes or not claims:
        return ()
    looks = reached(evidence)
    seen = _seen(evidence, looks)
    learned = learned if seen is evidence else learn(seen)
    return tuple(
        ClaimBySize(
            claim,
            tuple(_judged(claim, seen.of_size(size), looks) for size in sizes),
            needed_by_size(claim.system, claim.margin, learned, seen),
        )
        for claim in claims
    )


def _seen(evidence: Evidence, looks: Sequence[Look]) -> Evidence:
    """Return what had been seen by the latest look; the same evidence where that is all of it."""
    if evidence.protocol.sequential is None:
        return evidence
    seen = seen_by(evidence, looks[-1].seeds if looks else 0)
    return evidence if len(seen.outcomes.answers) == len(evidence.outcomes.answers) else seen


def _judged(claim: CompetitiveClaim, seen: Evidence, looks: Sequence[Look]) -> CompetitiveVerdict:
    # Without a look nothing trained was seen, so that no corpus has reached one of its own.
    (verdict,) = judge_at(looks[-1], [claim], seen) if looks else judge([claim], seen)
    assert isinstance(verdict, CompetitiveVerdict)
    return verdict
