from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from simulated_learning import FRACTIONS, LAWS, LearningRun
from simulated_run import LEVELS, SimulatedRun

from bench.analysis.learning import MOST_TYPES, Learning
from bench.report.analyse import Analysis, analyse
from bench.stats import (
    CurveStatus,
    NeededStatus,
    Reach,
    Status,
    TrendStatus,
    area_under_curve,
    benjamini_hochberg,
    holm,
    n_95,
    simultaneous_band,
    trend_test,
    two_way_mean,
)
from bench.store.ledger import Ledger
from bench.store.records import TrialKey

LABELS = tuple(f"{fraction:g}" for fraction in FRACTIONS)
RUN = LearningRun(images=120, types=14)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return RUN.write(tmp_path_factory.mktemp("complete") / "run")


@pytest.fixture(scope="module")
def found(run: Path) -> Analysis:
    return analyse(run)


def of(analysis: Analysis, system: str) -> Learning:
    return next(one for one in analysis.learning if one.system == system)


def counts(run: Path, system: str, entity_type: str | None = None) -> tuple[list[np.ndarray], np.ndarray]:
    """Read what a system got right after each amount by seed and image, another way than the analysis does."""
    amounts = []
    for label in LABELS:
        items = [Ledger(run).items(TrialKey(system, label, seed)) for seed in range(RUN.seeds)]
        images = items[0]["image_id"].unique()
        kept = [one if entity_type is None else one[one["category"] == entity_type] for one in items]
        grouped = [one.groupby("image_id")["correct"].agg(["sum", "size"]).reindex(images).fillna(0) for one in kept]
        amounts.append(np.array([one["sum"] for one in grouped]))
    return amounts, grouped[0]["size"].to_numpy()


@pytest.mark.parametrize("system", ["sprm", "refinement"])
def test_the_curve_goes_through_the_accuracies_of_the_items_on_disk(run: Path, found: Analysis, system: str) -> None:
    one, (correct, phrases) = of(found, system), counts(run, system)
    assert [fraction.label for fraction in one.fractions] == list(LABELS)
    assert one.curve.amounts == tuple(float(fraction.images) for fraction in one.fractions)
    assert one.curve.points == tuple(two_way_mean(each, phrases) for each in correct)
    assert (one.seeds, one.phrases) == ((0, 1, 2, 3, 4), phrases.sum())


@pytest.mark.parametrize("system", ["sprm", "refinement"])
def test_what_is_read_off_the_curve_is_what_the_statistics_say(run: Path, found: Analysis, system: str) -> None:
    one, (correct, phrases) = of(found, system), counts(run, system)
    per_seed = np.stack([each.sum(axis=1) for each in correct], axis=1) / phrases.sum()
    assert one.curve.status is CurveStatus.ok
    assert one.n_95 == n_95(one.curve)
    assert one.band == simultaneous_band(one.curve)
    assert one.area == area_under_curve(correct, one.curve.amounts, phrases)
    assert one.trend == trend_test(per_seed)
    assert (one.twice,) == one.curve.predict([2000])
    assert one.twice.reach is Reach.extrapolated


def test_a_fitted_curve_is_near_the_law_that_the_outcomes_follow(found: Analysis) -> None:
    for system, law in LAWS.items():
        one = of(found, system)
        assert one.curve.limit.low < law.c < one.curve.limit.high
        assert one.n_95.value == pytest.approx(law.amount_for(0.95 * float(law.predict(1000))), rel=0.2)


def test_the_prior_is_matched_where_the_curve_has_its_accuracy(found: Analysis) -> None:
    prior = next(point.accuracy for point in found.curve if point.system == "prior")
    needed = of(found, "sprm").to_match_prior
    assert needed is not None
    assert needed.accuracy == pytest.approx(prior.estimate)
    assert needed.status is NeededStatus.ok
    assert needed.interval.low < LAWS["sprm"].amount_for(LEVELS["prior"]) < needed.interval.high


def test_without_a_prior_nothing_is_matched(tmp_path: Path) -> None:
    one = of(analyse(LearningRun(images=30).write(tmp_path / "run", without=(TrialKey("prior", "0", 0),))), "sprm")
    assert one.to_match_prior is None
    assert one.curve.points[0].status is Status.ok


def test_a_curve_of_too_few_amounts_for_a_law_is_read_between_them(tmp_path: Path) -> None:
    run = LearningRun(images=60, seeds=3, fractions=(0.01, 0.25, 1.0)).write(tmp_path / "run")
    one = of(analyse(run), "sprm")
    assert one.curve.status is CurveStatus.few_amounts
    assert one.n_95 == n_95(one.curve)
    assert one.n_95.status is NeededStatus.interpolated
    (first, second, _), accuracies = one.curve.amounts, [point.estimate for point in one.curve.points]
    share = (0.95 * accuracies[2] - accuracies[0]) / (accuracies[1] - accuracies[0])
    assert one.n_95.value == pytest.approx(first * (second / first) ** share)
    assert one.to_match_prior is not None
    assert one.to_match_prior.status is NeededStatus.interpolated


def test_trends_are_adjusted_by_holm_over_the_systems_and_by_bh_over_systems_and_types(found: Analysis) -> None:
    p = [one.trend.p for one in found.learning]
    assert [one.p_adjusted for one in found.learning] == pytest.approx(holm(p))
    assert {one.family for one in found.learning} == {2}
    p = [one.trend.p for one in found.learning_by_type]
    assert [one.p_adjusted for one in found.learning_by_type] == pytest.approx(benjamini_hochberg(p))
    assert {one.family for one in found.learning_by_type} == {2 * MOST_TYPES}


