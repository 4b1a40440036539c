"""A trial's result that nothing was computed for."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd

from bench.store.ledger import Ledger
from bench.store.provenance import Provenance
from bench.store.records import TrialRecord
from bench.trials.plan import Trial
from sprm.settings import Device


def store_trial(ledger: Ledger, trial: Trial, seconds: float, made_on: Provenance) -> TrialRecord:
    """Store a result of one phrase, answered right, as if the trial had taken some seconds somewhere."""
    items = pd.DataFrame(
        {
            "image_id": ["1"], "sentence_id": ["1#0"], "phrase": ["a dog"], "category": ["animals"],
            "box": [0], "score": [1.0], "correct": [1.0], "pointing": [1.0], "iou": [0.5],
        }
    )  # fmt: skip
    record = TrialRecord(
        system=trial.key.system, kind=trial.settings.kind, fraction=trial.key.fraction, seed=trial.key.seed,
        fingerprint=trial.fingerprint, inputs=trial.inputs, images=1, sentences=1, phrases=1, accuracy=1.0,
        phrases_sha256="", items_sha256="", history=(), selected_epoch=None, steps=1, sentences_seen=1,
        seconds_steps=seconds, seconds_selection=0.0, seconds_evaluation=0.0, seconds=seconds, peak_memory_mb=1.0,
        threads=1, device=Device.cpu, provenance=made_on, finished_at=datetime.now(UTC),
    )  # fmt: skip
    return ledger.write(record, items)
