from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.power import TTestPower

from bench.stats import (
    SeedsStatus,
    Status,
    VarianceComponents,
    minimum_detectable_effect,
    non_inferiority,
    seeds_needed,
    two_way_difference,
)

PARTS = VarianceComponents(seed=0.014, image=0.08, interaction=0.2)
IMAGES = 300
SDS = st.floats(0, 0.3)
Z = stats.norm.ppf(0.95) + stats.norm.ppf(0.8)


def differences(lost: float, seeds: int, parts: VarianceComponents, number: int) -> np.ndarray:
    chance = np.random.default_rng(number).standard_normal
    by_seed, by_image = parts.seed * chance((seeds, 1)), parts.image * chance(IMAGES)
    return lost + by_seed + by_image + parts.interaction * chance((seeds, IMAGES))


def test_when_only_seeds_vary_the_effect_is_that_of_a_paired_t_test_in_statsmodels() -> None:
    found = minimum_detectable_effect(VarianceComponents(0.02, 0, 0), 8, IMAGES)
    expected = TTestPower().solve_power(nobs=8, alpha=0.05, power=0.8, alternative="larger")
    assert (found.se, found.df) == pytest.approx((0.02 / math.sqrt(8), 7))
    assert found.effect == pytest.approx(expected * 0.02, rel=1e-4)


@given(st.integers(2, 40), st.floats(0.01, 0.2), st.floats(0.5, 0.95))
def test_the_power_at_the_effect_is_that_of_the_noncentral_t_of_scipy(seeds: int, alpha: float, power: float) -> None:
    found = minimum_detectable_effect(PARTS, seeds, IMAGES, alpha, power)
    critical = stats.t.ppf(1 - alpha, found.df)
    assert stats.nct.sf(critical, found.df, found.effect / found.se) == pytest.approx(power, abs=1e-6)


def test_standard_error_and_degrees_of_freedom_agree_with_a_calculation_by_hand() -> None:
    # V_s = .04/4 + .04/40 = .011, V_i = .09/10 + .04/40 = .010, SE^2 = .020.
    found = minimum_detectable_effect(VarianceComponents(0.2, 0.3, 0.2), 4, 10)
    assert found.se == pytest.approx(math.sqrt(0.020))
    assert found.df == pytest.approx(0.020**2 / (0.011**2 / 3 + 0.010**2 / 9))


def test_with_many_seeds_the_rule_of_thumb_holds() -> None:
    sd, effect = 0.01, 0.001
    found = seeds_needed(VarianceComponents(math.sqrt(2) * sd, 0, 0), IMAGES, effect)
    assert found.seeds == pytest.approx(2 * Z**2 * sd**2 / effect**2, rel=0.01)


def test_the_floor_is_what_the_images_alone_leave_open() -> None:
    found = seeds_needed(VarianceComponents(0.014, 0.3, 0.2), 2000, 0.02)
    assert found.floor == pytest.approx(Z * 0.3 / math.sqrt(2000), rel=0.01)


def test_below_the_floor_no_number_of_seeds_suffices_and_just_above_it_many_do() -> None:
    floor = seeds_needed(PARTS, IMAGES, 0.05).floor
    assert seeds_needed(PARTS, IMAGES, 0.99 * floor).status is SeedsStatus.images_too_few
    assert seeds_needed(PARTS, IMAGES, 0.99 * floor).seeds is None
    above = seeds_needed(PARTS, IMAGES, 1.01 * floor)
    assert above.status is SeedsStatus.found
    assert above.seeds is not None
    assert above.seeds > 100


@settings(max_examples=40, deadline=None)
@given(SDS, SDS, SDS, st.floats(0.003, 0.2))
def test_the_number_found_is_the_smallest_that_suffices(
    seed: float, image: float, interaction: float, margin: float
) -> None:
    parts = VarianceComponents(seed, image, interaction)
    found = seeds_needed(parts, IMAGES, margin)
    if found.seeds is None:
        assert not found.floor <= margin
        return
    assert minimum_detectable_effect(parts, found.seeds, IMAGES).effect <= margin
    assert found.seeds == 2 or minimum_detectable_effect(parts, found.seeds - 1, IMAGES).effect > margin


