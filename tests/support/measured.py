"""What `speed` might have found on a machine of two cores."""

from __future__ import annotations

from bench.speed.measurement import Speed
from bench.speed.workload import Sizes
from bench.store.provenance import provenance

FOUND = Speed(
    quick=False, sizes=Sizes(), step_seconds=0.02, reference_step_seconds=10.0, matrix_products_seconds=0.01,
    speedup_over_reference=500.0, step_over_matrix_products=2.0, plus_step_seconds=0.02,
    plus_step_over_step=1.0, step_peak_mib=500.0, reference_peak_mib=6000.0,
    memory_over_reference=0.083, workers=2, sentences_per_second=1500.0, sentences_per_second_of_one=800.0,
    two_workers_over_one=1.9, two_matrix_processes_over_one=2.0, evaluation_seconds=0.6, evaluation_images=1000,
    evaluation_sentences=5000, provenance=provenance(),
)  # fmt: skip
