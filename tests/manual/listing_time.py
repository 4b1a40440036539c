"""How long it takes to list 10,000 planned trials; run by hand.

`python tests/manual/listing_time.py` times `plan` and `status` of a protocol with 10,000 trials, once when none has run
and once when all have, and prints the table of docs/reliability.md. Their results are made up. It takes some minutes,
and 200 MB of disk in the temporary folder.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from rich.table import Table

from bench.cli.locate import prepared
from bench.cli.terminal import console
from bench.protocol.load import load
from bench.store.ledger import Ledger
from bench.store.manifest import FILE, manifest
from bench.store.provenance import provenance
from bench.store.records import TrialRecord
from bench.subsets.draw import write as write_subsets
from bench.trials.plan import Plan, Trial, make_plan
from sprm.corpus.dataset import open_dataset
from sprm.evaluation.metric import METRICS
from sprm.evaluation.outcomes import phrases_of

PROTOCOL = """\
name: ten-thousand
corpus: {kind: scenes, seed: 0, images: {train: 32, val: 8, test: 16}}
fractions: [0.1, 0.25, 0.5, 1.0]
seeds: 500
systems:
  one: {kind: sprm, omega: 0.1}
  two: {kind: sprm, omega: 0.2}
  three: {kind: sprm, omega: 0.3}
  four: {kind: sprm, omega: 0.4}
  five: {kind: sprm, omega: 0.5}
claims: []
"""
COMMANDS = (("plan",), ("plan", "--json"), ("status",), ("status", "--json"))
REPETITIONS = 3


def main() -> None:
    """Time the commands, and print a table."""
    table = Table("command", "no trial has run", "all have run")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "protocol.yaml"
        path.write_text(PROTOCOL, encoding="utf-8")
        plan = planned(path, folder / "results")
        begin(plan)
        before = [seconds(command, folder) for command in COMMANDS]
        for each in plan.trials:
            finish(each.trial, plan)
        after = [seconds(command, folder) for command in COMMANDS]
    for command, none, every in zip(COMMANDS, before, after, strict=True):
        table.add_row(" ".join(command), f"{none:.2f} s", f"{every:.2f} s")
    console().print(table)


def planned(path: Path, results: Path) -> Plan:
    """Prepare the corpus and plan the trials."""
    loaded = load(path)
    return make_plan(loaded.protocol, open_dataset(prepared(loaded.protocol)), results)


def begin(plan: Plan) -> None:
    """Leave what `run` leaves before any trial is done."""
    run = plan.ledger.folder
    run.mkdir(parents=True)
    (run / FILE).write_bytes(manifest(plan.protocol.name, plan.dataset).to_json())
    write_subsets(plan.subsets, run)


def finish(trial: Trial, plan: Plan) -> None:
    """Leave a result of a usual size; what it says is made up."""
    items = phrases_of(plan.dataset.test).assign(box=0, score=0.5, **dict.fromkeys(METRICS.of_phrases(), 1.0))
    items["score"] = np.random.default_rng(trial.key.seed).random(len(items))
    epochs = ({"epoch": epoch, "steps": 10 * epoch, "loss": -0.1, "val_accuracy": 0.5} for epoch in range(1, 26))
    record = TrialRecord(
        system=trial.key.system, kind=trial.settings.kind, fraction=trial.key.fraction, seed=trial.key.seed,
        fingerprint=trial.fingerprint, inputs=trial.inputs, images=8, sentences=trial.sentences, phrases=len(items),
        accuracy=1.0, phrases_sha256="", items_sha256="", history=tuple(epochs), selected_epoch=25, steps=250,
        sentences_seen=4000, seconds_steps=9.0, seconds_selection=0.5, seconds_evaluation=0.5, seconds=10.0,
        peak_memory_mb=500.0, threads=1, device=trial.device, cpu_seconds=10.0,
        generators={f"batch order, {trial.key.seed}, {epoch}": 2**62 + epoch for epoch in range(1, 26)},
        provenance=provenance(), finished_at=datetime.now(UTC),
    )  # fmt: skip
    Ledger(plan.ledger.folder).write(record, items)


def seconds(command: tuple[str, ...], folder: Path) -> float:
    """Return the shortest wall-clock time of some calls of a command, its start included."""
    name, *options = command
    call = [sys.executable, "-m", "bench", name, "protocol.yaml", *options]
    times = []
    for _ in range(REPETITIONS):
        started = time.perf_counter()
        subprocess.run(call, cwd=folder, stdout=subprocess.DEVNULL, check=False)
        times.append(time.perf_counter() - started)
    return min(times)


if __name__ == "__main__":
    main()