@settings(max_examples=60, deadline=None)
@given(st.floats(0.001, 0.3), SDS, SDS, st.integers(2, 60), st.integers(10, 500))
def test_more_seeds_and_more_images_show_smaller_effects(
    seed: float, image: float, interaction: float, seeds: int, images: int
) -> None:
    parts = VarianceComponents(seed, image, interaction)
    found = minimum_detectable_effect(parts, seeds, images)
    assert math.isfinite(found.effect)
    assert found.effect > 0
    assert minimum_detectable_effect(parts, 2 * seeds, images).effect <= found.effect * (1 + 1e-6)
    assert minimum_detectable_effect(parts, seeds, images, power=0.9).effect > found.effect
    assert minimum_detectable_effect(parts, seeds, images, alpha=0.025).effect > found.effect


@pytest.mark.parametrize("margin", [0.02, 0.04])
def test_simulated_studies_of_the_size_found_are_non_inferior_as_often_as_promised(margin: float) -> None:
    seeds = seeds_needed(PARTS, IMAGES, margin).seeds
    assert seeds is not None
    expected = power_at(margin, seeds)
    assert expected >= 0.8
    shown = [
        non_inferiority(differences(0, seeds, PARTS, number), np.zeros((seeds, IMAGES)), np.ones(IMAGES), margin)
        for number in range(600)
    ]
    assert np.mean([one.verdict.is_competitive for one in shown]) == pytest.approx(expected, abs=0.05)


def test_simulated_differences_of_the_detectable_size_are_found_by_a_two_sided_test_as_often_as_promised() -> None:
    effect = minimum_detectable_effect(PARTS, 5, IMAGES, alpha=0.025).effect
    found = [
        two_way_difference(differences(effect, 5, PARTS, number), np.zeros((5, IMAGES)), np.ones(IMAGES)).p
        for number in range(600)
    ]
    assert np.mean(np.array(found) < 0.05) == pytest.approx(0.8, abs=0.05)


def power_at(effect: float, seeds: int) -> float:
    """The chance to be expected: whole seeds overshoot the power asked for."""
    expected = minimum_detectable_effect(PARTS, seeds, IMAGES)
    critical = stats.t.ppf(0.95, expected.df)
    return float(stats.nct.sf(critical, expected.df, effect / expected.se))


@pytest.mark.parametrize(
    ("parts", "seeds", "images", "status"),
    [
        (PARTS, 1, 300, Status.one_seed),
        (PARTS, 5, 1, Status.one_image),
        (VarianceComponents(0, 0, 0), 5, 300, Status.constant),
        (VarianceComponents(math.nan, 0.1, 0.1), 5, 300, Status.nan),
        (VarianceComponents(math.nan, 0.1, math.nan, Status.one_seed), 5, 300, Status.one_seed),
        (VarianceComponents(0, 0.1, 0, Status.identical_seeds), 5, 300, Status.identical_seeds),
    ],
)
def test_what_allows_no_test_has_a_named_status_and_no_detectable_effect(
    parts: VarianceComponents, seeds: int, images: int, status: Status
) -> None:
    found = minimum_detectable_effect(parts, seeds, images)
    assert found.status is status
    assert math.isnan(found.effect)


@pytest.mark.parametrize(
    ("parts", "images"), [(VarianceComponents(0, 0, 0), 300), (VarianceComponents(math.nan, 0.1, 0.1), 300), (PARTS, 1)]
)
def test_without_a_test_the_seeds_needed_are_unknown(parts: VarianceComponents, images: int) -> None:
    found = seeds_needed(parts, images, 0.02)
    assert (found.seeds, found.status) == (None, SeedsStatus.unknown)
    assert math.isnan(found.floor)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seeds": 0}, "at least one seed"),
        ({"images": 0}, "one image"),
        ({"alpha": 0.5}, "one-sided risk"),
        ({"power": 1.0}, "power in"),
        ({"components": VarianceComponents(0.1, -0.1, 0.1)}, "negative"),
    ],
)
def test_plans_that_make_no_sense_are_refused(change: dict[str, object], message: str) -> None:
    plan: dict[str, object] = {"components": PARTS, "seeds": 5, "images": 300, **change}
    with pytest.raises(ValueError, match=message):
        minimum_detectable_effect(**plan)  # type: ignore[arg-type]


@pytest.mark.parametrize("margin", [0, -0.1, math.nan])
def test_a_margin_of_nothing_cannot_be_shown(margin: float) -> None:
    with pytest.raises(ValueError, match="margin above 0"):
        seeds_needed(PARTS, IMAGES, margin)
