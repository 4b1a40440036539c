from __future__ import annotations

import math
from pathlib import Path

import pytest
from simulated_learning import LAWS, LearningRun

from bench.report.analyse import Analysis, analyse
from bench.stats import CurveStatus, NeededStatus, data_multiplier
from bench.store.records import TrialKey

LABELS = ("0.01", "0.05", "0.1", "0.25", "0.5", "1")
IMAGES = [10, 50, 100, 250, 500, 1000]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    return analyse(LearningRun(images=120).write(tmp_path_factory.mktemp("complete") / "run"))


def test_every_system_is_held_against_every_other_at_each_of_its_amounts(found: Analysis) -> None:
    cells = [(one.system, one.rival, one.fraction.images) for one in found.multipliers]
    assert cells == [(*pair, images) for pair in (("sprm", "refinement"), ("refinement", "sprm")) for images in IMAGES]
    sprm, refinement = (one.curve for one in found.learning)
    assert [one.needed for one in found.multipliers] == [
        *data_multiplier(sprm, refinement),
        *data_multiplier(refinement, sprm),
    ]


def test_a_multiplier_is_what_the_laws_of_the_outcomes_imply(found: Analysis) -> None:
    first, last = found.multipliers[0], found.multipliers[-1]
    needed = LAWS["refinement"].amount_for(float(LAWS["sprm"].predict(10)))
    assert first.needed.value == pytest.approx(needed / 10, rel=0.3)
    saved = LAWS["sprm"].amount_for(float(LAWS["refinement"].predict(1000)))
    assert last.needed.value == pytest.approx(saved / 1000, rel=0.3)
    assert {one.status for one in found.multipliers} == {CurveStatus.ok}


def test_the_difference_of_areas_is_that_of_the_areas_with_the_smaller_error_of_a_pair(found: Analysis) -> None:
    (area,) = found.areas
    sprm, refinement = found.learning
    assert (area.system, area.rival, area.family) == ("sprm", "refinement", 1)
    assert [fraction.images for fraction in area.fractions] == IMAGES
    assert area.difference.estimate == pytest.approx(sprm.area.estimate - refinement.area.estimate)
    assert area.difference.se < math.hypot(sprm.area.se, refinement.area.se)
    assert area.p_holm == area.difference.p


def test_two_systems_meet_on_the_seeds_and_amounts_that_both_have(tmp_path: Path) -> None:
    without = [TrialKey("sprm", "0.1", 1), TrialKey("refinement", "0.5", 3)]
    without += [TrialKey("refinement", "0.05", seed) for seed in range(5)]
    found = analyse(LearningRun(images=60).write(tmp_path / "run", without=tuple(without)))
    sprm, refinement = found.learning
    assert (sprm.seeds, refinement.seeds) == ((0, 2, 3, 4), (0, 1, 2, 4))
    assert {one.seeds for one in found.multipliers} == {(0, 2, 4)}
    assert found.areas[0].seeds == (0, 2, 4)
    assert [fraction.images for fraction in found.areas[0].fractions] == [10, 100, 250, 500, 1000]
    assert [one.fraction.images for one in found.multipliers if one.system == "refinement"] == [10, 100, 250, 500, 1000]
    assert {one.needed.status for one in found.multipliers} & {NeededStatus.ok, NeededStatus.beyond}


@pytest.mark.parametrize(
    ("missing", "status", "needs"),
    [
        (LABELS[:2], CurveStatus.few_amounts, {NeededStatus.interpolated, NeededStatus.not_reached}),
        (LABELS[:5], CurveStatus.one_amount, {NeededStatus.no_curve}),
    ],
)
def test_a_rival_without_a_fitted_curve_is_read_between_its_amounts_if_it_has_several_and_says_why(
    tmp_path: Path, missing: tuple[str, ...], status: CurveStatus, needs: set[NeededStatus]
) -> None:
    without = tuple(TrialKey("refinement", label, seed) for label in missing for seed in range(3))
    found = analyse(LearningRun(images=60, seeds=3).write(tmp_path / "run", without=without))
    of_rival = [one for one in found.multipliers if one.rival == "refinement"]
    assert len(of_rival) == 6
    assert {one.needed.status for one in of_rival} == needs
    assert {one.status for one in of_rival} == {status}
