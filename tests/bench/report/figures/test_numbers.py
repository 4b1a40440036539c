"""What every figure owes its reader: its numbers in a file, and in the caption what its intervals are."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pandas as pd
import pytest
from simulated_run import SimulatedRun
from simulated_test_split import describe

from bench.report.analyse import analyse
from bench.report.figures.canvas import Drawing
from bench.report.figures.every import figures

WORDS = {
    *("system", "against", "to_match", "claim", "entity_type", "property", "bin", "what", "quantity", "interval"),
    *("status", "curve", "verdict", "finding", "is_upper_bound", "is_reached", "decides", "is_kept"),
}
"""Columns that hold no numbers with a unit."""
UNITS = ("percent", "points", "images", "phrases", "seeds", "seed", "times", "epoch", "steps", "loss")
"""What the name of any other column ends with."""
ADJACENT = "name: above, kind: better_than, system: sprm, rival: prior"
SAVES = "name: saves, kind: more_efficient, system: sprm, rival: refinement, factor: 2"
SMALL = "name: small-fraction, kind: competitive, system: sprm, margin: {margin}"


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Drawing]:
    folder = tmp_path_factory.mktemp("runs")
    claims = SMALL, ADJACENT, SAVES
    of_looks = SimulatedRun(fractions=(0.25, 0.5, 1.0), seeds=4, images=30, looks=(3, 4), claims=claims)
    of_sizes = SimulatedRun(fractions=(0.5, 1.0), sizes=(500, 1000), seeds=2, images=20, epochs=2)
    runs = [describe(of_looks.write(folder / "looks")), of_sizes.write(folder / "sizes")]
    return {drawing.name: drawing for run in runs for drawing in figures(analyse(run))}


def read(drawing: Drawing) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(drawing.csv()))


def test_every_figure_has_its_numbers_and_each_column_its_unit(drawn: dict[str, Drawing]) -> None:
    known = "accuracy_curve forest gain_over_prior seeds entity_types phrase_properties learning_curves looks"
    assert set(drawn) == {*known.split(), "data_multipliers", "training_curves", "variance_shares", "corpus_sizes"}
    for name, drawing in drawn.items():
        numbers = read(drawing)
        assert len(numbers), name
        without = [column for column in numbers if column not in WORDS and not str(column).endswith(UNITS)]
        assert without == [], name


def test_a_caption_says_of_what_level_and_by_what_method_the_intervals_are(
    drawn: dict[str, Drawing],
) -> None:
    for name, drawing in drawn.items():
        bounded = {column for column in drawing.data if str(column).startswith(("low_", "high_"))}
        if bounded:
            assert re.search(r"\b9\d % (?:[a-z]+ )?(?:interval|band)|intervals \(9\d %", drawing.caption), name
            assert re.search(r"cluster-robust t|bootstrap", drawing.caption), name


def test_the_numbers_of_a_curve_are_those_of_the_analysis_in_percent(tmp_path: Path) -> None:
    analysis = analyse(SimulatedRun(fractions=(0.5, 1.0), seeds=2, images=20).write(tmp_path / "run"))
    curve = next(drawing for drawing in figures(analysis) if drawing.name == "accuracy_curve").data
    assert list(curve["accuracy_percent"]) == [100 * point.accuracy.estimate for point in analysis.curve]
    sprm = curve[curve["system"] == "sprm"]
    assert list(sprm["training_images"]) == [500, 1000]
    assert list(sprm["training_set_percent"]) == [50, 100]
