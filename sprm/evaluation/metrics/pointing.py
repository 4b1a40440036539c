"""Pointing accuracy: whether the predicted box points at its target."""

from __future__ import annotations

from sprm.corpus.box_matches import BoxMatches
from sprm.evaluation.metric import METRICS, Metric, Values


def _pointing(matches: BoxMatches) -> Values:
    return matches.pointing


METRICS.add(
    "pointing",
    Metric(
        title="Pointing accuracy",
        definition="share of phrases whose predicted box has its centre in the target, borders included",
        of_boxes=_pointing,
    ),
)
