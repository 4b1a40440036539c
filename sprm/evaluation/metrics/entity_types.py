"""Accuracy averaged over entity types: rare types count as much as frequent ones."""

from __future__ import annotations

from sprm.evaluation.metric import ACCURACY, METRICS, TypeMean

METRICS.add(
    "correct_by_type",
    TypeMean(
        title="Mean accuracy over entity types",
        definition=(
            "mean of the accuracies on the phrases of each entity type, each type counting the same; a phrase of "
            "several types counts in each"
        ),
        of=ACCURACY,
    ),
)
