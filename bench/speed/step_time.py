"""What a training step takes on this machine, timed once for a corpus and a system's settings."""

from __future__ import annotations

import json
from contextlib import suppress

from pydantic import Field, ValidationError

from bench.store.provenance import processor, processors
from bench.store.stored_model import Record
from bench.trials.plan import Trial
from sprm.corpus.dataset import Dataset
from sprm.files.atomic_file import write_atomically
from sprm.files.cache import cache_folder
from sprm.files.cache_keys import library_versions, short_hash


class _StepTime(Record):
    seconds: float = Field(gt=0, allow_inf_nan=False)


def step_seconds(trial: Trial, dataset: Dataset) -> float:
    """Return the seconds of a training step of a trial's system, which are kept in the cache folder.

    Only the first call for a machine, a corpus and settings starts a process that takes steps.

    Raises:
        SprmError: the steps cannot be taken.
    """
    settings = {name: value for name, value in trial.inputs.items() if name not in ("seed", "subset")}
    machine = [processor(), str(processors()), *library_versions("torch", "numpy")]
    about = [dataset.fingerprint, json.dumps(settings, sort_keys=True), *machine]
    path = cache_folder() / "step_times" / f"{short_hash(about)}.json"
    with suppress(OSError, ValidationError):
        return _StepTime.model_validate_json(path.read_bytes()).seconds
    # They import torch.
    from bench.speed.forecast import step_times
    from bench.speed.processes import alone

    # Once is enough for whoever waits to read a plan.
    timed = _StepTime(seconds=alone(step_times, trial, dataset.folder, 1).step)
    with suppress(OSError):
        # What cannot be kept is timed again.
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, timed.model_dump_json().encode())
    return timed.seconds
