"""Statistics on arrays: plain numbers in, frozen records out, nothing read from disk.

The unit of a study is the image and the seed, never the phrase: every seed's model answers the same test
images, and the phrases of one image succeed and fail together. Functions of outcomes take `correct: (seeds, images)`,
counts of phrases answered correctly, and `phrases: (images,)`, the number of phrases in each image.
"""

from bench.stats.curves.amount_needed import (
    AmountNeeded,
    NeededStatus,
    amount_to_match,
    amount_within_margin,
    data_multiplier,
    n_95,
)
from bench.stats.curves.area_under_curve import area_under_curve, log_mean_counts
from bench.stats.curves.curve_bootstrap import Interval, Resamples, crossed_resamples
from bench.stats.curves.curve_refusal import CurveStatus, Fit
from bench.stats.curves.growth import Growth, GrowthStatus, growth
from bench.stats.curves.learning_curve import LearningCurve, Prediction, Reach, learning_curve
from bench.stats.curves.power_law import PowerLaw, fit_power_law
from bench.stats.curves.simultaneous_band import SimultaneousBand, simultaneous_band
from bench.stats.curves.trend import Trend, TrendStatus, trend_test
from bench.stats.outcomes.bootstrap import crossed_draws
from bench.stats.outcomes.components import VarianceComponents, variance_components
from bench.stats.outcomes.crossed_components import CrossedComponents, crossed_components
from bench.stats.outcomes.effect_size import cohens_h
from bench.stats.outcomes.families import benjamini_hochberg, holm
from bench.stats.outcomes.fixed_sequence import FixedSequence, Step, smallest_competitive
from bench.stats.outcomes.group_sequential import Look, fewest_seeds_after, nominal_levels
from bench.stats.outcomes.improvement import Improvement, probability_of_improvement
from bench.stats.outcomes.interval_estimate import IntervalEstimate
from bench.stats.outcomes.non_inferiority import Finding, NonInferiority, non_inferiority
from bench.stats.outcomes.power import (
    DetectableEffect,
    SeedsNeeded,
    SeedsStatus,
    minimum_detectable_effect,
    seeds_needed,
)
from bench.stats.outcomes.retention import Retention, RetentionStatus, kept_at_least, retention
from bench.stats.outcomes.sign_flip import SignFlip, sign_flip_test
from bench.stats.outcomes.status import Status
from bench.stats.outcomes.two_way import Estimate, two_way_difference, two_way_mean
from bench.stats.outcomes.two_way_ratio import two_way_ratio

__all__ = [
    "AmountNeeded",
    "CrossedComponents",
    "CurveStatus",
    "DetectableEffect",
    "Estimate",
    "Finding",
    "Fit",
    "FixedSequence",
    "Growth",
    "GrowthStatus",
    "Improvement",
    "Interval",
    "IntervalEstimate",
    "LearningCurve",
    "Look",
    "NeededStatus",
    "NonInferiority",
    "PowerLaw",
    "Prediction",
    "Reach",
    "Resamples",
    "Retention",
    "RetentionStatus",
    "SeedsNeeded",
    "SeedsStatus",
    "SignFlip",
    "SimultaneousBand",
    "Status",
    "Step",
    "Trend",
    "TrendStatus",
    "VarianceComponents",
    "amount_to_match",
    "amount_within_margin",
    "area_under_curve",
    "benjamini_hochberg",
    "cohens_h",
    "crossed_components",
    "crossed_draws",
    "crossed_resamples",
    "data_multiplier",
    "fewest_seeds_after",
    "fit_power_law",
    "growth",
    "holm",
    "kept_at_least",
    "learning_curve",
    "log_mean_counts",
    "minimum_detectable_effect",
    "n_95",
    "nominal_levels",
    "non_inferiority",
    "probability_of_improvement",
    "retention",
    "seeds_needed",
    "sign_flip_test",
    "simultaneous_band",
    "smallest_competitive",
    "trend_test",
    "two_way_difference",
    "two_way_mean",
    "two_way_ratio",
    "variance_components",
]
