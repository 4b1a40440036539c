from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import pytest
from hand_made_evidence import ABOVE, BETTER, SAVES
from made_verdicts import ALL, HALF, NO, OPEN, TENTH, YES, competitive, found, verdict
from simulated_run import SimulatedRun

from bench.analysis.fraction import Fraction
from bench.report.analyse import Analysis, analyse
from bench.report.figures.canvas import BAD, GOOD, MARKERS, SERIES, STYLE, Drawing
from bench.report.figures.forest import forest
from bench.report.figures.forest_rows import MOST, forest_groups
from bench.report.figures.panels import Series
from bench.text.numbers import signed

LOST = competitive(NO, found(NO, HALF, ALL, estimate=0.061), found(OPEN, TENTH, ALL, estimate=0.12, reached=False))
LEADS = verdict(BETTER, YES, found(YES, TENTH, estimate=0.03), found(YES, ALL, estimate=0.09))
SAVED = verdict(SAVES, OPEN, found(OPEN, HALF, ALL, estimate=0.002))


@pytest.fixture(scope="module")
def analysis(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    run = SimulatedRun(fractions=(0.5, 1.0), seeds=2, images=20).write(tmp_path_factory.mktemp("run") / "run")
    return replace(analyse(run), verdicts=(LOST, LEADS, SAVED))


def drawn(analysis: Analysis) -> Drawing:
    with mpl.rc_context(STYLE):
        drawing = forest(analysis, [Series("sprm", SERIES[0], MARKERS[0])])
    assert drawing is not None
    return drawing


def words(drawing: Drawing) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", drawing.inline)


def test_each_claim_stands_with_its_verdict_its_sides_and_its_margin_and_each_hypothesis_with_its_numbers(
    analysis: Analysis,
) -> None:
    told = words(drawn(analysis))
    for name, decision in (("small", "refuted"), ("better", "supported"), ("saves", "inconclusive")):
        assert told.index(decision) == told.index(name) + 1
    assert {"sprm against sprm with 1,200", "margin 2.5 points", "sprm against prior", "margin 0 points"} <= set(told)
    assert "6.1 [4.3, 7.9]" in told
    assert "+3.0 [+1.2, +4.8]" in told
    assert "600 v. 1,200" in told
    assert told.count("600") == 1


def test_losses_and_leads_stand_on_scales_of_their_own(analysis: Analysis) -> None:
    titles = [word for word in words(drawn(analysis)) if "points of accuracy" in word]
    assert titles == [
        "Loss in points of accuracy, by training images",
        "Lead in points of accuracy, by training images",
    ]


def test_the_numbers_are_those_of_every_hypothesis_in_points(analysis: Analysis) -> None:
    numbers = drawn(analysis).data
    assert list(numbers["estimate_points"]) == pytest.approx([6.1, 12, 3, 9, 0.2])
    assert list(numbers["margin_points"]) == pytest.approx([2.5, 2.5, 0, 0, 0])
    assert list(numbers["confidence_percent"]) == pytest.approx([90, 90, 95, 95, 95])
    assert list(numbers["decides"]) == [True, False, True, False, True]
    assert list(numbers["is_reached"]) == [True, False, True, True, True]


def test_the_verdict_words_have_their_colours_in_the_file_and_those_of_the_page_in_it(analysis: Analysis) -> None:
    drawing = drawn(analysis)
    assert GOOD in drawing.svg.decode()
    assert BAD in drawing.svg.decode()
    assert "var(--good)" in drawing.inline
    assert "var(--bad)" in drawing.inline


def test_the_caption_states_levels_and_what_is_grey_and_the_alternative_what_decides(analysis: Analysis) -> None:
    drawing = drawn(analysis)
    assert "90 % for a loss and 95 % for a lead" in drawing.caption
    assert "two-way cluster-robust t over seeds and test images" in drawing.caption
    assert "Grey: not reached" in drawing.caption
    assert f"better is supported by a lead of {signed(0.03)} points" in drawing.alternative


def test_the_caption_says_what_is_paired_and_what_is_tested_one_sided(analysis: Analysis) -> None:
    caption = drawn(analysis).caption
    assert "paired by image, and by seed where both sides are trained" in caption
    assert "A loss is tested one-sided" in caption
    above = verdict(ABOVE, YES, found(YES, ALL, estimate=0.03))
    caption = drawn(replace(analysis, verdicts=(above,))).caption
    assert "A published number is taken as exact, and nothing is paired with it." in caption
    assert "one-sided" not in caption


def test_of_many_hypotheses_those_next_to_the_deciding_one_are_shown(
    analysis: Analysis,
) -> None:
    amounts = [Fraction(f"{images}-images", images, images / 5000) for images in range(100, 4100, 100)]
    many = verdict(BETTER, OPEN, *(found(OPEN, amount) for amount in amounts), deciding=20)
    groups = forest_groups((LOST, many))
    assert sum(len(group.shown) for group in groups) <= MOST
    assert many.deciding in groups[1].shown
    assert groups[0].shown == LOST.hypotheses
    drawing = drawn(replace(analysis, verdicts=(LOST, many)))
    assert "Shown: of each claim at most 28 hypotheses" in drawing.caption
    assert "the CSV file has all 42" in drawing.caption
    assert len(drawing.data) == 42


def test_a_protocol_without_claims_about_points_has_no_forest_plot(analysis: Analysis) -> None:
    assert forest(replace(analysis, verdicts=()), []) is None


def test_one_seed_gives_estimates_without_bars(tmp_path: Path) -> None:
    run = SimulatedRun(fractions=(0.5, 1.0), seeds=1, images=1).write(tmp_path / "run")
    drawing = drawn(analyse(run))
    assert "Bars" not in drawing.caption
    assert not any("nan" in word for word in words(drawing))
