from __future__ import annotations

from dataclasses import replace

import matplotlib as mpl
import pytest
from simulated_run import SimulatedRun

from bench.analysis.fraction import Fraction
from bench.analysis.variance_shares import SeedParts, VarianceShares
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


def test_of_crossed_seeds_bars_table_and_sentence_split_the_part_of_the_seeds(analysis: Analysis) -> None:
    split = replace(analysis, variances=(replace(SMALL, of_seeds=SeedParts(4, 3, 0.00024, 0.00012, 0.00004)),))
    drawing = drawn(split)
    assert drawing is not None
    (row,) = drawing.data.to_dict("records")
    parts = ["subset", "initialisation", "pair", "seed", "image", "both"]
    assert [row[f"by_{part}_percent"] for part in parts] == pytest.approx([30, 15, 5, 50, 37.5, 12.5])
    assert "by all pairs of 4 subsets and 3 initialisations" in drawing.caption
    for part in ("subsets", "initialisations", "subset × initialisation", "test images", "seed × image"):
        assert f">{part}<" in drawing.inline
    table = variance_table(split.variances, Measure())
    assert table.header[4:] == ("By subset", "By initialisation", "By pair", "By image", "By both", "Std. error")
    assert table.rows[0][4:] == ("30.0", "15.0", "5.0", "37.5", "12.5", "2.83")
    assert table.data["variance_by_subset"].item() == 0.00024
    assert variance_statements(split)[2:] == [
        "The 50.0 % of the seeds consist of 30.0 % from the subset, 15.0 % from the initialisation (initial weights "
        "and batch order) and 5.0 % from both. These shares are estimated by all 12 trainings, of 4 subsets with each "
        "of 3 initialisations."
    ]


def test_where_the_seeds_have_no_part_it_is_not_split_in_words(analysis: Analysis) -> None:
    none = replace(SMALL, by_seed=0.0, of_seeds=SeedParts(4, 3, 0.0, 0.0, 0.0))
    assert variance_statements(replace(analysis, variances=(none,)))[-1] == (
        "What comes from the seeds is too little to be split into subset and initialisation (by all 12 trainings, of 4 "
        "subsets with each of 3 initialisations)."
    )


def test_without_a_variance_that_can_be_split_there_is_neither_figure_nor_sentence(analysis: Analysis) -> None:
    bare = replace(analysis, variances=())
    assert drawn(bare) is None
    assert variance_statements(bare) == []
