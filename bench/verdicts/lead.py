"""Whether one side leads another by more than a margin; the test that most kinds of claim come down to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bench.analysis.fraction import Fraction
from bench.stats import Estimate, Look, Status, VarianceComponents, holm, two_way_mean, variance_components
from bench.stats.outcomes.two_way import CONFIDENCE, LEVEL
from bench.verdicts.hypothesis import Decision, Hypothesis

METHOD = "two-way cluster-robust t, two-sided, Holm over the claim's hypotheses"
FINDINGS = {
    Decision.supported: "above",
    Decision.refuted: "below",
    Decision.inconclusive: "not shown",
    Decision.not_testable: "not testable",
}
"""Where the quantity is shown to lie, seen from the margin."""


def lead(
    fraction: Fraction,
    against: Fraction | None,
    difference: NDArray[np.float64],
    phrases: NDArray[np.int64],
    margin: float,
    look: Look,
) -> Hypothesis:
    """Test that a lead is more than a margin; its p-value is adjusted and its decision made by `decide_family`.

    The lead less the margin is the mean of the counts D - margin n, so `two_way_mean` of these has the test.

    Args:
        fraction: the amount of data of the side that is to lead.
        against: the amount of data of the other side; None when that is not trained.
        difference: (seeds, images) what the one side got right more than the other.
        phrases: (images,) phrases in each image.
        margin: lead that does not yet count, as a share of accuracy.
        look: at which it is tested.
    """
    beyond = difference - margin * phrases
    basis = two_way_mean(beyond, phrases, look)
    return tested(fraction, against, basis, variance_components(beyond, phrases), look, margin)


def tested(
    fraction: Fraction,
    against: Fraction | None,
    basis: Estimate,
    components: VarianceComponents,
    look: Look,
    margin: float = 0.0,
) -> Hypothesis:
    """Put a two-way estimate into a hypothesis, which `decide_family` decides.

    Args:
        fraction: the amount of data of the side that is to lead.
        against: the amount of data of the other side; None when that is not trained.
        basis: what is to be above 0, with the interval of the look.
        components: of the outcomes behind it.
        look: at which it is tested.
        margin: what was taken off the claim's quantity to make it so, as a share of accuracy.
    """
    p = look.two_sided_p(basis.p)
    return Hypothesis(
        fraction=fraction,
        against=against,
        basis=basis,
        components=components,
        estimate=basis.estimate + margin,
        low=basis.low + margin,
        high=basis.high + margin,
        confidence=CONFIDENCE,
        p=p,
        p_adjusted=p,
        decision=Decision.not_testable,
        finding=FINDINGS[Decision.not_testable],
    )


def decide_family(hypotheses: Sequence[Hypothesis]) -> tuple[Hypothesis, ...]:
    """Adjust the p-values of a family by Holm's method, and decide each hypothesis by its adjusted p-value."""
    adjusted = holm([hypothesis.p for hypothesis in hypotheses])
    return tuple(_decided(hypothesis, float(p)) for hypothesis, p in zip(hypotheses, adjusted, strict=True))


def _decided(hypothesis: Hypothesis, p_adjusted: float) -> Hypothesis:
    if hypothesis.basis.status is not Status.ok:
        decision = Decision.not_testable
    elif not p_adjusted < LEVEL:
        decision = Decision.inconclusive
    else:
        decision = Decision.supported if hypothesis.basis.estimate > 0 else Decision.refuted
    return replace(hypothesis, p_adjusted=p_adjusted, decision=decision, finding=FINDINGS[decision])
