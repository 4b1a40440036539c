"""How a training step grows with each of the sizes that it depends on; run by hand.

`python tests/manual/step_growth.py` prints the tables of docs/performance.md. It takes some minutes, and 5 GB of disk
in the temporary folder.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from bench.cli.speed_table import duration, table
from bench.cli.terminal import console, stderr
from bench.speed import subjects
from bench.speed.measurement import FULL
from bench.speed.processes import alone
from bench.speed.timing import interleaved
from bench.speed.workload import Workload, write
from bench.trials.memory import private_memory

FLICKR30K = 29_783
"""Training images of Flickr30k Entities."""
VALUES: dict[str, tuple[float, ...]] = {
    "boxes": (9, 18, 36, 72),
    "phrases": (1.5, 2.9, 5.8, 11.6),
    "batch": (8, 16, 32, 64),
    "vocabulary": (2_500, 10_000, 40_000),
    "images": (1_000, 5_000, FLICKR30K),
}
"""What is varied, one at a time; the values in the middle are the workload's own."""


@dataclass(frozen=True)
class Row:
    """A step at one size.

    Attributes:
        value: the size.
        step_seconds: one training step of the fast path.
        matrix_products_seconds: the bare products of the visual map at this size, timed in turn with the step.
        private_mib: resident memory of the process afterwards, libraries included, files shared with others not.
        opening_seconds: mapping the corpus and making the model, up to the first step.
    """

    value: float
    step_seconds: float
    matrix_products_seconds: float
    private_mib: float
    opening_seconds: float


def main() -> None:
    """Measure a step at each of `VALUES`, and print a table for each size that is varied."""
    out = console()
    with tempfile.TemporaryDirectory(prefix="sprm-bench-growth-") as folder:
        for size, values in VALUES.items():
            rows = list(growth(Path(folder), size, values))
            out.print(f"Growth with {size}", soft_wrap=True)
            out.print(shown(size, rows))
            out.print()


def growth(folder: Path, size: str, values: Sequence[float]) -> Iterator[Row]:
    """Measure a step at each value of a size, each in a process of its own.

    Args:
        folder: where the corpora are written, one at a time.
        size: which of the sizes is varied; the others are those of `speed`.
        values: its values.
    """
    for value in values:
        stderr.print(f"growth with {size}: {value:,g}")
        workload = write(folder / "workload", FULL.model_copy(update={size: value}))
        yield Row(value=value, **alone(step_at, workload))
        shutil.rmtree(workload.folder)


def step_at(workload: Workload) -> dict[str, float]:
    """Open a workload and time its step beside the bare products."""
    started = time.perf_counter()
    subjects.first_steps(workload)
    opening = time.perf_counter() - started
    steps = subjects.fast_steps(workload)
    seconds = interleaved({"fast": steps, "matrices": subjects.products_of(workload.sizes)}, rounds=3)
    return {
        "opening_seconds": opening,
        "step_seconds": seconds["fast"] / subjects.STEPS,
        "matrix_products_seconds": seconds["matrices"],
        "private_mib": private_memory().now,
    }


def shown(size: str, rows: Sequence[Row]) -> Table:
    """Lay out the rows of a size as a table."""
    laid_out = table(size, "step", "/ matrix products", "private memory", "opening")
    for row in rows:
        memory = f"{row.private_mib:,.0f} MiB"
        over = f"{row.step_seconds / row.matrix_products_seconds:.2f}"
        laid_out.add_row(f"{row.value:,g}", duration(row.step_seconds), over, memory, duration(row.opening_seconds))
    return laid_out


if __name__ == "__main__":
    main()
