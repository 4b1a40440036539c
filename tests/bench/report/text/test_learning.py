from __future__ import annotations

import re
from dataclasses import replace
from math import inf, nan
from pathlib import Path

import numpy as np
import pytest
from simulated_learning import LearningRun

from bench.analysis.efficiency import AreaDifference, Multiplier
from bench.analysis.fraction import Fraction
from bench.analysis.learning import Learning
from bench.report.analyse import Analysis, analyse
from bench.report.text.learning import area_statement, learning_statement, learning_statements, telling
from bench.stats import (
    AmountNeeded,
    CurveStatus,
    Estimate,
    Fit,
    Interval,
    LearningCurve,
    NeededStatus,
    PowerLaw,
    Prediction,
    Reach,
    SimultaneousBand,
    Status,
    Trend,
    TrendStatus,
    crossed_resamples,
)
from bench.text.amounts import multiplier_statement
from bench.text.measures import Measure

FRACTIONS = tuple(Fraction(f"{images / 1000:g}", images, images / 1000) for images in (10, 50, 100, 250, 500, 1000))
POINT = Estimate(0.55, 0.004, 6.5, 0.541, 0.559, 0.0, Status.ok, 5, 300)
CURVE = LearningCurve(
    amounts=tuple(float(fraction.images) for fraction in FRACTIONS),
    points=(POINT,) * 6,
    fit=Fit(PowerLaw(0.6031, 0.9, 0.35), CurveStatus.ok, ""),
    limit=Interval(0.5852, 0.6217),
    resamples=crossed_resamples(5, [4.0] * 300, np.random.default_rng(1), 10),
    drawn_accuracies=np.full((10, 6), 0.55),
    drawn_laws=np.tile([0.6, 0.9, 0.35], (10, 1)),
)
LEARNING = Learning(
    system="refinement",
    entity_type=None,
    phrases=4314,
    fractions=FRACTIONS,
    seeds=(0, 1, 2, 3, 4),
    seeds_planned=5,
    curve=CURVE,
    band=SimultaneousBand(CURVE.amounts, (Interval(0.53, 0.57),) * 6, 0.99, CurveStatus.ok),
    n_95=AmountNeeded(0.4912, 420.4, Interval(299.7, 610.3), NeededStatus.ok),
    to_match_prior=AmountNeeded(0.5162, 897.2, Interval(719.6, inf), NeededStatus.ok),
    twice=Prediction(2000, 0.5361, Interval(0.5247, 0.5482), Reach.extrapolated),
    area=POINT,
    trend=Trend(455, 0.0112, TrendStatus.ok, 5, 6),
    p_adjusted=0.0224,
    family=2,
)
REFUSED = replace(
    LEARNING,
    curve=replace(CURVE, fit=Fit(None, CurveStatus.limit_at_bound, "the best fit approaches an accuracy of 1")),
    n_95=AmountNeeded(0.4912, 590.4, Interval(519.7, 680.3), NeededStatus.interpolated),
    to_match_prior=AmountNeeded(0.5162, nan, Interval(941.2, inf), NeededStatus.not_reached),
    twice=Prediction(2000, nan, Interval(nan, nan), Reach.refused),
)
NOTHING = AmountNeeded(nan, nan, Interval(nan, nan), NeededStatus.no_curve)
UNREAD = replace(REFUSED, n_95=NOTHING, to_match_prior=NOTHING)
MULTIPLIER = Multiplier(
    system="sprm",
    rival="refinement",
    fraction=FRACTIONS[2],
    seeds=(0, 1, 2, 3, 4),
    needed=AmountNeeded(0.4831, 3.54, Interval(2.95, 4.27), NeededStatus.ok),
    status=CurveStatus.ok,
)
AREA = AreaDifference(
    "sprm", "refinement", FRACTIONS, (0, 1, 2, 3, 4), replace(POINT, estimate=0.159, low=0.1552, high=0.1619), 0.0112, 1
)


def numbers(sentence: str) -> list[str]:
    return re.findall(r"[−+]?(?:\d[\d,]*)?\.?\d+", sentence)


