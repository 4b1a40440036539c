"""What training adds to the untrained prior."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.analysis.curves import Portion
from bench.analysis.outcomes import Outcomes
from bench.protocol import PriorSettings, Protocol
from bench.standing import UNTRAINED
from bench.stats import Estimate, holm, two_way_difference


@dataclass(frozen=True)
class Gain:
    """A trained system against the prior.

    Attributes:
        system: the trained system.
        prior: the untrained one.
        portion: what the system was trained on.
        difference: accuracy of the system minus that of the prior, paired by image; its `p` is unadjusted.
        p_holm: p adjusted over the family; NaN when there is no p.
        family: hypotheses in the family: every trained system at every amount of data that the protocol names.
    """

    system: str
    prior: str
    portion: Portion
    difference: Estimate
    p_holm: float
    family: int


def prior_of(protocol: Protocol) -> str | None:
    """Return the name of the system that stands for the prior, the first of that kind; None without one."""
    return next((name for name, one in protocol.systems.items() if isinstance(one, PriorSettings)), None)


def gains(protocol: Protocol, portions: dict[str, Portion], outcomes: Outcomes) -> tuple[Gain, ...]:
    """Compare every trained system at every amount of data with the prior.

    A cell without a complete trial keeps its place in the family and is left out of the answer. Without a prior
    there is nothing to compare with, and the answer is empty.
    """
    prior = prior_of(protocol)
    if prior is None or not outcomes.seeds(prior, UNTRAINED):
        return ()
    trained = [name for name in protocol.systems if protocol.training_of(name) is not None]
    family = [(system, portion) for system in trained for portion in portions.values()]
    differences = [_difference(system, prior, portion, outcomes) for system, portion in family]
    adjusted = holm([difference.p for difference in differences])
    return tuple(
        Gain(system, prior, portion, difference, float(p), len(family))
        for (system, portion), difference, p in zip(family, differences, adjusted, strict=True)
        if difference.seeds
    )


def _difference(system: str, prior: str, portion: Portion, outcomes: Outcomes) -> Estimate:
    seeds = outcomes.seeds(system, portion.label)
    untrained = np.repeat(outcomes.counts(prior, UNTRAINED, (0,)), len(seeds), axis=0)
    return two_way_difference(outcomes.counts(system, portion.label, seeds), untrained, outcomes.test.sizes())
