from __future__ import annotations

from math import isnan
from pathlib import Path

import numpy as np
import pytest
from simulated_run import SimulatedRun

from bench.analysis.comparisons import Comparison, Family
from bench.analysis.fraction import Fraction
from bench.report.analyse import Analysis, analyse
from bench.stats import Status, benjamini_hochberg, cohens_h, holm, probability_of_improvement, two_way_difference
from bench.store.ledger import Ledger
from bench.store.records import TrialKey

LABELS = ("0.1", "0.5", "1")
RUN = SimulatedRun(fractions=(0.1, 0.5, 1.0), seeds=3, images=60)
SEEDS = (0, 1, 2)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return RUN.write(tmp_path_factory.mktemp("complete") / "run")


@pytest.fixture(scope="module")
def found(run: Path) -> Analysis:
    return analyse(run)


def counts(
    run: Path, system: str, label: str, seeds: tuple[int, ...] = SEEDS, entity_type: str | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Read what a system got right by seed and image, another way than the analysis does."""
    rows = []
    for seed in seeds:
        items = Ledger(run).items(TrialKey(system, label, seed))
        counted = items["category"].str.split("/").map(lambda own: entity_type is None or entity_type in own)
        own = items.assign(correct=items["correct"] * counted, phrases=counted.astype(int))
        rows.append(own.groupby("image_id", sort=False)[["correct", "phrases"]].sum())
    return np.array([row["correct"] for row in rows]), rows[0]["phrases"].to_numpy()


def prior_counts(run: Path, seeds: int = 3, entity_type: str | None = None) -> np.ndarray:
    return np.repeat(counts(run, "prior", "0", (0,), entity_type)[0], seeds, axis=0)


def cell(fraction: Fraction | None) -> str:
    return "0" if fraction is None else fraction.label


def named(comparisons: tuple[Comparison, ...], system: str, label: str) -> Comparison:
    return next(one for one in comparisons if (one.system, one.fraction.label) == (system, label))


def give_answers(run: Path, key: TrialKey, of: TrialKey) -> None:
    """Let a trial have answered as another one did."""
    record = Ledger(run).record(key)
    assert record is not None
    Ledger(run).write(record, Ledger(run).items(of))


def test_gains_are_paired_with_the_priors_row_and_adjusted_over_all_cells(run: Path, found: Analysis) -> None:
    prior, (_, phrases) = prior_counts(run), counts(run, "sprm", "1")
    cells = [(system, label) for system in ("sprm", "refinement") for label in LABELS]
    expected = [two_way_difference(counts(run, *one)[0], prior, phrases) for one in cells]
    assert [(gain.system, gain.fraction.label) for gain in found.gains] == cells
    assert {(gain.rival, gain.rival_fraction) for gain in found.gains} == {("prior", None)}
    assert [gain.difference for gain in found.gains] == expected
    assert [gain.p_adjusted for gain in found.gains] == pytest.approx(holm([one.p for one in expected]))
    assert {(gain.family, gain.family_size) for gain in found.gains} == {(Family.gains, 6)}


def test_neighbours_are_each_amount_of_data_less_the_next_smaller_one(run: Path, found: Analysis) -> None:
    _, phrases = counts(run, "sprm", "1")
    steps = [(system, *step) for system in ("sprm", "refinement") for step in (("0.1", "0.5"), ("0.5", "1"))]
    expected = [
        two_way_difference(counts(run, system, more)[0], counts(run, system, less)[0], phrases)
        for system, less, more in steps
    ]
    assert [(one.system, cell(one.rival_fraction), one.fraction.label) for one in found.neighbours] == steps
    assert all(one.rival == one.system for one in found.neighbours)
    assert [one.difference for one in found.neighbours] == expected
    assert [one.p_adjusted for one in found.neighbours] == pytest.approx(holm([one.p for one in expected]))
    assert {(one.family, one.family_size) for one in found.neighbours} == {(Family.neighbours, 4)}


def test_systems_are_compared_in_pairs_at_each_amount_of_data(run: Path, found: Analysis) -> None:
    _, phrases = counts(run, "sprm", "1")
    expected = [
        two_way_difference(counts(run, "sprm", label)[0], counts(run, "refinement", label)[0], phrases)
        for label in LABELS
    ]
    told = [(one.system, one.fraction.label, one.rival, cell(one.rival_fraction)) for one in found.between_systems]
    assert told == [("sprm", label, "refinement", label) for label in LABELS]
    assert [one.difference for one in found.between_systems] == expected
    assert [one.p_adjusted for one in found.between_systems] == pytest.approx(holm([one.p for one in expected]))
    assert {one.family_size for one in found.between_systems} == {3}


def test_gains_by_entity_type_rest_on_its_phrases_and_are_adjusted_by_benjamini_and_hochberg(
    run: Path, found: Analysis
) -> None:
    one = next(
        gain
        for gain in found.type_gains
        if (gain.entity_type, gain.system, gain.fraction.label) == ("clothing", "refinement", "0.5")
    )
    correct, phrases = counts(run, "refinement", "0.5", entity_type="clothing")
    assert one.difference == two_way_difference(correct, prior_counts(run, entity_type="clothing"), phrases)
    assert one.phrases == phrases.sum()
    types = list(dict.fromkeys(point.entity_type for point in found.types))
    assert [gain.entity_type for gain in found.type_gains] == [name for name in types for _ in range(6)]
    p = [gain.difference.p for gain in found.type_gains]
    assert [gain.p_adjusted for gain in found.type_gains] == pytest.approx(benjamini_hochberg(p), nan_ok=True)
    assert {gain.family_size for gain in found.type_gains} == {int(np.isfinite(p).sum())}
    assert all(gain.family.is_exploratory and isnan(gain.p_fixed) for gain in found.type_gains)


def test_effect_sizes_are_of_the_accuracies_compared_and_an_untrained_system_is_one_training(
    run: Path, found: Analysis
) -> None:
    one = named(found.gains, "refinement", "0.5")
    correct, phrases = counts(run, "refinement", "0.5")
    by_seed, prior = correct.sum(axis=1) / phrases.sum(), prior_counts(run, 1).sum() / phrases.sum()
    assert one.cohens_h == pytest.approx(cohens_h(float(by_seed.mean()), float(prior)))
    assert one.improvement == probability_of_improvement(by_seed, [prior])
    assert (one.improvement.seeds_a, one.improvement.seeds_b) == (3, 1)
    assert {(lead.improvement.seeds_a, lead.improvement.seeds_b) for lead in found.between_systems} == {(3, 3)}


def test_sign_flips_of_a_comparison_depend_on_its_own_trials_alone(found: Analysis, tmp_path: Path) -> None:
    less = analyse(RUN.write(tmp_path / "run", without=tuple(TrialKey("sprm", "0.1", seed) for seed in SEEDS)))
    kept = [one.p_fixed for one in (*less.gains, *less.neighbours, *less.between_systems)]
    secondary = (*found.gains, *found.neighbours, *found.between_systems)
    others = [
        one.p_fixed
        for one in secondary
        if "0.1" not in (one.fraction.label, cell(one.rival_fraction)) or "sprm" not in (one.system, one.rival)
    ]
    assert kept == others
    assert any(0.001 < p < 1 for p in kept)


def test_sign_flips_are_adjusted_over_the_same_family(found: Analysis) -> None:
    for family in (found.gains, found.neighbours, found.between_systems):
        p = [one.p_fixed for one in family]
        assert all(0 < one <= 1 for one in p)
        assert [one.p_fixed_adjusted for one in family] == pytest.approx(holm(p))


def test_only_seeds_that_are_complete_on_both_sides_are_compared(run: Path, tmp_path: Path) -> None:
    without = (TrialKey("sprm", "0.1", 0), TrialKey("sprm", "0.5", 2))
    less = analyse(RUN.write(tmp_path / "run", without=without))
    _, phrases = counts(run, "sprm", "1")
    more_rows, less_rows = counts(run, "sprm", "0.5", (1,))[0], counts(run, "sprm", "0.1", (1,))[0]
    assert named(less.neighbours, "sprm", "0.5").difference == two_way_difference(more_rows, less_rows, phrases)
    assert named(less.neighbours, "sprm", "0.5").difference.status is Status.one_seed
    assert named(less.between_systems, "sprm", "0.1").difference.seeds == 2
    assert named(less.gains, "sprm", "0.5").difference.seeds == 2


def test_a_pair_without_a_seed_in_common_keeps_its_place_in_the_family(tmp_path: Path) -> None:
    without = (TrialKey("sprm", "0.1", 0), TrialKey("sprm", "0.5", 1), TrialKey("sprm", "0.5", 2))
    less = analyse(RUN.write(tmp_path / "run", without=without))
    steps = [(one.system, one.fraction.label) for one in less.neighbours]
    assert steps == [("sprm", "1"), ("refinement", "0.5"), ("refinement", "1")]
    assert {one.family_size for one in less.neighbours} == {4}
    p = [one.difference.p for one in less.neighbours]
    assert [one.p_adjusted for one in less.neighbours] == pytest.approx(holm([*p, np.nan])[:3], nan_ok=True)


def test_without_the_prior_trained_systems_are_still_compared_with_each_other(tmp_path: Path) -> None:
    less = analyse(RUN.write(tmp_path / "run", without=(TrialKey("prior", "0", 0),)))
    assert (less.gains, less.type_gains) == ((), ())
    assert len(less.neighbours) == 4
    assert len(less.between_systems) == 3


def test_one_amount_of_data_has_no_neighbours(tmp_path: Path) -> None:
    one = analyse(SimulatedRun(fractions=(1.0,), seeds=2, images=12).write(tmp_path / "run"))
    assert one.neighbours == ()
    assert len(one.between_systems) == 1


def test_one_seed_has_p_values_of_these_models_alone(tmp_path: Path) -> None:
    one = analyse(SimulatedRun(fractions=(0.1, 1.0), seeds=1, images=60).write(tmp_path / "run"))
    secondary = (*one.gains, *one.neighbours, *one.between_systems)
    assert len(secondary) == 4 + 2 + 2
    assert {compared.difference.status for compared in secondary} == {Status.one_seed}
    assert all(isnan(compared.p_adjusted) for compared in (*secondary, *one.type_gains))
    assert all(compared.p_fixed <= compared.p_fixed_adjusted <= 1 for compared in secondary)
    assert {compared.family_size for compared in one.type_gains} == {0}


def test_one_image_has_no_p_value_of_any_kind(tmp_path: Path) -> None:
    one = analyse(SimulatedRun(fractions=(0.1, 1.0), seeds=2, images=1).write(tmp_path / "run"))
    for compared in (*one.gains, *one.neighbours, *one.between_systems, *one.type_gains):
        assert not compared.difference.status.has_interval
        assert isnan(compared.p_adjusted)
        assert isnan(compared.p_fixed_adjusted)


def test_a_system_that_always_answers_as_the_prior_does_is_not_tested_against_it(tmp_path: Path) -> None:
    folder = RUN.write(tmp_path / "run")
    for seed in SEEDS:
        give_answers(folder, TrialKey("sprm", "1", seed), TrialKey("prior", "0", 0))
    same = named(analyse(folder).gains, "sprm", "1")
    assert same.difference.status is Status.constant
    assert (same.difference.estimate, same.cohens_h, same.improvement.probability) == (0.0, 0.0, 0.5)
    assert isnan(same.p_adjusted)
    assert isnan(same.p_fixed)


def test_seeds_that_agree_everywhere_say_nothing_of_other_trainings(tmp_path: Path) -> None:
    folder = RUN.write(tmp_path / "run")
    for seed in SEEDS[1:]:
        give_answers(folder, TrialKey("sprm", "1", seed), TrialKey("sprm", "1", 0))
    agreed = named(analyse(folder).gains, "sprm", "1")
    assert agreed.difference.status is Status.identical_seeds
    assert isnan(agreed.p_adjusted)
    assert agreed.p_fixed < 0.05
