"""What more workers bring on each back end, and what the harness adds to a trial; run by hand.

`python tests/manual/scaling.py` prints the tables of docs/cluster.md. It takes some minutes. All workers are on this
machine, so more of them than it has CPUs bring nothing.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from statistics import median

from bench.cli.speed_table import table
from bench.cli.terminal import console, stderr
from bench.store.ledger import Ledger
from bench.trials.engine import EngineName

WORKERS = (1, 2, 4)
TRIALS = 16
PROTOCOL = f"""\
name: scaling
corpus: {{kind: scenes, seed: 0, images: {{train: 60, val: 20, test: 20}}}}
fractions: [1]
seeds: {TRIALS}
systems:
  sprm: {{kind: sprm}}
training: {{epochs: 5, batch: 8, learning_rate: 1e-3, selection: last}}
claims: []
"""
ROUNDS = 1


@dataclass(frozen=True)
class Measured:
    """A run of equal trials.

    Attributes:
        seconds: of the whole command.
        span: from the start of the first trial to the end of the last one, in seconds.
        between: what passes on a worker between two trials, in seconds, or what an idle one waits in the end.
        trial: what a trial takes, in seconds.
    """

    seconds: float
    span: float
    between: float
    trial: float


def main() -> None:
    """Run the same trials on every back end with every number of workers, and print what each took."""
    settings = list(product(EngineName, WORKERS))
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "scaling.yaml").write_text(PROTOCOL, encoding="utf-8")
        bench(folder, ["prepare", "scaling.yaml"])
        runs: dict[tuple[EngineName, int], list[Measured]] = {each: [] for each in settings}
        # Other work on the machine then slows all settings alike.
        for repetition, (engine, workers) in product(range(ROUNDS), settings):
            with stderr.status(f"{engine}, {workers} workers, {repetition + 1} of {ROUNDS}"):
                runs[engine, workers].append(measured(folder, engine, workers, repetition))
    alone = median(each.span for each in runs[EngineName.loky, 1])
    shown = table("back end", "workers", "trials a minute", "of loky's 1", "a trial", "between", "start and report")
    for (engine, workers), found in runs.items():
        span = median(each.span for each in found)
        shown.add_row(
            engine,
            str(workers),
            f"{60 * TRIALS / span:.1f}",
            f"{alone / span:.2f}",
            f"{median(each.trial for each in found):.2f} s",
            f"{1000 * median(each.between for each in found):.0f} ms",
            f"{median(each.seconds - each.span for each in found):.1f} s",
        )
    console().print(shown)


def measured(folder: Path, engine: EngineName, workers: int, repetition: int) -> Measured:
    """Run the trials in a fresh results folder."""
    results = f"results-{engine}-{workers}-{repetition}"
    options = ["--backend", engine, "--workers", str(workers), "--results", results, "--json"]
    begun = time.perf_counter()
    run = Path(json.loads(bench(folder, ["run", "scaling.yaml", *options]))["run"])
    seconds = time.perf_counter() - begun
    records = list(Ledger(folder / run).records())
    ends = [record.finished_at.timestamp() for record in records]
    took = [record.seconds for record in records]
    span = max(ends) - min(end - each for end, each in zip(ends, took, strict=True))
    return Measured(seconds, span, (span * workers - sum(took)) / len(records), median(took))


def bench(folder: Path, arguments: Sequence[str]) -> str:
    """Run a command of the suite in a folder, and return what it prints."""
    command = [sys.executable, "-m", "bench", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    main()
