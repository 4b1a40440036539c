from __future__ import annotations

from dataclasses import replace

import matplotlib as mpl
import pytest
from simulated_run import SimulatedRun

from bench.analysis.fraction import Fraction
from bench.analysis.variance_shares import VarianceShares
from bench.report.analyse import Analysis, analyse
from bench.report.figures.canvas import MARKERS, SERIES, STYLE, Drawing
from bench.report.figures.panels import Series
from bench.report.figures.variances import variance_bars
from bench.report.tables.training import variance_table
from bench.report.text.variances import variance_statements
from bench.text.measures import Measure

HALF, ALL = Fraction("0.5", 500, 0.5), Fraction("1", 1000, 1.0)
SMALL = VarianceShares("sprm", HALF, 5, 300, by_seed=0.0004, by_image=0.0003, by_both=0.0001)
LARGE = VarianceShares("sprm", ALL, 5, 300, by_seed=0.00002, by_image=0.00007, by_both=0.00001)


@pytest.fixture(scope="module")
def analysis(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    run = SimulatedRun(fractions=(0.5, 1.0), seeds=2, images=8)
    return replace(analyse(run.write(tmp_path_factory.mktemp("run") / "run")), variances=(SMALL, LARGE))


def drawn(analysis: Analysis) -> Drawing | None:
    with mpl.rc_context(STYLE):
        return variance_bars(analysis, [Series("sprm", SERIES[0], MARKERS[0])])


def test_the_bars_are_the_shares_in_percent_beside_the_standard_error_in_points(analysis: Analysis) -> None:
    drawing = drawn(analysis)
    assert drawing is not None
    numbers = drawing.data
    assert list(numbers["by_seed_percent"]) == pytest.approx([50, 20])
    assert list(numbers["by_image_percent"]) == pytest.approx([37.5, 70])
    assert list(numbers["by_both_percent"]) == pytest.approx([12.5, 10])
    assert list(numbers["standard_error_points"]) == pytest.approx([2.83, 1.0], abs=0.005)
    assert ">SE 2.83<" in drawing.inline
    assert ">SE 1.00<" in drawing.inline


def test_the_caption_says_what_each_part_shrinks_with_and_that_there_are_no_intervals(analysis: Analysis) -> None:
    drawing = drawn(analysis)
    assert drawing is not None
    assert "Would more seeds or more test images narrow the interval" in drawing.caption
    assert "without intervals" in drawing.caption


def test_the_sentence_is_about_the_largest_amount_and_says_what_would_help_most(analysis: Analysis) -> None:
    assert variance_statements(analysis) == [
        "Variance of the accuracy of sprm with all 1,000 images (5 seeds, 300 test images): 70.0 % comes from the test "
        "images, 20.0 % from the seeds and 10.0 % from both together.",
        "So more test images would narrow its interval most.",
    ]
    few = variance_statements(replace(analysis, variances=(SMALL,)))
    assert few[-1] == "So more seeds would narrow its interval most."


def test_the_table_has_the_same_numbers(analysis: Analysis) -> None:
    table = variance_table(analysis.variances, Measure())
    assert table.rows[1][-4:] == ("20.0", "70.0", "10.0", "1.00")
    assert list(table.data["variance"]) == pytest.approx([0.0008, 0.0001])


def test_without_a_variance_that_can_be_split_there_is_neither_figure_nor_sentence(analysis: Analysis) -> None:
    bare = replace(analysis, variances=())
    assert drawn(bare) is None
    assert variance_statements(bare) == []