def multiplier(needed: AmountNeeded, status: CurveStatus = CurveStatus.ok) -> Multiplier:
    return replace(MULTIPLIER, needed=needed, status=status)


def unknown(status: NeededStatus, low: float, high: float) -> AmountNeeded:
    return AmountNeeded(0.4831, nan, Interval(low, high), status)


def test_a_fitted_curve_is_told_with_what_it_takes_where_it_heads_and_whether_it_rises() -> None:
    told = learning_statement(LEARNING, Measure())
    assert told.startswith(
        "According to the curve fitted to its 6 points, refinement reaches 95 % of its accuracy at 1,000 images with "
        "420 images (95 % interval 300 to 610). It reaches the accuracy of the prior (51.6 %) with 897 images "
        "(95 % interval at least 720)."
    )
    of_needs = ["6", "95", "1,000", "420", "95", "300", "610", "51.6", "897", "95", "720"]
    of_limit = ["60.3", "95", "58.5", "62.2", "2,000", "53.6", "95", "52.5", "54.8"]
    assert numbers(told) == [*of_needs, *of_limit, "5", ".022"]
    assert "Extrapolated to 2,000 images" in told
    assert "rises significantly" in told


def test_a_refused_curve_is_told_by_its_points_with_the_reason_and_no_number_of_a_fit() -> None:
    told = learning_statement(REFUSED, Measure())
    assert told.startswith("By interpolation, refinement reaches 95 % of its accuracy at 1,000 images with 590 images")
    assert "does not reach the accuracy of the prior (51.6 %) with 1,000 images" in told
    assert "No power law is fitted: " in told
    of_needs = ["95", "1,000", "590", "95", "520", "680", "51.6", "1,000", "95", "941"]
    assert numbers(told) == [*of_needs, "100", "5", ".022"]


def test_a_curve_without_points_to_join_is_told_with_the_reason_alone() -> None:
    told = learning_statement(UNREAD, Measure())
    assert told.startswith("No power law is fitted to refinement: ")
    assert numbers(told) == ["100", "5", ".022"]


@pytest.mark.parametrize("status", [status for status in CurveStatus if status is not CurveStatus.ok])
def test_every_refusal_has_a_sentence(status: CurveStatus) -> None:
    curve = replace(CURVE, fit=Fit(None, status, "why"))
    by_points, alone = (learning_statement(replace(one, curve=curve), Measure()) for one in (REFUSED, UNREAD))
    assert " No power law is fitted: " in by_points
    assert alone.startswith("No power law is fitted to refinement: ")
    assert "nan" not in by_points + alone


@pytest.mark.parametrize(
    ("needed", "words"),
    [
        (
            AmountNeeded(0.51, 1400, Interval(1100, inf), NeededStatus.extrapolated),
            "images, beyond its largest fraction",
        ),
        (AmountNeeded(0.51, nan, Interval(0, 25), NeededStatus.already), "with 10 images, its smallest fraction"),
        (AmountNeeded(0.51, 25.2, Interval(nan, nan), NeededStatus.interpolated), "25 images (there is no interval"),
        (AmountNeeded(0.51, 25.2, Interval(0, inf), NeededStatus.interpolated), "(51.0 %) with 25 images"),
        (
            AmountNeeded(0.51, nan, Interval(1900, inf), NeededStatus.not_reached),
            "1,000 images, its largest",
        ),
        (AmountNeeded(0.51, nan, Interval(1900, inf), NeededStatus.beyond), "does not reach"),
        (AmountNeeded(0.51, nan, Interval(2000, inf), NeededStatus.never), "the limit of its curve is not higher"),
        (AmountNeeded(nan, nan, Interval(nan, nan), NeededStatus.no_level), "which is not known"),
        (AmountNeeded(nan, nan, Interval(nan, nan), NeededStatus.unequal_seeds), "which has other seeds"),
    ],
)
def test_every_other_standing_to_the_prior_has_words_and_only_numbers_of_the_records(
    needed: AmountNeeded, words: str
) -> None:
    told = learning_statement(replace(LEARNING, to_match_prior=needed), Measure()).split(". The limit of the curve")[0]
    assert words in told
    assert "nan" not in told
    written = {"51.0", "1,400", "1,100", "25", "10", "2,000", "1,900"}
    assert set(numbers(told)) <= {"6", "95", "1,000", "420", "300", "610"} | written


