"""How a training step grows with each of the sizes that it depends on."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.speed import subjects
from bench.speed.processes import alone
from bench.speed.timing import interleaved
from bench.speed.workload import Sizes, Workload, write
from bench.store.stored_model import Record
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


class GrowthRow(Record):
    """A step at one size."""

    size: str
    """Which of the sizes is varied."""
    value: float
    step_seconds: float
    matrix_products_seconds: float
    """The bare products of the visual map at this size, timed in turn with the step."""
    private_mib: float
    """Resident memory of the process afterwards, libraries included, files shared with others not."""
    opening_seconds: float
    """Mapping the corpus and making the model, up to the first step."""


def growth(folder: Path, workload: Workload, tell: Callable[[str], None]) -> Iterator[GrowthRow]:
    """Measure a step at each of `VALUES`, each in a process of its own.

    Args:
        folder: where corpora of other sizes are written, one at a time.
        workload: the one in the middle, which is there already.
        tell: told what is being measured.
    """
    for size, values in VALUES.items():
        for value in values:
            tell(f"growth with {size}: {value:,g}")
            sizes = Sizes.model_validate({**workload.sizes.model_dump(), size: value})
            if sizes == workload.sizes:
                yield _row(size, value, workload)
                continue
            other = write(folder / "other", sizes)
            try:
                yield _row(size, value, other)
            finally:
                shutil.rmtree(other.folder)


def _row(size: str, value: float, workload: Workload) -> GrowthRow:
    return GrowthRow(size=size, value=value, **alone(step_at, workload))


def step_at(workload: Workload) -> dict[str, float]:
    """Open a workload and time its step beside the bare products."""
    started = time.perf_counter()
    subjects.first_steps(workload)
    opening = time.perf_counter() - started
    steps = subjects.fast_steps(workload)
    seconds = interleaved({"fast": steps, "matrices": subjects.matrix_products(workload.sizes)}, rounds=3)
    return {
        "opening_seconds": opening,
        "step_seconds": seconds["fast"] / subjects.STEPS,
        "matrix_products_seconds": seconds["matrices"],
        "private_mib": private_memory().now,
    }
