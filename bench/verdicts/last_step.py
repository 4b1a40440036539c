"""Whether accuracy still rises at the largest fraction, by which a verdict on fractions is one on this corpus only."""

from __future__ import annotations

from dataclasses import dataclass

from bench.analysis.fraction import Fraction
from bench.stats import Estimate, Status, two_way_difference
from bench.text.measures import Measure
from bench.text.numbers import count, images, signed, span
from bench.verdicts.verdict import Case


@dataclass(frozen=True)
class LastStep:
    """What the last increase of the training data adds.

    Attributes:
        fraction: the largest fraction.
        against: the next smaller one.
        difference: accuracy with the one minus that with the other, paired by seed and image, in shares of accuracy.
    """

    fraction: Fraction
    against: Fraction
    difference: Estimate

    @property
    def rises(self) -> bool:
        """Whether accuracy is shown to rise, by the 95 % interval over new images and new trainings."""
        return self.difference.status is Status.ok and self.difference.low > 0


def last_step(case: Case, system: str) -> LastStep | None:
    """Compare a system's largest fraction with the next smaller one; None where there is one fraction only."""
    evidence = case.evidence
    fractions = list(evidence.by_value().values())
    if len(fractions) < 2:
        return None
    seeds = evidence.seeds((system, fraction) for fraction in fractions[-2:])
    less, more = (evidence.counts(system, fraction, seeds) for fraction in fractions[-2:])
    difference = two_way_difference(more, less, evidence.phrases, case.look)
    return LastStep(fractions[-1], fractions[-2], difference)


def last_step_statement(step: LastStep | None, measure: Measure) -> list[str]:
    """State whether accuracy still rises at the largest fraction, and what that means; nothing where nobody knows."""
    if step is None or step.difference.status is not Status.ok:
        return []
    by = f"{signed(step.difference.estimate)} points (95 % interval {span(step.difference.low, step.difference.high)})"
    between = f"from {count(step.against.images)} to {images(step.fraction.images)}"
    if not step.rises:
        return [f"{between[0].upper()}{between[1:]}, {measure} is not shown to rise: {by}."]
    return [
        f"{measure.title} still rises {between}: {by}. Therefore this verdict holds for fractions of "
        f"{images(step.fraction.images)} only. The same fraction of a larger corpus may retain more or less."
    ]
