from __future__ import annotations

from dataclasses import replace
from math import inf, nan
from pathlib import Path

import pytest
from simulated_learning import SizedRun

from bench.analysis.evidence import read_evidence
from bench.analysis.learning import learn
from bench.report.analyse import analyse
from bench.report.corpus_sizes import ClaimBySize, claims_by_size
from bench.report.tables.corpus_sizes import corpus_sizes
from bench.report.text.corpus_sizes import compatible, size_statements
from bench.stats import CurveStatus, Growth, GrowthStatus, Interval
from bench.store.records import TrialKey


@pytest.fixture(scope="module")
def claim(tmp_path_factory: pytest.TempPathFactory) -> ClaimBySize:
    (found,) = analyse(SizedRun().write(tmp_path_factory.mktemp("sized") / "run")).by_size
    return found


def grown(claim: ClaimBySize, exponent: float, low: float, high: float, status: GrowthStatus = GrowthStatus.ok) -> str:
    growth = Growth(exponent, Interval(low, high), status)
    return size_statements(replace(claim, needed=replace(claim.needed, growth=growth)))[0]


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (-0.2, 0.4, "So the number of images may be what counts, and the fraction is not."),
        (-inf, 0.4, "So the number of images may be what counts, and the fraction is not."),
        (0.6, 1.2, "So the fraction may be what counts, and the number of images is not."),
        (0.6, inf, "So the fraction may be what counts, and the number of images is not."),
        (0.2, 0.7, "So neither counts alone: a larger corpus needs more images, but a smaller fraction."),
        (1.1, 1.5, "So neither counts alone: a larger corpus needs a larger fraction."),
        (-0.5, -0.1, "So neither counts alone: a larger corpus needs fewer images."),
        (-0.1, 1.1, "So it is undetermined whether the number of images or the fraction counts."),
        (-inf, inf, "So it is undetermined whether the number of images or the fraction counts."),
        (nan, nan, "So it is undetermined whether the number of images or the fraction counts."),
    ],
)
def test_what_an_interval_is_compatible_with_is_told_in_a_sentence(low: float, high: float, said: str) -> None:
    assert compatible(Interval(low, high)) == said


def test_the_exponent_is_told_with_its_interval_and_what_it_would_be(claim: ClaimBySize) -> None:
    assert grown(claim, 0.4, -0.05, 0.81) == (
        "small-fraction: the number of images with which sprm loses 2 points compared with the whole corpus grows as "
        "the corpus size to the power of 0.40 (95 % interval −0.05 to 0.81). With this margin and these sizes, an "
        "exponent of 0 would mean that the number of images counts, and an exponent of 1 that the fraction counts. The "
        "exponent depends on the curve beside the margin: it is near 1 where the curve is steep, and near 0 where it "
        "is flat. So the number of images may be what counts, and the fraction is not."
    )


def test_a_bound_is_told_as_one(claim: ClaimBySize) -> None:
    told = grown(claim, nan, 1.2, inf, GrowthStatus.already)
    assert (
        "smallest fraction of some corpus is already enough (exponent of the size: 95 % interval at least 1.20)" in told
    )
    assert told.endswith("So neither counts alone: a larger corpus needs a larger fraction.")
    assert "(exponent of the size: no interval)" in grown(claim, nan, -inf, inf, GrowthStatus.already)
    assert "95 % interval at most 0.30" in grown(claim, nan, -inf, 0.3, GrowthStatus.already)


def test_why_nothing_is_known_is_told(claim: ClaimBySize) -> None:
    assert "fewer than two corpora were used as a whole" in grown(claim, nan, nan, nan, GrowthStatus.one_size)
    assert "no growth is given for a margin of 0 points" in grown(claim, nan, nan, nan, GrowthStatus.no_margin)
    needed = replace(
        claim.needed,
        status=CurveStatus.empty,
        growth=Growth(nan, Interval(nan, nan), GrowthStatus.no_curve),
    )
    told = size_statements(replace(claim, needed=needed))[0]
    assert told.endswith("it has no curve: no seed is complete at every fraction.")


def test_what_is_tested_and_where_accuracy_rises_is_told_of_every_size(claim: ClaimBySize) -> None:
    _, tested, rises = size_statements(claim)
    for verdict, of_size in claim:
        size = f"{of_size.whole.images:,}"
        assert size in tested
        assert size in rises
        share = "" if verdict.smallest is None else f"{100 * verdict.smallest.images / of_size.whole.images:g} % of"
        assert f"{share} {size}" in tested


def test_a_run_of_which_trials_are_missing_is_told_as_far_as_it_came(tmp_path: Path) -> None:
    lost = tuple(TrialKey("sprm", label, seed) for label in ("100-images", "300-images") for seed in range(5))
    evidence = read_evidence(SizedRun().write(tmp_path / "run", without=lost))
    (claim,) = claims_by_size(evidence, learn(evidence))
    growth, tested, rises = size_statements(claim)
    assert "fewer than two corpora were used as a whole" in growth
    assert tested.endswith(". For 100 and 300 images, no fraction is tested: trials are missing.")
    assert rises.endswith("is not tested for 100 and 300.")


def test_what_is_not_tested_is_told_apart_from_what_is_not_shown(tmp_path: Path) -> None:
    for name, margin, seeds, sentence, cell in (
        ("one", 0.02, 1, "no fraction is tested: there is only one seed, so nothing is known about", "not tested"),
        ("tiny", 1e-6, 3, "no fraction is shown to be non-inferior to the whole corpus.", "none"),
    ):
        run = SizedRun(images=60, seeds=seeds, margin=margin)
        (claim,) = claims_by_size(read_evidence(run.write(tmp_path / name)), ())
        assert f"for 100, 300 and 1,000 images, {sentence}" in size_statements(claim)[1]
        made = corpus_sizes([claim])
        assert [row[2] for row in made.rows] == [cell] * 3
        assert made.data["tested"].tolist() == [cell == "none"] * 3


def test_before_the_first_look_of_a_plan_nothing_is_told_but_that(tmp_path: Path) -> None:
    run = SizedRun(images=60, looks=(3, 5)).write(tmp_path / "run", without=(TrialKey("sprm", "1000-images", 2),))
    (claim,) = claims_by_size(read_evidence(run), ())
    assert size_statements(claim) == [
        "small-fraction: no corpus is tested, because no look of the plan is complete yet; the first needs every trial "
        "of 3 seeds."
    ]
    assert {row[2] for row in corpus_sizes([claim]).rows} == {"not tested"}


def test_less_than_the_smallest_fraction_that_has_a_test_may_do_as_well(tmp_path: Path) -> None:
    lost = tuple(TrialKey("sprm", "50-images", seed) for seed in range(3))
    run = SizedRun(images=60, seeds=3, margin=0.4).write(tmp_path / "run", without=lost)
    (claim,) = claims_by_size(read_evidence(run), ())
    assert "at most 10 % of 1,000 (100 images)" in size_statements(claim)[1]
