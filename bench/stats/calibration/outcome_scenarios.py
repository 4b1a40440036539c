"""What the methods for outcomes are put to: a truth to simulate, a question to ask, and how often to hear yes."""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import NDArray

from bench.stats.calibration.scenario import ALPHA, AT_MOST, COVERS, REJECTS, Case, Question, Scenario
from bench.stats.calibration.simulation import System
from bench.stats.curves.trend import trend_test
from bench.stats.outcomes.families import benjamini_hochberg, holm
from bench.stats.outcomes.fixed_sequence import smallest_competitive
from bench.stats.outcomes.interval_estimate import IntervalEstimate
from bench.stats.outcomes.non_inferiority import non_inferiority
from bench.stats.outcomes.retention import kept_at_least, retention
from bench.stats.outcomes.sign_flip import sign_flip_test
from bench.stats.outcomes.two_way import Estimate, two_way_difference, two_way_mean

MARGIN = 0.02
"""Of non-inferiority, and what an interval of a difference should hold."""
GAIN, KEPT = 0.10, 0.8
"""What training on everything gains over the prior, and the share of it that a fraction keeps."""
LEAD = 0.05
"""Of a system over its rival, where there is one."""
SUBSETS, INITIALISATIONS = 5, 3
"""Of crossed seeds."""
CATEGORIES, LED = 10, 3
"""Categories that the images fall into, and those in which the rival is behind."""
FLIPS = 999
"""Fewer than in a report, because their noise averages out over the studies."""


def _difference_rejects(case: Case) -> bool:
    return two_way_difference(case.correct[0], case.correct[1], case.phrases).p < ALPHA


def _pooled_rejects(case: Case) -> bool:
    """Take every phrase of every seed for an independent observation, as one should not."""
    total = case.correct.shape[1] * case.phrases.sum()
    a, b = case.correct.sum(axis=(1, 2)) / total
    return bool(abs(a - b) / np.sqrt((a * (1 - a) + b * (1 - b)) / total) > scipy.stats.norm.ppf(1 - ALPHA / 2))


def _flip_rejects(case: Case) -> bool:
    return sign_flip_test(case.correct[0], case.correct[1], case.phrases, case.rng, FLIPS).p < ALPHA


def _called_competitive(case: Case) -> bool:
    return non_inferiority(case.correct[0], case.correct[1], case.phrases, MARGIN).verdict.is_competitive


def _any_called_competitive(case: Case) -> bool:
    by_fraction = dict(zip((1.0, 0.5, 0.25, 0.1), case.correct, strict=True))
    return smallest_competitive(by_fraction, case.phrases, MARGIN).smallest is not None


def _against_first(case: Case) -> list[float]:
    first, *others = case.correct
    return [two_way_difference(first, other, case.phrases).p for other in others]


def _any_rejected_by_holm(case: Case) -> bool:
    return bool((holm(_against_first(case)) < ALPHA).any())


def _any_rejected_uncorrected(case: Case) -> bool:
    return min(_against_first(case)) < ALPHA


def _trend_rejects(case: Case) -> bool:
    return trend_test((case.correct.sum(axis=2) / case.phrases.sum()).T).p < ALPHA


def _mean_covers(case: Case) -> bool:
    return _holds(two_way_mean(case.correct[0], case.phrases), System().accuracy)


def _pooled_mean_covers(case: Case) -> bool:
    total = case.correct.shape[1] * case.phrases.sum()
    share = case.correct[0].sum() / total
    reach = scipy.stats.norm.ppf(1 - ALPHA / 2) * np.sqrt(share * (1 - share) / total)
    return bool(abs(share - System().accuracy) <= reach)


def _difference_covers(case: Case) -> bool:
    return _holds(two_way_difference(case.correct[0], case.correct[1], case.phrases), MARGIN)


def _retention_covers(case: Case) -> bool:
    share = retention(*_fraction_full_prior(case), case.phrases).share
    return share is not None and _holds(share, KEPT)


def _kept_rejects(case: Case) -> bool:
    return kept_at_least(*_fraction_full_prior(case), case.phrases, KEPT).p < ALPHA


def _fraction_full_prior(case: Case) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    full, fraction, prior = case.correct
    return fraction, full, np.broadcast_to(prior[0], prior.shape)


def _any_lead_made_up(case: Case) -> bool:
    """Judge the lead of a system over its rival at four amounts; at the last two there is none."""
    p = [two_way_difference(ours, theirs, case.phrases).p for ours, theirs in _pairs(case)]
    return bool((holm(p)[2:] < ALPHA).any())


def _pairs(case: Case) -> NDArray[np.int64]:
    _, seeds, images = case.correct.shape
    return case.correct.reshape(-1, 2, seeds, images)


def _share_of_discoveries_that_are_false(case: Case) -> float:
    """Compare two systems by category of image; in all but the last few they are alike."""
    ours, alike, behind = case.correct
    p = []
    for number, images in enumerate(np.array_split(np.arange(case.phrases.size), CATEGORIES)):
        theirs = alike if number < CATEGORIES - LED else behind
        p.append(two_way_difference(ours[:, images], theirs[:, images], case.phrases[images]).p)
    discoveries = benjamini_hochberg(p) < ALPHA
    return float(discoveries[:-LED].sum() / max(1, discoveries.sum()))