def test_the_most_frequent_entity_types_have_curves_over_their_own_phrases(run: Path, found: Analysis) -> None:
    frequent = list(dict.fromkeys(point.entity_type for point in found.types))
    assert len(frequent) == 14
    assert [one.entity_type for one in found.learning_by_type] == [
        name for name in frequent[:MOST_TYPES] for _ in range(2)
    ]
    one = found.learning_by_type[0]
    correct, phrases = counts(run, "sprm", "type 0")
    assert (one.entity_type, one.system, one.phrases) == ("type 0", "sprm", phrases.sum())
    assert one.area == area_under_curve(correct, one.curve.amounts, phrases)


def test_analysing_twice_draws_the_same(run: Path, found: Analysis) -> None:
    again = analyse(run)
    pairs = zip(found.learning + found.learning_by_type, again.learning + again.learning_by_type, strict=True)
    for first, second in pairs:
        assert repr(first) == repr(second)
        assert (first.curve.drawn_laws == second.curve.drawn_laws).all()
    assert repr(found.multipliers) == repr(again.multipliers)


def test_a_curve_rests_on_the_seeds_that_all_its_amounts_have_and_passes_over_an_amount_without_any(
    tmp_path: Path,
) -> None:
    without = [TrialKey("sprm", "0.1", seed) for seed in range(5)]
    without += [TrialKey("sprm", "0.25", 1), TrialKey("sprm", "1", 4)]
    one = of(analyse(LearningRun(images=30).write(tmp_path / "run", without=tuple(without))), "sprm")
    assert [fraction.label for fraction in one.fractions] == ["0.01", "0.05", "0.25", "0.5", "1"]
    assert (one.seeds, one.seeds_planned) == ((0, 2, 3), 5)
    assert {point.seeds for point in one.curve.points} == {3}
    assert one.trend.seeds == 3


def test_without_a_seed_in_common_the_curve_is_empty_and_says_so(tmp_path: Path) -> None:
    without = (TrialKey("sprm", LABELS[0], 0), *(TrialKey("sprm", label, 1) for label in LABELS[1:]))
    found = analyse(LearningRun(images=20, seeds=2).write(tmp_path / "run", without=without))
    one = of(found, "sprm")
    assert one.seeds == ()
    assert one.curve.status is CurveStatus.empty
    assert one.trend.status is TrendStatus.empty
    assert one.area.status is Status.empty
    assert one.n_95.status is NeededStatus.no_curve
    assert math.isnan(one.p_adjusted)
    # The other system's p is adjusted for two all the same.
    assert of(found, "refinement").p_adjusted == pytest.approx(min(1, 2 * of(found, "refinement").trend.p))
    assert all(area.difference.status is Status.empty for area in found.areas)


def test_a_system_without_a_complete_trial_has_no_curve_but_keeps_its_place_in_the_family(tmp_path: Path) -> None:
    without = tuple(TrialKey("sprm", label, seed) for label in LABELS for seed in range(3))
    found = analyse(LearningRun(images=20, seeds=3).write(tmp_path / "run", without=without))
    (one,) = found.learning
    assert (one.system, one.family) == ("refinement", 2)
    assert one.p_adjusted == pytest.approx(min(1, 2 * one.trend.p))
    assert (found.multipliers, found.areas) == ((), ())


def test_of_fractions_that_round_to_the_same_images_the_largest_with_trials_stands_for_all(tmp_path: Path) -> None:
    study = SimulatedRun(fractions=(0.1, 0.5, 0.5001, 0.5002, 1.0), seeds=2, images=20)
    without = tuple(TrialKey("sprm", "0.5002", seed) for seed in range(2))
    found = analyse(study.write(tmp_path / "run", without=without))
    assert [fraction.label for fraction in of(found, "sprm").fractions] == ["0.1", "0.5001", "1"]
    assert [fraction.label for fraction in of(found, "refinement").fractions] == ["0.1", "0.5002", "1"]
    assert [fraction.label for fraction in found.areas[0].fractions] == ["0.1", "1"]


@pytest.mark.parametrize(
    ("study", "curve", "trend"),
    [
        (LearningRun(images=40, seeds=1), CurveStatus.ok, TrendStatus.one_seed),
        (LearningRun(images=1, seeds=2), CurveStatus.no_spread, TrendStatus.ok),
        (LearningRun(images=20, seeds=2, fractions=(1.0,)), CurveStatus.one_amount, TrendStatus.few_fractions),
        (LearningRun(images=20, seeds=2, fractions=(0.1, 0.5, 1.0)), CurveStatus.few_amounts, TrendStatus.ok),
    ],
)
def test_a_poor_study_has_named_statuses(
    tmp_path: Path, study: LearningRun, curve: CurveStatus, trend: TrendStatus
) -> None:
    found = analyse(study.write(tmp_path / "run"))
    for one in found.learning:
        assert one.curve.status is curve
        assert one.trend.status is trend
        assert math.isnan(one.p_adjusted) == (trend is not TrendStatus.ok)
    assert all(math.isnan(one.p_holm) == (one.difference.status is not Status.ok) for one in found.areas)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_systems_that_are_always_wrong_or_always_right_have_constant_curves(tmp_path: Path, share: float) -> None:
    folder = LearningRun(images=6, seeds=2).write(tmp_path / "run")
    ledger = Ledger(folder)
    for record in ledger.records():
        ledger.write(record, ledger.items(record.key).assign(correct=share))
    found = analyse(folder)
    for one in found.learning:
        assert one.curve.status is CurveStatus.constant
        assert one.trend.status is TrendStatus.constant
        assert one.area.estimate == pytest.approx(share)
        assert one.n_95.status is NeededStatus.already
        assert math.isnan(one.n_95.interval.high)
    assert found.areas[0].difference.status is Status.constant
