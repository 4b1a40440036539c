"""How much of a corpus is nearly as good as all of it, for nested corpora of several sizes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import nan

from bench.analysis.evidence import Evidence
from bench.analysis.fraction import Fraction
from bench.analysis.learning import Learning
from bench.stats import (
    AmountNeeded,
    CurveStatus,
    Growth,
    GrowthStatus,
    Interval,
    NeededStatus,
    amount_within_margin,
    growth,
)

NOTHING = Interval(nan, nan)


@dataclass(frozen=True)
class NeededOfSize:
    """What is within the margin of all of one corpus.

    Attributes:
        whole: all of the corpus.
        needed: training images after which accuracy is the margin below that with all of it, by the learning curve.
    """

    whole: Fraction
    needed: AmountNeeded

    @property
    def share(self) -> AmountNeeded:
        """The same as a share of the corpus."""
        size, interval = self.whole.images, self.needed.interval
        return replace(
            self.needed, value=self.needed.value / size, interval=Interval(interval.low / size, interval.high / size)
        )


@dataclass(frozen=True)
class NeededBySize:
    """How the images that are within a margin of all of a corpus depend on its size.

    Attributes:
        system: a trained system.
        margin: the loss, as a share of accuracy.
        seeds: the seeds that are complete at every amount of the curve that all numbers are read off.
        status: whether that curve is fitted, and if not, why.
        sizes: ascending.
        growth: with which power of the size the needed images grow, over those sizes of which all is on the curve,
            which is about this margin and these sizes only.
    """

    system: str
    margin: float
    seeds: tuple[int, ...]
    status: CurveStatus
    sizes: tuple[NeededOfSize, ...]
    growth: Growth


def needed_by_size(system: str, margin: float, learned: Sequence[Learning], evidence: Evidence) -> NeededBySize:
    """Read what is within a margin of all of each corpus off the learning curve over all amounts.

    The corpora are nested, and all of one is an amount like any other; so one curve has them all, and every resample
    all sizes.

    Args:
        system: a trained system.
        margin: the loss, as a share of accuracy in [0, 1).
        learned: the systems that have a complete trial, on all phrases.
        evidence: of the same run, of a protocol with sizes.
    """
    wholes = [evidence.of_size(size).at(1.0) for size in evidence.protocol.sizes or ()]
    learning = next((own for own in learned if own.system == system), None)
    if learning is None:
        unknown = AmountNeeded(nan, nan, NOTHING, NeededStatus.no_curve)
        sizes = tuple(NeededOfSize(whole, unknown) for whole in wholes)
        return NeededBySize(system, margin, (), CurveStatus.empty, sizes, Growth(nan, NOTHING, GrowthStatus.no_curve))
    curve, without = learning.curve, AmountNeeded(nan, nan, NOTHING, NeededStatus.no_level)
    measured = [whole for whole in wholes if whole in learning.fractions]
    return NeededBySize(
        system=system,
        margin=margin,
        seeds=learning.seeds,
        status=curve.status,
        sizes=tuple(
            NeededOfSize(whole, amount_within_margin(curve, whole.images, margin) if whole in measured else without)
            for whole in wholes
        ),
        growth=growth(curve, [whole.images for whole in measured], margin),
    )
