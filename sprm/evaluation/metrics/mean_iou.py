"""Mean IoU: how much the predicted box overlaps its target."""

from __future__ import annotations

from sprm.corpus.box_matches import BoxMatches
from sprm.evaluation.metric import METRICS, Metric, Values


def _iou(matches: BoxMatches) -> Values:
    return matches.iou


METRICS.add(
    "iou",
    Metric(
        title="Mean IoU",
        definition="mean intersection over union of predicted box and target, right or not",
        of_boxes=_iou,
    ),
)
