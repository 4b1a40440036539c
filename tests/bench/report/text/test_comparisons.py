from __future__ import annotations

import re
from math import nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.analysis.comparisons import Comparison, Family
from bench.analysis.fraction import Fraction
from bench.report.text.comparisons import change_statement, gain_statement, largest_gain_statement, lead_statement
from bench.stats import Estimate, Improvement, Status
from bench.text.measures import Measure

FULL, HALF, TENTH = Fraction("1", 1200, 1.0), Fraction("0.5", 600, 0.5), Fraction("0.1", 120, 0.1)
OUTCOMES = st.tuples(st.floats(-1, 1), st.floats(0, 1) | st.just(nan), st.floats(0, 1) | st.just(nan))


def compared(
    fraction: Fraction,
    estimate: float,
    p: float,
    status: Status = Status.ok,
    *,
    p_fixed: float = nan,
    rival: str = "prior",
    rival_fraction: Fraction | None = None,
    family: Family = Family.gains,
) -> Comparison:
    return Comparison(
        system="sprm",
        fraction=fraction,
        rival=rival,
        rival_fraction=rival_fraction,
        entity_type=None,
        phrases=4000,
        difference=Estimate(estimate, 0.004, 6.5, estimate - 0.009, estimate + 0.009, p / 2, status, 5, 300),
        p_adjusted=p,
        p_fixed=p_fixed / 2,
        p_fixed_adjusted=p_fixed,
        cohens_h=0.1,
        improvement=Improvement(1.0, Status.ok, 5, 1),
        family=family,
        family_size=12,
    )


def numbers(sentence: str) -> list[str]:
    return re.findall(r"[−+]?(?:\d[\d,]*)?\.?\d+", sentence)


def test_gains_are_grouped_by_what_was_shown() -> None:
    told = gain_statement(
        [compared(TENTH, -0.02, 0.01), compared(HALF, 0.01, 0.31), compared(FULL, 0.04, 0.0001)], Measure()
    )
    assert "sprm is more accurate with 1,200 training images. It is less accurate with 120. It is not signif" in told
    assert numbers(told) == ["1,200", "120", "600", "12", "5"]


def test_changes_from_one_amount_to_the_next_name_the_larger_amount() -> None:
    steps = [
        compared(HALF, 0.001, 0.7, rival="sprm", rival_fraction=TENTH, family=Family.neighbours),
        compared(FULL, 0.04, 0.01, rival="sprm", rival_fraction=HALF, family=Family.neighbours),
    ]
    told = change_statement(steps)
    assert "sprm gains with 1,200 training images. It does not change significantly with 600" in told
    assert numbers(told) == ["1,200", "600", "12", "5"]


def test_a_lead_names_both_systems() -> None:
    lead = compared(FULL, -0.04, 0.01, rival="refinement", rival_fraction=FULL, family=Family.between_systems)
    assert lead_statement([lead], Measure()).startswith(
        "Compared with refinement, sprm is less accurate with 1,200 training images ("
    )


def test_with_one_seed_it_is_told_what_these_models_show_and_that_others_are_unknown() -> None:
    told = gain_statement(
        [
            compared(TENTH, -0.02, nan, Status.one_seed, p_fixed=0.4),
            compared(FULL, 0.04, nan, Status.one_seed, p_fixed=0.01),
        ],
        Measure(),
    )
    assert "sprm is not tested with 120 and 1,200 training images. For these trained models on new images, " in told
    assert "sprm is more accurate with 1,200 training images. It is not significantly different with 120 (" in told
    assert numbers(told) == ["120", "1,200", "1,200", "120", "12", "5"]
    assert "There is only one seed" in told


def test_where_new_trainings_are_tested_these_models_are_left_out() -> None:
    told = gain_statement(
        [
            compared(TENTH, 0.02, nan, Status.identical_seeds, p_fixed=0.01),
            compared(FULL, 0.04, 0.3, p_fixed=0.0001),
        ],
        Measure(),
    )
    shown, fixed = told.split(" For these trained models")
    assert numbers(shown) == ["1,200", "120", "12", "5"]
    assert numbers(fixed) == ["120", "12", "5"]
    assert "All seeds give the same answers" in fixed


def test_one_training_image_is_not_called_images() -> None:
    one = compared(Fraction("1-images", 1, 0.001), 0.04, 0.01)
    assert "more accurate with 1 training image (" in gain_statement([one], Measure())


@given(st.lists(OUTCOMES, min_size=1, max_size=6), st.sampled_from([Status.ok, Status.one_seed]))
def test_every_amount_is_told_once_and_again_only_where_these_models_alone_are_tested(
    outcomes: list[tuple[float, float, float]], status: Status
) -> None:
    amounts = [Fraction(str(i), 1000 + i, 0.01 * i) for i in range(1, len(outcomes) + 1)]
    comparisons = [
        compared(fraction, estimate, p if status is Status.ok else nan, status, p_fixed=p_fixed)
        for fraction, (estimate, p, p_fixed) in zip(amounts, outcomes, strict=True)
    ]
    told = gain_statement(comparisons, Measure())
    for one in comparisons:
        again = status is Status.one_seed and one.p_fixed_adjusted >= 0
        assert told.count(f"{one.fraction.images:,}") == 1 + again


def test_a_gain_is_stated_with_interval_and_adjusted_p() -> None:
    told = largest_gain_statement(compared(FULL, 0.0412, 0.0213))
    assert numbers(told) == ["1,200", "4.1", "95", "3.2", "5.0", ".021"]
    assert "gains" in told


def test_a_significant_deficit_is_stated_as_a_loss_with_its_interval_the_right_way_round() -> None:
    told = largest_gain_statement(compared(FULL, -0.0412, 0.0213))
    assert "loses 4.1 points" in told
    assert "3.2 to 5.0" in told


def test_an_undecided_difference_is_neither_gain_nor_loss() -> None:
    told = largest_gain_statement(compared(FULL, 0.0042, 0.4))
    assert "differs from the prior by +0.4 points" in told
    assert "not significant" in told


@pytest.mark.parametrize("status", [Status.one_seed, Status.one_image, Status.constant])
def test_what_was_not_tested_is_not_called_undecided(status: Status) -> None:
    one = compared(FULL, 0.04, nan, status)
    assert "not tested with 1,200" in gain_statement([one], Measure())
    assert "Holm" not in gain_statement([one], Measure())
    assert "p =" not in largest_gain_statement(one)
