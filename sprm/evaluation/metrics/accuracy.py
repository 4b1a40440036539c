"""Accuracy: whether the predicted box is right."""

from __future__ import annotations

from sprm.corpus.box_matches import CORRECT_IOU, BoxMatches
from sprm.evaluation.metric import ACCURACY, METRICS, Metric, Values


def _correct(matches: BoxMatches) -> Values:
    return matches.correct


METRICS.add(
    ACCURACY,
    Metric(
        title="Accuracy",
        definition=f"share of phrases whose predicted box overlaps its target with an IoU of at least {CORRECT_IOU}",
        of_boxes=_correct,
    ),
)
