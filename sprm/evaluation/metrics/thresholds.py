"""Accuracy at other thresholds: whether the predicted box overlaps its target less, or more, than accuracy asks."""

from __future__ import annotations

from sprm.corpus.box_matches import BoxMatches
from sprm.evaluation.metric import METRICS, Metric, Values


def _metric(iou: float) -> Metric:
    def reaches(matches: BoxMatches) -> Values:
        return matches.iou >= iou

    return Metric(
        title=f"Accuracy at IoU {iou}",
        definition=f"share of phrases whose predicted box overlaps its target with an IoU of at least {iou}",
        of_boxes=reaches,
    )


METRICS.add("correct_at_30", _metric(0.3))
METRICS.add("correct_at_70", _metric(0.7))
