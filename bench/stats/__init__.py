"""Statistics on arrays: plain numbers in, frozen records out, nothing read from disk.

The unit of a study is the image and the seed, never the phrase: every seed's model answers the same test
images, and the phrases of one image succeed and fail together. Functions of outcomes take `correct: (seeds, images)`,
counts of phrases answered correctly, and `phrases: (images,)`, the number of phrases in each image.
"""

from bench.stats.bootstrap import BootstrapInterval, crossed_bootstrap, crossed_draws, percentile_interval
from bench.stats.components import VarianceComponents, variance_components
from bench.stats.effect_size import cohens_h
from bench.stats.equivalence import Equivalence, equivalence
from bench.stats.families import benjamini_hochberg, holm
from bench.stats.fixed_sequence import FixedSequence, Step, smallest_competitive
from bench.stats.improvement import Improvement, probability_of_improvement
from bench.stats.non_inferiority import NonInferiority, Verdict, non_inferiority
from bench.stats.power import DetectableEffect, SeedsNeeded, SeedsStatus, minimum_detectable_effect, seeds_needed
from bench.stats.retention import Retention, RetentionStatus, retention
from bench.stats.sign_flip import SignFlip, sign_flip_test
from bench.stats.trend import Trend, TrendStatus, trend_test
from bench.stats.two_way import Estimate, Status, two_way_difference, two_way_mean

__all__ = [
    "BootstrapInterval",
    "DetectableEffect",
    "Equivalence",
    "Estimate",
    "FixedSequence",
    "Improvement",
    "NonInferiority",
    "Retention",
    "RetentionStatus",
    "SeedsNeeded",
    "SeedsStatus",
    "SignFlip",
    "Status",
    "Step",
    "Trend",
    "TrendStatus",
    "VarianceComponents",
    "Verdict",
    "benjamini_hochberg",
    "cohens_h",
    "crossed_bootstrap",
    "crossed_draws",
    "equivalence",
    "holm",
    "minimum_detectable_effect",
    "non_inferiority",
    "percentile_interval",
    "probability_of_improvement",
    "retention",
    "seeds_needed",
    "sign_flip_test",
    "smallest_competitive",
    "trend_test",
    "two_way_difference",
    "two_way_mean",
    "variance_components",
]
