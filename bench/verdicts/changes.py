"""What became of the claims of two runs, claim by claim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.store.preregistration import fingerprints
from bench.verdicts.verdict import Verdict
from sprm.evaluation.metric import ACCURACY


@dataclass(frozen=True, eq=False)
class VerdictChange:
    """A claim in two runs.

    Attributes:
        name: the claim's.
        first: the verdict on it in the first run; None where that makes no such claim, or nothing can be judged.
        second: the same in the second run.
        is_one_claim: whether both runs claim the same; false where they make other claims by one name.
    """

    name: str
    first: Verdict | None
    second: Verdict | None
    is_one_claim: bool

    @property
    def changed(self) -> bool:
        """Whether the runs come to different verdicts, or do not both come to one on the same claim."""
        both = self.first is not None and self.second is not None
        return not (both and self.is_one_claim and self.first.decision is self.second.decision)  # type: ignore[union-attr]


def verdict_changes(first: Sequence[Verdict], second: Sequence[Verdict]) -> tuple[VerdictChange, ...]:
    """Line up the verdicts of two runs by the names of their claims, in the order of the first, then of the second."""
    one, other = ({verdict.claim.name: verdict for verdict in verdicts} for verdicts in (first, second))
    ours, theirs = (_fingerprints(verdicts) for verdicts in (first, second))
    return tuple(
        VerdictChange(
            name=name,
            first=one.get(name),
            second=other.get(name),
            is_one_claim=name not in one or name not in other or ours[name] == theirs[name],
        )
        for name in dict.fromkeys((*one, *other))
    )


def _fingerprints(verdicts: Sequence[Verdict]) -> dict[str, str]:
    """Return the fingerprint of each claim of a run by its name; they are all about one metric."""
    (metric,) = {verdict.metric for verdict in verdicts} or {ACCURACY}
    return fingerprints([verdict.claim for verdict in verdicts], metric)