def test_without_a_prior_nothing_is_said_of_it() -> None:
    assert "prior" not in learning_statement(replace(LEARNING, to_match_prior=None), Measure())


def test_a_rise_that_is_not_shown_or_not_tested_is_not_called_one() -> None:
    assert "does not rise significantly" in learning_statement(replace(LEARNING, p_adjusted=0.31), Measure())
    untested = replace(LEARNING, trend=Trend(nan, nan, TrendStatus.one_seed, 1, 6), p_adjusted=nan)
    told = learning_statement(untested, Measure())
    assert told.endswith("is not tested: there is only one seed.")


def test_lost_seeds_are_told() -> None:
    told = learning_statement(replace(LEARNING, seeds=(0, 2, 3)), Measure())
    assert "These numbers use 3 of 5 seeds" in told
    assert told.endswith("(0, 2 and 3).")


def test_a_multiplier_is_told_with_the_accuracy_that_is_equalled() -> None:
    told = multiplier_statement(MULTIPLIER)
    assert "sprm trained on 100 images (48.3 %), refinement needs 3.54 times as many images" in told
    assert numbers(told) == ["100", "48.3", "3.54", "95", "2.95", "4.27"]


@pytest.mark.parametrize(
    ("needed", "words", "written"),
    [
        (
            AmountNeeded(0.4831, 14.2, Interval(9.9, inf), NeededStatus.extrapolated),
            "beyond its largest fraction",
            {"14.2", "9.90"},
        ),
        (
            AmountNeeded(0.4831, 3.97, Interval(3.55, 4.41), NeededStatus.interpolated),
            "needs 3.97 times as many images, by interpolation",
            {"3.97", "3.55", "4.41"},
        ),
        (unknown(NeededStatus.already, 0, 0.2), "at its own smallest fraction", {"0.200"}),
        (unknown(NeededStatus.not_reached, 10, inf), "more than its largest fraction", {"10.0"}),
        (unknown(NeededStatus.beyond, 19, inf), "more than twice its largest fraction", {"19.0"}),
        (unknown(NeededStatus.never, 20, inf), "never matches", {"20.0"}),
    ],
)
def test_every_other_need_of_a_rival_has_words(needed: AmountNeeded, words: str, written: set[str]) -> None:
    told = multiplier_statement(multiplier(needed))
    assert words in told
    assert set(numbers(told)) == {"100", "48.3", "95"} | written


def test_one_seed_has_intervals_over_new_images_only() -> None:
    alone = replace(POINT, status=Status.one_seed, seeds=1)
    told = learning_statement(
        replace(LEARNING, seeds=(3,), seeds_planned=1, curve=replace(CURVE, points=(alone,) * 6)), Measure()
    )
    assert told.count("95 % interval over new images only") == told.count("95 % interval") == 4
    assert "(95 % interval of the multiple over new images only 2.95 to 4.27)" in multiplier_statement(
        replace(MULTIPLIER, seeds=(3,))
    )
    untested = replace(AREA, difference=replace(AREA.difference, status=Status.one_seed), p_holm=nan)
    assert "(95 % interval over new images only 15.5 to 16.2; not tested)" in area_statement(untested, Measure())


def test_several_seeds_need_no_such_qualification() -> None:
    for told in (
        learning_statement(LEARNING, Measure()),
        multiplier_statement(MULTIPLIER),
        area_statement(AREA, Measure()),
    ):
        assert "only" not in told


