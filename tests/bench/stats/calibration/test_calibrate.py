"""How often the tests are wrong, in a form short enough for every run; the long form is `bench.stats.calibration`.

With few studies chance alone moves a rate by several points, so the bounds are loose. A method that takes phrases
for independent still fails them.
"""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from bench.stats.calibration.__main__ import main
from bench.stats.calibration.calibrate import SCENARIOS, Rate, calibrate, table
from bench.stats.calibration.curve_scenarios import CURVE_SCENARIOS
from bench.stats.calibration.look_scenarios import LOOK_SCENARIOS, PLANS
from bench.stats.calibration.scenario import COVERS, REJECTS, SEEDS, Case, Scenario
from bench.stats.calibration.simulation import AMOUNTS, DIFFICULTY, IMAGES, PHRASES, System, following, simulated
from bench.stats.curves.power_law import PowerLaw

STUDIES, SEED = 80, 1
MOST_REJECTED, LEAST_COVERED = 0.12, 0.83
"""The second lies three standard deviations of so few studies below the least coverage that is good."""


def keeps_its_promise(rate: Rate) -> bool:
    """Whether a rate is within the loose bounds: of rejection, too many are wrong; of coverage, too few."""
    promised = REJECTS if rate.target is None and "difference" in rate.truth else rate.target or COVERS
    return rate.rate <= MOST_REJECTED if promised[1] < 0.5 else rate.rate >= LEAST_COVERED


def named(rate: Rate) -> str:
    return f"{rate.method}, {rate.truth}, {rate.seeds} seeds: {rate.rate:.2f}"


@pytest.mark.long
def test_every_method_keeps_its_promise_within_the_chance_of_few_studies() -> None:
    rates = calibrate([one for one in SCENARIOS if one.target], STUDIES, SEED)
    assert [named(rate) for rate in rates if not keeps_its_promise(rate)] == []


def test_pooled_phrases_fail_the_bounds_that_the_methods_are_held_to() -> None:
    rates = calibrate([one for one in SCENARIOS if one.method == "phrases pooled"], STUDIES, SEED)
    assert len(rates) == 2
    assert [named(rate) for rate in rates if keeps_its_promise(rate)] == []


def test_simulated_systems_are_as_accurate_as_they_say() -> None:
    systems = (System(), System(lost=0.1), System(lost=0.02, run_sd=0))
    rng = np.random.default_rng(0)
    studies = [simulated(systems, SEEDS, rng) for _ in range(300)]
    found = np.mean([one.correct.sum(axis=(1, 2)) / (SEEDS * one.phrases.sum()) for one in studies], axis=0)
    assert found == pytest.approx([system.accuracy for system in systems], abs=0.003)
    assert System().accuracy == pytest.approx(np.mean(DIFFICULTY))


def test_simulated_systems_follow_the_curve_they_are_given() -> None:
    law = PowerLaw(0.6, 1.8, 0.4)
    rng = np.random.default_rng(0)
    studies = [simulated(following(law, "one"), 2, rng) for _ in range(300)]
    found = np.mean([one.correct.sum(axis=(1, 2)) / (2 * one.phrases.sum()) for one in studies], axis=0)
    assert found == pytest.approx(law.predict(AMOUNTS), abs=0.003)


def test_the_systems_of_a_family_are_suited_by_the_same_images_and_others_are_not() -> None:
    alone = System(run_sd=0, suit_sd=0.2)
    one, other = replace(alone, family="one"), replace(alone, family="other")
    study = simulated((one, one, other, alone, alone), 40, np.random.default_rng(0))
    shares = study.correct.sum(axis=1) / (40 * study.phrases)
    together = np.corrcoef(shares)
    assert together[0, 1] > 0.97
    assert together[0, 2:].max() < 0.7
    assert together[3, 4] < 0.7


