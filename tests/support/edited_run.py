"""Runs changed as if another machine, another version or a stranger had written them; and merged."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from bench.store.inputs import fingerprint
from bench.store.ledger import Ledger
from bench.store.records import TrialKey
from bench.store.weights import WEIGHTS
from bench.trials.merging.allowance import Allowance
from bench.trials.merging.part import read_part
from bench.trials.merging.settle import Settlement, settle

KEY = TrialKey("sprm", "1", 0)


def edit(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change what a JSON file holds."""
    content = json.loads(path.read_text())
    # A record without one is of an earlier version, and believed.
    content.pop("checksum", None)
    change(content)
    path.write_text(json.dumps(content))


def edit_record(run: Path, key: TrialKey, change: Callable[[dict[str, Any]], object]) -> None:
    """Change a trial's record, whose fingerprint stays that of its inputs."""

    def changed(record: dict[str, Any]) -> None:
        change(record)
        record["fingerprint"] = fingerprint(record["inputs"])

    edit(Ledger(run).trial_folder(key) / "record.json", changed)


def edit_every_record(run: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change every record of a run."""
    for record in list(Ledger(run).records()):
        edit_record(run, record.key, change)


def answer_otherwise(run: Path, key: TrialKey) -> None:
    """Let a trial have had another outcome for every phrase, with the same settings."""
    ledger = Ledger(run)
    record, items = ledger.record(key), ledger.items(key)
    assert record is not None
    turned = items.assign(correct=1 - items["correct"])
    ledger.write(record.model_copy(update={"accuracy": float(np.mean(turned["correct"]))}), turned)


def keep_weights(run: Path, key: TrialKey, content: bytes) -> Path:
    """Let a trial's weights have been kept, which are bytes of no model; return their file."""
    edit_record(run, key, lambda record: record.update(weights_sha256=hashlib.sha256(content).hexdigest()))
    path = Ledger(run).trial_folder(key) / WEIGHTS
    path.write_bytes(content)
    return path


def remove(run: Path, *systems: str) -> None:
    """Remove all results of some systems."""
    for system in systems:
        shutil.rmtree(run / "trials" / system)


def settled(*folders: Path, keep: tuple[Path, ...] = (), allow: tuple[Allowance, ...] = ()) -> Settlement:
    """Decide what a merged run of some folders holds."""
    parts = {folder: read_part(folder) for folder in folders}
    return settle(list(parts.values()), [parts[each] for each in keep], allow)
