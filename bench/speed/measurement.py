"""Measuring this machine: the fast path beside the reference and beside the products that it cannot avoid."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from bench.speed import subjects
from bench.speed.processes import Crew, alone
from bench.speed.timing import interleaved
from bench.speed.workload import CAPTIONS, Sizes, Workload, write
from bench.store.provenance import Provenance, provenance
from bench.store.stored_model import Stored
from bench.trials.execute import default_workers
from bench.trials.memory import private_memory

Tell = Callable[[str], None]

FULL = Sizes()
SMALL = Sizes(
    batch=8,
    phrase_slots=12,
    box_slots=48,
    boxes=20,
    dimension=100,
    features=512,
    vocabulary=3000,
    labels=400,
    images=200,
)


class Speed(Stored):
    """What `speed` found, in one run on one machine, every time a median."""

    quick: bool
    """Whether it was measured at small sizes, which the targets are not for."""
    sizes: Sizes
    """The workload that steps were timed on."""
    step_seconds: float
    """One training step of the fast path on one core, from the memory map to the moved weights."""
    reference_step_seconds: float
    """One training step of the reference, on a batch that was padded beforehand."""
    matrix_products_seconds: float
    """The visual map's products alone: forward, and the gradient of its weights."""
    speedup_over_reference: float
    """Times that the fast step is faster."""
    step_over_matrix_products: float
    """Times that the fast step takes longer than the products that it cannot avoid."""
    plus_step_seconds: float
    """One training step of SPRM+ on the same batches."""
    plus_step_over_step: float
    """Times that it takes longer than the fast step."""
    step_peak_mib: float
    """Most memory of a process that takes fast steps, libraries included, files shared with others not."""
    reference_peak_mib: float
    """The same for the reference."""
    memory_over_reference: float
    workers: int
    """Processes at work for `sentences_per_second`: one a core."""
    sentences_per_second: float
    """Trained on by all workers together."""
    sentences_per_second_of_one: float
    """Trained on by one worker that has the machine to itself."""
    two_workers_over_one: float
    """Throughput of two workers against one."""
    two_matrix_processes_over_one: float
    """Throughput of two processes of the bare products against one: what the machine's memory allows."""
    evaluation_seconds: float
    """Choosing a box for every phrase of `evaluation_images` images on one core."""
    evaluation_images: int
    evaluation_sentences: int
    provenance: Provenance


def measure(*, quick: bool, tell: Tell) -> Speed:
    """Measure the fast path.

    Args:
        quick: at small sizes.
        tell: told what is being measured.
    """
    with tempfile.TemporaryDirectory(prefix="sprm-bench-speed-") as folder:
        tell("writing a corpus to measure on")
        workload = write(Path(folder) / "workload", SMALL if quick else FULL)
        measured = _step(workload, tell) | _memory(workload, tell) | _throughput(workload, quick, tell)
    return Speed(quick=quick, sizes=workload.sizes, provenance=provenance(), **measured)


def _step(workload: Workload, tell: Tell) -> dict[str, Any]:
    tell("a training step of the reference, of the fast path and of SPRM+, the bare matrix products, an evaluation")
    seconds: dict[str, float] = alone(seconds_of, workload)
    images = workload.sizes.images
    return {
        "step_seconds": seconds["fast"],
        "reference_step_seconds": seconds["reference"],
        "matrix_products_seconds": seconds["matrices"],
        "speedup_over_reference": seconds["reference"] / seconds["fast"],
        "step_over_matrix_products": seconds["fast"] / seconds["matrices"],
        "plus_step_seconds": seconds["plus"],
        "plus_step_over_step": seconds["plus"] / seconds["fast"],
        "evaluation_seconds": seconds["evaluation"],
        "evaluation_images": images,
        "evaluation_sentences": CAPTIONS * images,
    }


def seconds_of(workload: Workload) -> dict[str, float]:
    """Time a step of the fast path, of SPRM+ and of the reference, the bare products and an evaluation, in turn."""
    works = {
        "fast": subjects.fast_steps(workload),
        "plus": subjects.plus_steps(workload),
        "matrices": subjects.products_of(workload.sizes),
        "evaluation": subjects.evaluation(workload),
        "reference": subjects.reference_step(workload),
    }
    seconds = interleaved(works, rounds=11, slow={"reference", "evaluation"})
    return {**seconds, **{name: seconds[name] / subjects.STEPS for name in ("fast", "plus")}}


def _memory(workload: Workload, tell: Tell) -> dict[str, Any]:
    tell("memory of a step: fast path, then reference")
    fast, reference = alone(peak_of, subjects.fast_steps, workload), alone(peak_of, subjects.reference_step, workload)
    return {"step_peak_mib": fast, "reference_peak_mib": reference, "memory_over_reference": fast / reference}


def peak_of(prepare: Callable[[Workload], subjects.Work], workload: Workload) -> float:
    """Do a piece of work twice and return the most private memory that this process had, in MiB."""
    work = prepare(workload)
    work()
    work()
    return private_memory().peak


def _throughput(workload: Workload, quick: bool, tell: Tell) -> dict[str, Any]:
    workers = default_workers()
    rounds, seconds = (3, 0.8) if quick else (5, 3.0)
    tell("throughput of one worker, of two and of one a core")
    rates: dict[tuple[str, int], list[float]] = {}
    with Crew(works, workload, count=max(2, workers)) as crew:
        for _ in range(rounds):
            for work in ("sentences", "matrices"):
                for count in {1, 2, workers}:
                    rates.setdefault((work, count), []).append(crew.rate(work, count, seconds))

    def scaling(work: str) -> float:
        return median(pair / single for single, pair in zip(rates[work, 1], rates[work, 2], strict=True))

    return {
        "workers": workers,
        "sentences_per_second": median(rates["sentences", workers]),
        "sentences_per_second_of_one": median(rates["sentences", 1]),
        "two_workers_over_one": scaling("sentences"),
        "two_matrix_processes_over_one": scaling("matrices"),
    }


def works(workload: Workload) -> dict[str, Callable[[], float]]:
    """Prepare what a worker of the throughput measurement repeats: each returns how much of it was done."""
    steps, products = subjects.fast_steps(workload), subjects.products_of(workload.sizes)

    def sentences() -> float:
        steps()
        return subjects.STEPS * workload.sizes.batch

    def matrices() -> float:
        products()
        return 1

    return {"sentences": sentences, "matrices": matrices}
