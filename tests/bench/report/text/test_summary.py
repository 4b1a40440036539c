from __future__ import annotations

import re
from dataclasses import replace
from math import nan
from pathlib import Path

import pytest
from simulated_run import SimulatedRun

from bench.report.analyse import Analysis, analyse
from bench.report.text.summary import summary
from bench.stats import Status
from bench.store.records import TrialKey

STUDY = SimulatedRun(fractions=(0.1, 0.5, 1.0), seeds=3, images=60)
AMOUNT = re.compile(r"\d+(?:,\d{3})*")


@pytest.fixture(scope="module")
def analysis(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    return analyse(STUDY.write(tmp_path_factory.mktemp("run") / "run"))


def shown(analysis: Analysis, *p: float) -> Analysis:
    """An analysis of the first system alone, whose steps have some adjusted p-values."""
    own = [one for one in analysis.neighbours if one.system == "sprm"]
    steps = tuple(replace(one, p_adjusted=each) for one, each in zip(own, p, strict=True))
    return replace(analysis, neighbours=steps, gains=())


def test_levels_come_first_without_and_with_training(analysis: Analysis) -> None:
    levels = {(one.system, one.fraction and one.fraction.images): one.accuracy.estimate for one in analysis.curve}
    told = summary(analysis)[0]
    assert re.findall(r"(\S+) % for (\w+)", told) == [
        (f"{100 * levels[key]:.1f}", key[0]) for key in (("prior", None), ("sprm", 1000), ("refinement", 1000))
    ]
    assert told.count("with all 1,000 images") == 2


def test_of_many_trained_systems_the_best_at_each_amount_is_named(tmp_path: Path, analysis: Analysis) -> None:
    many = analyse(replace(STUDY, rivals=("maf", "kdcl"), gain=0.0).write(tmp_path / "run"))
    (told,) = [line for line in summary(many) if line.startswith("Highest")]
    named = {
        amount: system
        for system, own in re.findall(r"(\w+) with ([\d, and]+\d)", told)
        for amount in AMOUNT.findall(own)
    }
    trained = [one for one in many.curve if one.fraction is not None]
    for images in (100, 500, 1000):
        there = [one for one in trained if one.fraction is not None and one.fraction.images == images]
        best = max(there, key=lambda one: one.accuracy.estimate)
        assert named[f"{images:,}"] == best.system
    assert not [line for line in summary(analysis) if line.startswith("Highest")]


def test_every_step_that_is_shown_has_its_interval_and_its_rate_from_the_largest_down(analysis: Analysis) -> None:
    first, second = (one.difference for one in analysis.neighbours if one.system == "sprm")
    told = summary(shown(analysis, 0.01, 0.02))[1]
    steps = re.findall(r"(\S+) points \(95 % interval (\S+) to (\S+)\), (\S+) points per 100 images", told)
    assert told.startswith("From 500 to 1,000 images, sprm")
    assert [
        (f"{100 * abs(one.estimate):.1f}", f"{100 * abs(one.estimate) * 100 / images:.1f}")
        for one, images in ((second, 500), (first, 400))
    ] == [(size, rate) for size, _, _, rate in steps]
    assert ". From 100 to 500 images, it " in told
    assert "not significant" not in told


def test_a_step_that_is_not_shown_is_called_so_without_a_number_of_points(analysis: Analysis) -> None:
    (_, told) = summary(shown(analysis, 0.4, 0.05))
    assert told == "The change of sprm is not significant from 100 to 500 and from 500 to 1,000 images."


def test_a_loss_is_called_one(analysis: Analysis) -> None:
    one = shown(analysis, 0.4, 0.01)
    first, second = one.neighbours
    lost = replace(second, difference=replace(second.difference, estimate=-0.04, low=-0.05, high=-0.03))
    told = summary(replace(one, neighbours=(first, lost)))[1]
    assert told.startswith("From 500 to 1,000 images, sprm loses 4.0 points (95 % interval 3.0 to 5.0), 0.8 points per")


def test_the_first_amount_that_is_above_the_prior_is_named(analysis: Analysis) -> None:
    own = [one for one in analysis.gains if one.system == "sprm"]
    gains = tuple(
        replace(one, p_adjusted=p, difference=replace(one.difference, estimate=gain))
        for one, p, gain in zip(own, (0.001, 0.01, 0.01), (-0.02, 0.03, 0.05), strict=True)
    )
    told = summary(replace(analysis, gains=gains))[1]
    assert "sprm is significantly more accurate than prior" in told
    assert told.endswith(" is 500 images (50 %).")
    none = tuple(replace(one, p_adjusted=0.3) for one in own)
    assert summary(replace(analysis, gains=none))[1].endswith(
        "is not significantly more accurate than prior at any fraction."
    )


def test_one_seed_is_summed_up_without_any_finding(tmp_path: Path) -> None:
    told = summary(analyse(replace(STUDY, seeds=1).write(tmp_path / "run")))
    for line in told[1:]:
        assert line.count("is not tested: there is only one seed") == 2
        assert "interval" not in line


def test_one_amount_has_no_steps(tmp_path: Path) -> None:
    told = summary(analyse(replace(STUDY, fractions=(1.0,)).write(tmp_path / "run")))
    assert not any("From" in line for line in told)
    assert "with which sprm is" in told[1]


def test_without_a_prior_nothing_is_held_against_it(tmp_path: Path) -> None:
    told = summary(analyse(STUDY.write(tmp_path / "run", without=(TrialKey("prior", "0", 0),))))
    assert told[0].endswith("with all 1,000 images.")
    assert not any("prior" in line for line in told)


def test_a_partial_run_is_summed_up_by_what_there_is(tmp_path: Path) -> None:
    without = (*(TrialKey("sprm", "1", seed) for seed in range(3)), TrialKey("refinement", "0.5", 0))
    told = summary(analyse(STUDY.write(tmp_path / "run", without=without)))
    assert "sprm with 500 images (50 %)" in told[0]
    assert not any(re.search(r"\bnan\b|–|None", line) for line in told)


def test_a_status_that_leaves_nothing_to_test_gives_its_reason(analysis: Analysis) -> None:
    one = shown(analysis, nan, 0.01)
    first, second = one.neighbours
    untested = replace(first, difference=replace(first.difference, status=Status.identical_seeds))
    told = summary(replace(one, neighbours=(untested, second)))[1]
    assert "Whether sprm gains from 100 to 500 images is not tested: all seeds give the same answers" in told


def test_a_run_of_untrained_systems_has_no_summary(analysis: Analysis) -> None:
    assert summary(replace(analysis, curve=tuple(one for one in analysis.curve if one.fraction is None))) == []


def test_only_the_two_largest_steps_are_summed_up(tmp_path: Path) -> None:
    study = SimulatedRun(fractions=(0.05, 0.1, 0.5, 1.0), seeds=3, images=60)
    told = " ".join(summary(analyse(study.write(tmp_path / "run"))))
    assert "from 500 to 1,000 images" in told.lower()
    assert "from 50 to 100 images" not in told.lower()