def test_crossed_trainings_share_the_luck_of_their_subset_and_that_of_their_initialisation() -> None:
    system = System(run_sd=0.06, suit_sd=0, initialisations=3)
    rng = np.random.default_rng(0)
    studies = [simulated((system,), 6, rng) for _ in range(1_500)]
    accuracies = np.array([study.correct[0].sum(axis=1) / study.phrases.sum() for study in studies])
    # Test images, which all trainings of a study share, are no matter here.
    covariance = np.cov(accuracies.T - accuracies.mean(axis=1) + system.accuracy)
    expected = np.full((6, 6), 0.0)
    for one in range(6):
        for other in range(6):
            alike = (one // 3 == other // 3) + (one % 3 == other % 3) + (one == other)
            expected[one, other] = alike * system.run_sd**2 / 3
    centred = np.eye(6) - 1 / 6
    expected = centred @ expected @ centred
    assert covariance == pytest.approx(expected, abs=0.06 * system.run_sd**2 + 1e-4)


def test_independent_trainings_are_those_of_a_subset_with_the_initialisation_of_its_number() -> None:
    study = simulated((System(initialisations=3),) * 2, 15, np.random.default_rng(0), 20)
    independent = Case(study, (0,)).independent(3)
    assert (independent.correct == study.correct[:, [0, 4, 8]]).all()
    wide = Case(study, (0,)).independent(5)
    assert (wide.correct == study.correct[:, [0, 6, 12]]).all()


def test_crossed_trainings_taken_for_independent_seeds_fail_the_bounds_that_those_that_share_nothing_keep() -> None:
    asked = [one for one in SCENARIOS if one.method.startswith("two_way_difference") and "crossed" in one.method]
    fails = {rate.truth: not keeps_its_promise(rate) for rate in calibrate(asked, STUDIES, SEED)}
    assert fails == {
        "no difference, 3 that share nothing": False,
        "no difference, all as independent seeds": True,
    }


def test_a_simulated_study_has_the_shape_and_the_phrases_of_the_default() -> None:
    study = simulated((System(), System()), 3, np.random.default_rng(0))
    assert study.correct.shape == (2, 3, IMAGES)
    assert (study.phrases.min(), study.phrases.max()) == PHRASES
    assert (study.correct <= study.phrases).all()
    assert simulated((System(),), 2, np.random.default_rng(0), 40).correct.shape == (1, 2, 40)


def test_the_same_seed_gives_the_same_rate_and_another_seed_other_studies() -> None:
    pooled = [one for one in SCENARIOS if one.method == "phrases pooled"]
    assert calibrate(pooled, 40, 3) == calibrate(pooled, 40, 3)
    first, second = (simulated((System(),), 2, np.random.default_rng(seed)).correct for seed in (3, 4))
    assert (first != second).any()


def test_a_rate_does_not_depend_on_what_else_is_asked() -> None:
    asked = [one for one in SCENARIOS if one.method in ("sign_flip_test", "n_95") and one.seeds == 5]
    together = calibrate(asked, 3, 3)
    assert together == [calibrate([one], 3, 3)[0] for one in asked]


def test_a_study_in_which_there_is_nothing_to_ask_does_not_count() -> None:
    def on_even_phrases(case: Case) -> bool | None:
        return None if case.phrases[0] % 2 else True

    (found,) = calibrate([Scenario("a", "b", (System(),), on_even_phrases, None)], 40, 0)
    assert 0 < found.studies < 40
    assert found.rate == 1


def test_of_a_curve_that_is_refused_nothing_is_asked_but_the_refusal() -> None:
    falling = tuple(System(lost=0.02 * place, family="one") for place in range(len(AMOUNTS)))
    asked = [one for one in CURVE_SCENARIOS if "accepted fits" in one.truth or "refusal" in one.truth]
    refused = [replace(one, systems=falling) for one in asked if one.method != "data_multiplier"]
    for rate in calibrate(refused, 4, 0):
        if "refusal" in rate.truth:
            assert (rate.rate, rate.studies) == (1, 4)
        else:
            assert math.isnan(rate.rate)
            assert rate.is_good == (rate.target is None)
            assert "| none |" in table([rate])


def test_a_plan_is_held_against_one_test_of_the_same_studies() -> None:
    def even(case: Case) -> bool:
        return case.phrases[0] % 2 == 0

    def never(case: Case) -> bool:
        return False

    asked = Scenario("a", "null", (System(),), even, None, once=never)
    above, below, same = calibrate(
        [asked, replace(asked, question=never, once=even), replace(asked, once=even)], STUDIES, SEED
    )
    assert (above.once, below.rate, same.rate) == (0, 0, same.once)
    assert above.p_above_once == pytest.approx(0.5 ** (above.rate * STUDIES))
    assert [rate.is_good for rate in (above, below, same)] == [False, True, True]
    assert "| for contrast; one test 0.0%, missed |" in table([above])


def test_of_a_study_a_case_keeps_the_first_trainings() -> None:
    case = Case(simulated((System(), System()), 4, np.random.default_rng(0)), (0,))
    assert (case.first(3).correct == case.correct[:, :3]).all()
    assert (case.first(3).phrases == case.phrases).all()


def test_every_plan_is_asked_how_often_it_errs_and_what_it_saves() -> None:
    for plan in PLANS:
        own = [one for one in LOOK_SCENARIOS if one.seeds == plan[-1]]
        assert sum(one.once is not None for one in own) >= 5
        saved = calibrate([one for one in own if "saved" in one.truth and "five margins" in one.truth], 10, SEED)
        assert 0.2 < saved[0].rate <= 1 - plan[0] / plan[-1]


def test_the_table_marks_a_rate_outside_its_target() -> None:
    rates = [
        Rate("a", "null", "images", 5, 300, 400, 0.05, REJECTS),
        Rate("b", "interval", "images and trainings", 3, 1000, 388, 0.5, COVERS),
        Rate("c", "null", "nothing", 5, 300, 400, 0.9, None),
    ]
    assert [rate.is_good for rate in rates] == [True, False, True]
    assert table(rates).splitlines() == [
        "| method | truth | over new | seeds | images | studies | rate | target |",
        "|---|---|---|---|---|---|---|---|",
        "| a | null | images | 5 | 300 | 400 | 5.0% | 3% to 8% |",
        "| b | interval | images and trainings | 3 | 1000 | 388 | 50.0% | 92% to 98%, missed |",
        "| c | null | nothing | 5 | 300 | 400 | 90.0% | for contrast |",
    ]


def test_the_command_prints_every_scenario_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["--studies", "1", "--seed", "5", "--json"])
    answer = json.loads(capsys.readouterr().out)
    assert (answer["studies"], answer["seed"], len(answer["rates"])) == (1, 5, len(SCENARIOS))
    assert {rate["over"] for rate in answer["rates"]} == {"images and trainings", "images", "trainings", "nothing"}
    assert code == 1


def test_no_studies_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--studies", "0"])
    assert "at least one study" in capsys.readouterr().err