def _holds(estimate: Estimate | IntervalEstimate, truth: float) -> bool:
    return estimate.low <= truth <= estimate.high


def _independent(question: Question) -> Question:
    """Ask a question of those of crossed seeds that share neither subset nor initialisation."""
    return lambda case: question(case.independent(INITIALISATIONS))


ALIKE = (System(), System())
CROSSED_ALIKE = (System(run_sd=0.03, initialisations=INITIALISATIONS),) * 2
SAME_TRAININGS = (System(run_sd=0), System(run_sd=0))
LOSES_MARGIN = (System(), System(lost=MARGIN))
FRACTIONS_ALIKE = (System(),) * 5
ON_THESE_IMAGES = (System(suit_sd=0),) * 5
FRACTIONS_LOSE_MARGIN = (System(), *(System(lost=MARGIN),) * 3)
LEADS_AT_TWO_OF_FOUR = (System(), System(lost=LEAD)) * 2 + ALIKE * 2
ALIKE_OR_BEHIND = (System(), System(), System(lost=LEAD))
FULL_FRACTION_AND_PRIOR = (System(), System(lost=GAIN * (1 - KEPT)), System(lost=GAIN, run_sd=0))
THESE_MODELS, THESE_IMAGES = "images", "trainings"
"""What a test generalises over that takes the models, or the images, as they are."""

CROSSED: tuple[tuple[str, str, Question, tuple[float, float]], ...] = (
    ("two_way_difference", "no difference", _difference_rejects, REJECTS),
    ("two_way_mean", "interval", _mean_covers, COVERS),
)


def _crossed(method: str, truth: str, question: Question, target: tuple[float, float]) -> tuple[Scenario, Scenario]:
    named, trainings = f"{method} on {SUBSETS} × {INITIALISATIONS} crossed seeds", SUBSETS * INITIALISATIONS
    return (
        Scenario(
            named,
            f"{truth}, {INITIALISATIONS} that share nothing",
            CROSSED_ALIKE,
            _independent(question),
            target,
            trainings,
        ),
        Scenario(named, f"{truth}, all as independent seeds", CROSSED_ALIKE, question, None, trainings),
    )


OUTCOME_SCENARIOS = (
    *(Scenario("two_way_difference", "no difference", ALIKE, _difference_rejects, REJECTS, k) for k in (3, 5, 10)),
    Scenario("phrases pooled", "no difference", ALIKE, _pooled_rejects, None, over="nothing"),
    Scenario(
        "sign_flip_test", "no difference of these models", SAME_TRAININGS, _flip_rejects, REJECTS, over=THESE_MODELS
    ),
    Scenario("sign_flip_test", "no difference, new trainings", ALIKE, _flip_rejects, None, over=THESE_MODELS),
    Scenario("non_inferiority", "loss of the margin", LOSES_MARGIN, _called_competitive, REJECTS),
    Scenario("smallest_competitive", "3 losses of the margin", FRACTIONS_LOSE_MARGIN, _any_called_competitive, REJECTS),
    *(
        Scenario("kept_at_least", "exactly the share kept", FULL_FRACTION_AND_PRIOR, _kept_rejects, REJECTS, k)
        for k in (3, 5, 10)
    ),
    Scenario("holm", "4 times no difference", FRACTIONS_ALIKE, _any_rejected_by_holm, AT_MOST),
    Scenario("without holm", "4 times no difference", FRACTIONS_ALIKE, _any_rejected_uncorrected, None),
    Scenario("holm", "no lead at 2 of 4 amounts", LEADS_AT_TWO_OF_FOUR, _any_lead_made_up, AT_MOST),
    # With fewer images a category has too few for any discovery.
    Scenario(
        "benjamini_hochberg",
        "false discoveries",
        ALIKE_OR_BEHIND,
        _share_of_discoveries_that_are_false,
        AT_MOST,
        images=1_000,
    ),
    Scenario("trend_test", "no trend on these images", ON_THESE_IMAGES, _trend_rejects, REJECTS, over=THESE_IMAGES),
    Scenario("trend_test", "no trend, new images", FRACTIONS_ALIKE, _trend_rejects, None, over=THESE_IMAGES),
    *(Scenario("two_way_mean", "interval", ALIKE, _mean_covers, COVERS, k) for k in (3, 5, 10)),
    Scenario("phrases pooled", "interval", ALIKE, _pooled_mean_covers, None, over="nothing"),
    Scenario("two_way_difference", "interval", LOSES_MARGIN, _difference_covers, COVERS),
    *(Scenario("retention", "interval", FULL_FRACTION_AND_PRIOR, _retention_covers, COVERS, k) for k in (3, 5, 10)),
    *(scenario for asked in CROSSED for scenario in _crossed(*asked)),
)
