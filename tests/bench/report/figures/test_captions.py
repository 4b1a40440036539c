"""Captions state the method that the intervals of a run have, which with one seed is about test images alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from simulated_run import SimulatedRun
from simulated_test_split import describe

from bench.report.analyse import analyse
from bench.report.figures.every import figures


@pytest.mark.parametrize("seeds", [1, 2])
def test_no_caption_names_seeds_that_no_interval_covers(seeds: int, tmp_path: Path) -> None:
    run = describe(SimulatedRun(fractions=(0.1, 0.5, 1.0), seeds=seeds, images=60).write(tmp_path / "run"))
    captions = {drawing.name: drawing.caption for drawing in figures(analyse(run))}
    barred = ["accuracy_curve", "gain_over_prior", "entity_types", "learning_curves", "phrase_properties"]
    for name in [*barred, "data_multipliers"]:
        assert ("over seeds and test images" in captions[name]) is (seeds > 1), name
        assert ("over test images alone" in captions[name]) is (seeds == 1), name
    if seeds == 1:
        assert "they cover new images, not new trainings" in captions["accuracy_curve"]
