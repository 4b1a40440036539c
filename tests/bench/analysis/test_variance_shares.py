from __future__ import annotations

import numpy as np
import pytest
from hand_made_evidence import counts, evidence, study

from bench.analysis.variance_shares import variance_shares
from bench.stats import crossed_components, two_way_mean

SIZES = np.array([3, 5, 2, 4] * 20)


def test_two_seeds_and_two_images_agree_with_a_calculation_by_hand() -> None:
    # Shares .8 .2 / .4 .2: seed variance 0 (it comes out negative: .02 - .04 / 2), image variance .12 / 2 = .06 and
    # rest .04, so that the mean has .06 / 2 = .03 from the images and .04 / 4 = .01 from both.
    found = evidence({("sprm", 1.0): [[8, 2], [4, 2]]}, [10, 10], seeds=2)
    (own,) = variance_shares(found)
    assert (own.system, own.fraction.images, own.seeds, own.images) == ("sprm", 1000, 2, 2)
    assert (own.by_seed, own.by_image, own.by_both) == pytest.approx((0, 0.03, 0.01), abs=1e-12)
    assert own.shares == pytest.approx((0, 0.75, 0.25))
    assert own.standard_error == pytest.approx(0.2)


def test_every_trained_system_at_every_amount_has_shares_that_sum_to_one_and_the_standard_error_of_its_mean() -> None:
    found = evidence(study(0.5, {"sprm": (0.4, 0.5, 0.6), "refinement": (0.2, 0.4, 0.5)}, SIZES), SIZES)
    variances = variance_shares(found)
    assert [(own.system, own.fraction.label) for own in variances] == [
        (system, label) for system in ("sprm", "refinement") for label in ("0.1", "0.5", "1")
    ]
    for own in variances:
        assert sum(own.shares) == pytest.approx(1)
        mean = two_way_mean(found.counts(own.system, own.fraction, (0, 1, 2, 3, 4)), SIZES)
        assert own.standard_error == pytest.approx(mean.se, rel=0.25)


def test_images_without_a_phrase_are_not_counted() -> None:
    sizes = np.array([10, 10, 0])
    (own,) = variance_shares(evidence({("sprm", 1.0): [[8, 2, 0], [4, 2, 0]]}, sizes, seeds=2))
    assert own.images == 2
    assert own.shares == pytest.approx((0, 0.75, 0.25))


def test_the_parts_of_one_seed_cannot_be_told_apart_and_what_does_not_vary_has_none() -> None:
    one = counts(0.5, SIZES, 1, 1)
    constant = np.tile(SIZES, (3, 1))
    assert variance_shares(evidence({("sprm", 1.0): one}, SIZES, seeds=1)) == ()
    assert variance_shares(evidence({("sprm", 1.0): constant}, SIZES, seeds=3)) == ()


def crossed(seed: int = 0, images: int = 80) -> np.ndarray:
    """Counts (subsets, initialisations, images) of 4 subsets with 3 initialisations each."""
    rng = np.random.default_rng(seed)
    chance = 0.5 + rng.normal(0, 0.05, (4, 1, 1)) + rng.normal(0, 0.02, (1, 3, 1)) + rng.normal(0, 0.02, (4, 3, 1))
    return rng.binomial(SIZES[:images], np.broadcast_to(chance, (4, 3, images)))


CROSSED = {"subsets": 4, "initialisations": 3}


def test_of_crossed_seeds_the_part_of_the_seeds_is_split_by_all_trainings() -> None:
    grid = crossed()
    (own,) = variance_shares(evidence({("sprm", 1.0): grid.reshape(12, -1)}, SIZES, seeds=CROSSED))
    parts = crossed_components(grid, SIZES)
    assert (own.seeds, own.images) == (3, 80)
    assert own.of_seeds is not None
    assert (own.of_seeds.subsets, own.of_seeds.initialisations) == (4, 3)
    by_seeds = own.of_seeds.by_subset, own.of_seeds.by_initialisation, own.of_seeds.by_pair
    assert by_seeds == pytest.approx([parts.subset**2 / 3, parts.initialisation**2 / 3, parts.pair**2 / 3])
    assert own.by_seed == pytest.approx(sum(by_seeds))
    assert own.by_both == pytest.approx(parts.rest**2 / 240)
    assert own.finest == pytest.approx([part / own.total for part in (*by_seeds, own.by_image, own.by_both)])
    assert sum(own.finest) == pytest.approx(1)


def test_of_crossed_seeds_the_variance_is_on_average_that_of_seeds_that_share_nothing() -> None:
    split, closed = [], []
    for seed in range(400):
        found = evidence({("sprm", 1.0): crossed(seed).reshape(12, -1)}, SIZES, seeds=CROSSED)
        (own,) = variance_shares(found)
        split.append(own.total)
        closed.append(two_way_mean(found.counts("sprm", own.fraction, (0, 4, 8)), SIZES).se ** 2)
    assert np.mean(split) == pytest.approx(np.mean(closed), rel=0.15)


def test_crossed_seeds_of_which_a_training_is_missing_are_not_split() -> None:
    rows = dict(enumerate(crossed().reshape(12, -1)))
    assert variance_shares(evidence({("sprm", 1.0): rows}, SIZES, seeds=CROSSED))
    # Not one of those that share nothing, on which the accuracy rests.
    del rows[5]
    assert variance_shares(evidence({("sprm", 1.0): rows}, SIZES, seeds=CROSSED)) == ()


def test_seeds_that_agree_leave_all_of_the_variance_to_the_images() -> None:
    (own,) = variance_shares(evidence({("sprm", 1.0): np.tile(counts(0.5, SIZES, 1, 1), (3, 1))}, SIZES, seeds=3))
    assert own.shares == pytest.approx((0, 1, 0))
