"""How often the tests are wrong, in a form short enough for every run; the long form is `bench.stats.calibration`.

With few studies chance alone moves a rate by a few points, so the bounds are loose. A method that takes phrases
for independent still fails them.
"""

from __future__ import annotations

import json

import numpy as np
import pytest

from bench.stats.calibration import Rate, calibrate, main, table
from bench.stats.scenarios import COVERS, REJECTS, SCENARIOS, SEEDS, Scenario
from bench.stats.simulation import DIFFICULTY, IMAGES, PHRASES, System, simulated

STUDIES, SEED = 100, 1
MOST_REJECTED, LEAST_COVERED = 0.12, 0.88


def named(scenario: Scenario) -> str:
    return f"{scenario.method}, {scenario.truth}, {scenario.seeds} seeds"


def promises(target: tuple[float, float]) -> bool:
    """Whether a target is one of rejection, where too many are wrong; else one of coverage, where too few are."""
    return target[1] < 0.5


@pytest.mark.parametrize("scenario", [one for one in SCENARIOS if one.target], ids=named)
def test_a_method_keeps_its_promise_within_the_chance_of_few_studies(scenario: Scenario) -> None:
    assert scenario.target is not None
    rate = calibrate(scenario, STUDIES, SEED).rate
    assert rate <= MOST_REJECTED if promises(scenario.target) else rate >= LEAST_COVERED


@pytest.mark.parametrize("scenario", [one for one in SCENARIOS if one.method == "phrases pooled"], ids=named)
def test_pooled_phrases_fail_the_bounds_that_the_methods_are_held_to(scenario: Scenario) -> None:
    rate = calibrate(scenario, STUDIES, SEED).rate
    assert rate > MOST_REJECTED if "difference" in scenario.truth else rate < LEAST_COVERED


def test_simulated_systems_are_as_accurate_as_they_say() -> None:
    systems = (System(), System(lost=0.1), System(lost=0.02, run_sd=0))
    rng = np.random.default_rng(0)
    studies = [simulated(systems, SEEDS, rng) for _ in range(300)]
    found = np.mean([one.correct.sum(axis=(1, 2)) / (SEEDS * one.phrases.sum()) for one in studies], axis=0)
    assert found == pytest.approx([system.accuracy for system in systems], abs=0.003)
    assert System().accuracy == pytest.approx(np.mean(DIFFICULTY))


def test_a_simulated_study_has_the_shape_and_the_phrases_of_the_default() -> None:
    study = simulated((System(), System()), 3, np.random.default_rng(0))
    assert study.correct.shape == (2, 3, IMAGES)
    assert (study.phrases.min(), study.phrases.max()) == PHRASES
    assert (study.correct <= study.phrases).all()


def test_the_same_seed_gives_the_same_rate_and_another_seed_other_studies() -> None:
    mean = next(one for one in SCENARIOS if one.method == "phrases pooled")
    assert calibrate(mean, 40, 3) == calibrate(mean, 40, 3)
    first, second = (simulated((System(),), 2, np.random.default_rng(seed)).correct for seed in (3, 4))
    assert (first != second).any()


def test_the_table_marks_a_rate_outside_its_target() -> None:
    rates = [
        Rate("a", "null", 5, 0.05, REJECTS),
        Rate("b", "interval", 5, 0.5, COVERS),
        Rate("c", "null", 5, 0.9, None),
    ]
    assert [rate.is_good for rate in rates] == [True, False, True]
    assert table(rates).splitlines()[2:] == [
        "| a | null | 5 | 5.0% | 3% to 8% |",
        "| b | interval | 5 | 50.0% | 92% to 98%, missed |",
        "| c | null | 5 | 90.0% | for contrast |",
    ]


def test_the_command_prints_every_scenario_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["--studies", "1", "--seed", "5", "--json"])
    answer = json.loads(capsys.readouterr().out)
    assert (answer["studies"], answer["seed"], len(answer["rates"])) == (1, 5, len(SCENARIOS))
    assert code == 1


def test_no_studies_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--studies", "0"])
    assert "at least one study" in capsys.readouterr().err
