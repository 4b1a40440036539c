from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import pytest
from simulated_run import SimulatedRun
from simulated_test_split import describe

from bench.analysis.phrase_strata import Property
from bench.report.analyse import Analysis, analyse
from bench.report.figures.canvas import MARKERS, SERIES, STYLE, Drawing
from bench.report.figures.panels import Series
from bench.report.figures.phrase_properties import phrase_properties
from bench.report.tables.phrase_properties import phrase_properties as table_of
from bench.report.text.phrase_properties import without_properties
from bench.stats import Status
from bench.text.measures import Measure

RUN = SimulatedRun(fractions=(0.1, 0.5, 1.0), seeds=2, images=60)


@pytest.fixture(scope="module")
def analysis(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    return analyse(describe(RUN.write(tmp_path_factory.mktemp("run") / "run")))


def drawn(analysis: Analysis) -> Drawing | None:
    with mpl.rc_context(STYLE):
        return phrase_properties(analysis, [Series("sprm", SERIES[0], MARKERS[0])])


def words(drawing: Drawing) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", drawing.inline)


def test_the_prior_and_the_first_trained_system_stand_at_the_ends_of_its_data(analysis: Analysis) -> None:
    drawing = drawn(analysis)
    assert drawing is not None
    assert {"prior", "sprm, 100 images", "sprm, 1,000 images"} <= set(words(drawing))
    assert not any("500" in word for word in words(drawing))


def test_each_bin_bears_the_number_of_its_phrases(analysis: Analysis) -> None:
    drawing = drawn(analysis)
    assert drawing is not None
    numbers = drawing.data
    by_words = numbers[(numbers["property"] == "words") & (numbers["system"] == "prior")]
    assert list(by_words["bin"]) == ["2"]
    assert list(by_words["phrases"]) == [analysis.test.phrases]
    assert f"{analysis.test.phrases:,}" in words(drawing)


def test_the_numbers_have_every_trained_system_and_where_heads_were_counted(analysis: Analysis) -> None:
    drawing = drawn(analysis)
    assert drawing is not None
    assert set(drawing.data["system"]) == {"prior", "sprm", "refinement"}
    heads = drawing.data[drawing.data["property"] == "head in the subset"]
    assert set(heads["heads_counted_in_images"]) == {100, 1000}
    assert drawing.data[drawing.data["property"] == "words"]["heads_counted_in_images"].isna().all()


def test_the_caption_calls_it_exploratory_and_says_what_no_box_fits(analysis: Analysis) -> None:
    drawing = drawn(analysis)
    assert drawing is not None
    assert "exploratory" in drawing.caption
    unfit = next(point for point in analysis.properties if point.bin == "no box fits")
    assert f"For {round(unfit.phrases):,} phrases no box reaches an IoU of 0.5" in drawing.caption
    assert "with 1,000 images and with 100 images, averaged over the seeds" in drawing.caption


def test_the_caption_says_over_what_the_intervals_of_the_prior_generalise(analysis: Analysis) -> None:
    drawing = drawn(analysis)
    assert drawing is not None
    assert "(of the prior over test images), not corrected" in drawing.caption
    assert "a ratio of sums over the seeds, and its variance is linearised" in drawing.caption
    # By heads of subsets that differ from seed to seed the prior is judged on other phrases with each.
    by_seed = [
        replace(point, accuracy=replace(point.accuracy, status=Status.ok)) if point.property is Property.head else point
        for point in analysis.properties
    ]
    drawing = drawn(replace(analysis, properties=tuple(by_seed)))
    assert drawing is not None
    assert "(of the prior over test images, by heads over both)" in drawing.caption


def test_the_table_has_a_row_for_each_bin_and_subset_with_a_cell_for_each_system(analysis: Analysis) -> None:
    table = table_of(analysis.properties, Measure())
    assert len(table.data) == len(analysis.properties)
    assert len({len(row) for row in table.rows} | {len(table.header)}) == 1
    assert table.header[4:] == ("prior", "sprm (100)", "sprm (1,000)")
    assert set(table.data["system"]) == {"prior", "sprm", "refinement"}
    assert "The CSV file also has refinement." in table.caption
    (by_words,) = (row for row in table.rows if row[0] == "words")
    assert by_words[2] == "–"
    assert "–" not in by_words[4:]


def test_a_run_without_a_description_of_its_phrases_says_so(analysis: Analysis, tmp_path: Path) -> None:
    bare = analyse(RUN.write(tmp_path / "run"))
    assert drawn(bare) is None
    assert table_of(bare.properties, Measure()).rows == ()
    assert "does not describe its test split" in str(without_properties(bare))
    assert without_properties(analysis) is None
    assert drawn(replace(analysis, properties=())) is None
