"""How the accuracy of a trained system grows with its training data: one curve, and what is read off it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import nan

import numpy as np
from numpy.typing import NDArray

from bench.analysis.evidence import Evidence
from bench.analysis.fraction import Fraction, label_of
from bench.stats import (
    AmountNeeded,
    Estimate,
    LearningCurve,
    Prediction,
    SimultaneousBand,
    Trend,
    amount_to_match,
    area_under_curve,
    benjamini_hochberg,
    crossed_resamples,
    holm,
    learning_curve,
    n_95,
    simultaneous_band,
    trend_test,
)
from bench.stats.curves.learning_curve import EXTRAPOLATION
from sprm.seeding import generator

MOST_TYPES = 12
"""Entity types that get curves, the most frequent ones; some corpora have hundreds, most of them too rare for one."""


@dataclass(frozen=True, eq=False)
class Learning:
    """How one trained system learns, on all phrases or on those of one entity type.

    Attributes:
        system: its name in the protocol.
        entity_type: the type; None for all phrases.
        phrases: test phrases that enter.
        fractions: the amounts of training data that enter, ascending, no two with equal numbers of images.
        seeds: the seeds that are complete at every one of these amounts; all that follows rests on them.
        seeds_planned: seeds of the protocol.
        curve: the measured accuracies, and the power law through them where one is believable.
        band: intervals of the measured accuracies that hold for all amounts together.
        n_95: training images for 95 % of the accuracy at the largest amount.
        to_match_prior: training images for the accuracy of the untrained prior; None without a prior.
        twice: what the fitted curve says of twice the largest amount, which nobody measured.
        area: mean accuracy over the logarithm of the amount.
        trend: whether accuracy rises with the amount; its `p` is unadjusted.
        p_adjusted: p of the trend, adjusted over the family; NaN when there is no p.
        family: hypotheses in the family.
    """

    system: str
    entity_type: str | None
    phrases: int
    fractions: tuple[Fraction, ...]
    seeds: tuple[int, ...]
    seeds_planned: int
    curve: LearningCurve
    band: SimultaneousBand
    n_95: AmountNeeded
    to_match_prior: AmountNeeded | None
    twice: Prediction
    area: Estimate
    trend: Trend
    p_adjusted: float
    family: int


def learn(evidence: Evidence) -> tuple[Learning, ...]:
    """Follow every trained system that has a complete trial over the amounts of data, on all phrases.

    An amount without a complete trial is left out, and so is all but the largest of fractions that a small training
    set rounds to the same images. The trends' p-values are adjusted by Holm's method over the protocol's trained
    systems.
    """
    trained = evidence.protocol.trained
    learned = [_learning(evidence, name) for name in trained if _started(name, evidence)]
    # A system without a complete trial keeps its place in the family.
    p = [learning.trend.p for learning in learned] + [nan] * (len(trained) - len(learned))
    return _adjusted(learned, holm(p), len(trained))


def learn_by_type(evidence: Evidence) -> tuple[Learning, ...]:
    """Do the same on each of the `MOST_TYPES` most frequent entity types, the most frequent first; exploratory.

    The trends' p-values are adjusted by Benjamini and Hochberg's method over all systems and types; what
    cannot be tested is no part of the family.
    """
    trained = evidence.protocol.trained
    learned = [
        _learning(evidence, name, entity_type)
        for entity_type in list(evidence.outcomes.test.members)[:MOST_TYPES]
        for name in trained
        if _started(name, evidence)
    ]
    p = [learning.trend.p for learning in learned]
    return _adjusted(learned, benjamini_hochberg(p), int(np.isfinite(p).sum()))


def fitted(
    system: str,
    fractions: tuple[Fraction, ...],
    seeds: tuple[int, ...],
    evidence: Evidence,
    entity_type: str | None = None,
) -> LearningCurve:
    """Fit the curve of one system after some amounts with some seeds.

    The draws depend on the entity type and the number of seeds alone, so curves over the same seeds share them.
    """
    phrases = evidence.outcomes.test.sizes(entity_type)
    names = ("report", "learning curves") if entity_type is None else ("report", "learning curves", entity_type)
    # Without a common seed there is nothing to draw from, and the curve's own status says so.
    resamples = crossed_resamples(max(1, len(seeds)), phrases, generator(*names))
    images = [fraction.images for fraction in fractions]
    return learning_curve(counts(system, fractions, seeds, evidence, entity_type), images, resamples)


def counts(
    system: str,
    fractions: tuple[Fraction, ...],
    seeds: tuple[int, ...],
    evidence: Evidence,
    entity_type: str | None = None,
) -> list[NDArray[np.float64]]:
    """Count what a system got right after each of some amounts, (seeds, images) each."""
    return [evidence.counts(system, fraction, seeds, entity_type=entity_type) for fraction in fractions]


def _started(system: str, evidence: Evidence) -> tuple[Fraction, ...]:
    """Return the amounts with a complete trial, ascending; of fractions with equal images the largest stands for all.

    The largest, because the whole training set is what the others are compared with.
    """
    started = (fraction for label, fraction in evidence.fractions.items() if evidence.outcomes.seeds(system, label))
    return tuple({fraction.images: fraction for fraction in started}.values())


def _learning(evidence: Evidence, system: str, entity_type: str | None = None) -> Learning:
    started = _started(system, evidence)
    seeds = evidence.outcomes.common_seeds((system, fraction.label) for fraction in started)
    phrases = evidence.outcomes.test.sizes(entity_type)
    correct = counts(system, started, seeds, evidence, entity_type)
    curve = fitted(system, started, seeds, evidence, entity_type)
    (twice,) = curve.predict([EXTRAPOLATION * started[-1].images])
    matched, prior = None, evidence.protocol.prior
    if prior is not None and evidence.outcomes.seeds(prior, label_of(None)):
        matched = amount_to_match(curve, evidence.counts(prior, None, (0,), entity_type=entity_type))
    trend = trend_test(np.stack([each.sum(axis=1) for each in correct], axis=1) / phrases.sum())
    return Learning(
        system=system,
        entity_type=entity_type,
        phrases=int(phrases.sum()),
        fractions=started,
        seeds=seeds,
        seeds_planned=evidence.protocol.independent_seeds,
        curve=curve,
        band=simultaneous_band(curve),
        n_95=n_95(curve),
        to_match_prior=matched,
        twice=twice,
        area=area_under_curve(correct, [fraction.images for fraction in started], phrases),
        trend=trend,
        p_adjusted=nan,
        family=0,
    )


def _adjusted(learned: list[Learning], p_values: NDArray[np.float64], family: int) -> tuple[Learning, ...]:
    pairs = zip(learned, p_values, strict=False)
    return tuple(replace(learning, p_adjusted=float(p), family=family) for learning, p in pairs)
