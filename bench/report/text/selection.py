"""Which epoch was kept where no box decided it, and what that cost as far as boxes tell."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bench.report.analyse import Analysis
from bench.store.records import TrialRecord
from bench.text.numbers import count, listed, points
from sprm.settings import Selection

_KEPT = {
    Selection.last: "the last epoch is kept",
    Selection.val_loss: "the epoch with the lowest contrastive loss on the validation split is kept",
}


def selection_statements(analysis: Analysis) -> list[str]:
    """State how the systems that are trained without boxes choose an epoch, and what that cost."""
    by_selection: dict[Selection, list[str]] = {}
    for name in analysis.protocol.trained:
        training = analysis.protocol.training_of(name)
        if training is not None and training.selection in _KEPT:
            by_selection.setdefault(training.selection, []).append(name)
    return [
        f"No boxes are used to choose an epoch: for {listed(systems)}, {_KEPT[selection]}. {_cost(systems, analysis)}"
        for selection, systems in by_selection.items()
    ]


def _cost(systems: Sequence[str], analysis: Analysis) -> str:
    """Say how far kept epochs lie below the best ones on the validation split, where both are known."""
    lost = [gap for record in analysis.records if record.system in systems if (gap := _below(record)) is not None]
    if not lost:
        why = (
            "these trials did not record the accuracy of the other epochs on the validation split"
            if analysis.protocol.corpus.val_has_boxes
            else "the validation split has no boxes"
        )
        return f"The cost is unknown, because {why}."
    below = f"{points(float(np.mean(lost)))} points below the best epoch"
    if len(lost) > 1:
        below += f" on average over {count(len(lost))} trainings, and {points(max(lost))} at most"
    return (
        f"By the boxes of the validation split, which were not used, the kept epoch lies {below}. The true cost tends "
        "to be lower, because the best of several epochs owes part of its lead to chance."
    )


def _below(record: TrialRecord) -> float | None:
    """Return by how much, in [0, 1], the kept epoch is below the best on the validation split; None where unknown."""
    accuracy = {epoch["epoch"]: epoch.get("val_accuracy") for epoch in record.history}
    known = [value for value in accuracy.values() if value is not None]
    kept = accuracy.get(record.selected_epoch)
    return None if kept is None or len(known) < len(accuracy) else max(known) - kept
