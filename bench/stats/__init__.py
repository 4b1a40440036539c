"""Statistics on arrays: plain numbers in, frozen records out, nothing read from disk.

The unit of a study is the image and the seed, never the phrase: every seed's model answers the same test
images, and the phrases of one image succeed and fail together. All functions take `correct: (seeds, images)`,
counts of phrases answered correctly, and `phrases: (images,)`, the number of phrases in each image.
"""

from bench.stats.families import holm
from bench.stats.fixed_sequence import FixedSequence, Step, smallest_competitive
from bench.stats.non_inferiority import NonInferiority, Verdict, non_inferiority
from bench.stats.two_way import Estimate, Status, two_way_difference, two_way_mean

__all__ = [
    "Estimate",
    "FixedSequence",
    "NonInferiority",
    "Status",
    "Step",
    "Verdict",
    "holm",
    "non_inferiority",
    "smallest_competitive",
    "two_way_difference",
    "two_way_mean",
]
