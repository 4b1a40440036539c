from __future__ import annotations

import threading
from pathlib import Path

import pytest
import torch
from waiting import LONGEST, until

from bench.protocol.schema import Protocol
from bench.trials.backends import processes
from bench.trials.backends.backend import Place
from bench.trials.backends.local import Local
from bench.trials.backends.processes import Processes
from bench.trials.jobs import Job, jobs_of
from bench.trials.options import TrialOptions
from bench.trials.plan import make_plan
from sprm.corpus.dataset import Dataset
from sprm.training.checkpoint import FILE

VALUES = {
    "name": "tiny",
    "fractions": [1],
    "seeds": 1,
    "systems": {"sprm": {"kind": "sprm"}},
    "training": {"epochs": 100_000, "batch": 4},
}


def test_without_worker_processes_a_training_ends_when_the_run_does(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "can_start_processes", lambda: False)
    monkeypatch.setattr(torch, "set_num_threads", lambda number: None)
    plan = make_plan(Protocol.model_validate(VALUES), dataset, tmp_path)
    place = Place(dataset.folder, dataset.fingerprint, plan.ledger.folder, TrialOptions(checkpoint_minutes=1e-9))
    (job,) = jobs_of(plan.left, dataset)
    others = set(threading.enumerate())
    local = Local(Processes[Job]([{}]), place, print)
    local.start(job)
    (thread,) = (each for each in set(threading.enumerate()) - others if "ThreadPool" in each.name)
    folder = plan.ledger.trial_folder(job.trials[0].key)
    until(lambda: (folder / FILE).exists() or not thread.is_alive())
    local.close()
    thread.join(LONGEST)
    assert not thread.is_alive()
    # It was stopped, and neither failed nor forgot how far it was.
    assert sorted(path.suffix for path in folder.iterdir()) == [".json", ".safetensors"]
    assert (folder / FILE).exists()
