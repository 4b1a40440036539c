"""The claim that a rival needs so many times the data to be as accurate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.analysis.evidence import Evidence
from bench.analysis.rivalry import Multiplier
from bench.analysis.verdicts.conclusion import conclude
from bench.analysis.verdicts.lead import decide_family, lead
from bench.analysis.verdicts.verdict import Verdict
from bench.claims import MoreEfficientClaim, portions_apart

TOO_FEW_IMAGES = "so few training images leave no two amounts that are as far apart as the claim asks"


@dataclass(frozen=True, kw_only=True)
class MoreEfficientVerdict(Verdict):
    """What became of the claim.

    Attributes:
        multipliers: how many times more data the rival needs by its curve, for each hypothesis in turn; none
            where this was not worked out. They describe and decide nothing.
    """

    multipliers: tuple[Multiplier, ...]


def judge_more_efficient(
    claim: MoreEfficientClaim, evidence: Evidence, multipliers: Sequence[Multiplier]
) -> MoreEfficientVerdict:
    """Test at every amount n of data that the system is more accurate than the rival with so many times n.

    A rival that more data does not make worse needs more than m n to equal the system exactly when it falls short of
    it with m n. So no curve has to be fitted, and none believed.
    """
    by_value = evidence.by_value()
    pairs = [(by_value[less], by_value[more]) for less, more in portions_apart(tuple(by_value), claim.factor)]
    seeds = evidence.seeds(cell for less, more in pairs for cell in ((claim.system, less), (claim.rival, more)))
    hypotheses = [
        lead(
            less,
            more,
            evidence.counts(claim.system, less, seeds) - evidence.counts(claim.rival, more, seeds),
            evidence.phrases,
            0.0,
        )
        for less, more in pairs
    ]
    untestable = None if pairs else TOO_FEW_IMAGES
    concluded = conclude(claim, evidence, seeds, decide_family(hypotheses), margin=claim.factor, untestable=untestable)
    of_pair = {one.portion: one for one in multipliers if (one.system, one.rival) == (claim.system, claim.rival)}
    return MoreEfficientVerdict(
        **vars(concluded), multipliers=tuple(of_pair[less] for less, _ in pairs if less in of_pair)
    )
