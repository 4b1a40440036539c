"""Recall at k boxes: whether one of the k highest-scoring boxes is right."""

from __future__ import annotations

from sprm.corpus.box_matches import CORRECT_IOU
from sprm.evaluation.metric import METRICS, Metric

for boxes in (5, 10):
    METRICS.add(
        f"recall_{boxes}",
        Metric(
            title=f"Recall at {boxes}",
            definition=(
                f"share of phrases for which one of the {boxes} highest-scoring boxes overlaps the target with an IoU "
                f"of at least {CORRECT_IOU}"
            ),
            of_boxes=lambda matches: matches.correct,
            boxes=boxes,
        ),
    )