def test_a_number_without_an_interval_is_told_to_have_none() -> None:
    bare = AmountNeeded(0.4831, 3.54, Interval(nan, nan), NeededStatus.interpolated)
    assert "by interpolation (there is no interval, because" in multiplier_statement(multiplier(bare))
    assert "with 590 images (there is no interval, because" in learning_statement(
        replace(REFUSED, n_95=replace(REFUSED.n_95, interval=Interval(nan, nan))), Measure()
    )


def test_a_need_that_cannot_be_told_has_its_reason() -> None:
    told = multiplier_statement(multiplier(NOTHING, CurveStatus.one_amount))
    assert told.endswith("because it has no curve: a single fraction makes no curve.")
    for status in (NeededStatus.no_level, NeededStatus.unequal_seeds):
        told = multiplier_statement(multiplier(replace(NOTHING, status=status)))
        assert told.endswith("is unknown, because trials are missing.")
        assert numbers(told) == ["100"]


def test_the_multiplier_that_is_told_is_at_the_leaders_largest_amount_with_a_number() -> None:
    beyond = replace(MULTIPLIER, fraction=FRACTIONS[3], needed=unknown(NeededStatus.beyond, 8, inf))
    first = replace(MULTIPLIER, fraction=FRACTIONS[0])
    assert telling([first, MULTIPLIER, beyond], "sprm", "refinement") == MULTIPLIER


def test_where_the_leader_is_never_equalled_what_it_saves_is_told_instead() -> None:
    beyond = replace(MULTIPLIER, needed=unknown(NeededStatus.beyond, 20, inf))
    saved = replace(MULTIPLIER, system="refinement", rival="sprm")
    assert telling([beyond, saved], "sprm", "refinement") == saved


def test_where_no_multiple_is_a_number_the_leaders_smallest_amount_is_told() -> None:
    first, last = (
        replace(MULTIPLIER, fraction=fraction, needed=unknown(NeededStatus.never, 2, inf))
        for fraction in FRACTIONS[::5]
    )
    assert telling([first, last], "sprm", "refinement") == first


def test_an_area_difference_names_the_more_accurate_first_with_its_interval_the_right_way_round() -> None:
    told = area_statement(AREA, Measure())
    assert "sprm is 15.9 points more accurate than refinement" in told
    assert numbers(told) == ["15.9", "95", "15.5", "16.2", ".011"]
    mirrored = replace(AREA.difference, estimate=-0.159, low=-0.1619, high=-0.1552)
    swapped = replace(AREA, system="refinement", rival="sprm", difference=mirrored)
    assert area_statement(swapped, Measure()) == told


def test_an_area_difference_that_is_not_shown_or_not_tested_says_so() -> None:
    undecided = area_statement(replace(AREA, p_holm=0.2), Measure())
    assert "sprm differs from refinement by +15.9 points" in undecided
    assert "not significant" in undecided
    assert numbers(undecided) == ["+15.9", "95", "15.5", "16.2", ".20"]
    untested = replace(AREA, difference=replace(AREA.difference, status=Status.one_seed), p_holm=nan)
    assert "not tested" in area_statement(untested, Measure())
    missing = replace(AREA, difference=replace(AREA.difference, estimate=nan, status=Status.empty), p_holm=nan)
    assert area_statement(missing, Measure()).endswith("trials are missing.")


@pytest.fixture(scope="module")
def analysis(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    return analyse(LearningRun(images=60, seeds=3).write(tmp_path_factory.mktemp("run") / "run"))


def test_a_run_has_a_statement_for_each_system_and_two_for_each_pair(analysis: Analysis) -> None:
    sprm, refinement, area, multiple = learning_statements(analysis)
    assert (sprm, refinement) == tuple(learning_statement(one, Measure()) for one in analysis.learning)
    assert "sprm is " in area
    assert multiple.startswith("To match sprm trained on 10 images")


def test_a_run_with_one_seed_and_one_image_is_told_without_undefined_numbers(tmp_path: Path) -> None:
    told = learning_statements(analyse(LearningRun(images=1, seeds=1).write(tmp_path / "run")))
    assert len(told) == 4
    assert not any(re.search(r"\bnan\b|–|\bNone\b", line) for line in told)
