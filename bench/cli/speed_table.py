"""What `speed` found, as tables for a person."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.cli.tables import plain_table
from bench.speed.forecast import Forecast
from bench.speed.measurement import Speed
from bench.text.durations import estimated

TARGETS = {
    "speedup_over_reference": ("at least", 150),
    "memory_over_reference": ("at most", 0.1),
    "step_over_matrix_products": ("at most", 2.5),
    "plus_step_over_step": ("at most", 1.5),
    "two_workers_over_matrix_processes": ("at least", 0.9),
    "evaluation_seconds": ("at most", 3),
}
"""What the fast path has to reach at full sizes."""


def show(speed: Speed, expected: Forecast | None, console: Console) -> None:
    """Print everything that was measured, and when a protocol was given, the time it will take."""
    console.print(_about(speed), soft_wrap=True)
    console.print(_ratios(speed))
    if expected is not None:
        console.print("\n" + told(expected), soft_wrap=True)


def told(expected: Forecast) -> str:
    """Say how long a protocol will take."""
    if not expected.trials:
        return f"Protocol {expected.name}: every trial is done."
    steps = ", ".join(
        f"{1000 * seconds:.1f} ms for {name}, {expected.step_over_matrix_products[name]:.2f} times its matrix products"
        for name, seconds in expected.step_seconds.items()
    )
    steps = f" (a training step takes {steps})" if steps else ""
    return (
        f"Protocol {expected.name}: {expected.trials} trials are left and take {estimated(expected.seconds)}, "
        f"{expected.workers} in parallel{steps}."
    )


def _about(speed: Speed) -> str:
    sizes = speed.sizes
    return (
        f"{speed.provenance.processor}, {speed.provenance.processors} logical CPUs, one thread per process. "
        f"Synthetic corpus: {sizes.batch} sentences per step, {sizes.phrases:g} phrases per sentence in "
        f"{sizes.phrase_slots} slots, {sizes.boxes:g} boxes per image in {sizes.box_slots} slots, "
        f"D {sizes.dimension}, F {sizes.features}, {sizes.vocabulary:,} words.\n"
    )


def _ratios(speed: Speed) -> Table:
    ratios = table("quantity", "measured", "target", "verdict")
    scaling = speed.two_workers_over_one / speed.two_matrix_processes_over_one
    rows = [
        ("training step, reference", duration(speed.reference_step_seconds), None),
        ("training step, fast path", duration(speed.step_seconds), None),
        ("matrix products of the visual map alone", duration(speed.matrix_products_seconds), None),
        ("speed-up of the fast path", f"{speed.speedup_over_reference:,.0f} times", "speedup_over_reference"),
        ("fast step / its matrix products", f"{speed.step_over_matrix_products:.2f}", "step_over_matrix_products"),
        ("training step, SPRM+", duration(speed.plus_step_seconds), None),
        ("step of SPRM+ / fast step", f"{speed.plus_step_over_step:.2f}", "plus_step_over_step"),
        ("private memory, reference", f"{speed.reference_peak_mib:,.0f} MiB", None),
        ("private memory, fast path", f"{speed.step_peak_mib:,.0f} MiB", None),
        ("fast path / reference, memory", f"{speed.memory_over_reference:.3f}", "memory_over_reference"),
        ("sentences per second, 1 worker", f"{speed.sentences_per_second_of_one:,.0f}", None),
        (f"sentences per second, {speed.workers} workers", f"{speed.sentences_per_second:,.0f}", None),
        ("speed-up of two workers", f"{speed.two_workers_over_one:.2f}", None),
        ("speed-up of two processes of matrix products", f"{speed.two_matrix_processes_over_one:.2f}", None),
        ("ratio of these two speed-ups", f"{scaling:.2f}", "two_workers_over_matrix_processes"),
        (
            f"evaluation, {speed.evaluation_images:,} images, {speed.evaluation_sentences:,} sentences",
            duration(speed.evaluation_seconds),
            "evaluation_seconds",
        ),
    ]
    values = {**speed.model_dump(), "two_workers_over_matrix_processes": scaling}
    for name, measured, target in rows:
        if target is None or speed.quick:
            ratios.add_row(name, measured, "", "")
            continue
        bound, limit = TARGETS[target]
        met = values[target] >= limit if bound == "at least" else values[target] <= limit
        mark = Text("met", style="green") if met else Text("missed", style="bold red")
        ratios.add_row(name, measured, f"{bound} {limit:g}", mark)
    return ratios


def duration(seconds: float) -> str:
    """Return seconds as `1.50 s` or `20.60 ms`."""
    return f"{seconds:.2f} s" if seconds >= 1 else f"{1000 * seconds:.2f} ms"


def table(*columns: str) -> Table:
    """Return an empty table whose first column says what the numbers in the others are of."""
    return plain_table(columns, numeric=columns[1:], folded=columns[:1])
