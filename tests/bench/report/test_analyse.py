from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from simulated_run import TRAIN_IMAGES, SimulatedRun

from bench.claims.competitive import CompetitiveVerdict
from bench.report.analyse import Analysis, analyse
from bench.stats import Finding, Status, smallest_competitive, two_way_mean
from bench.store.ledger import Ledger
from bench.store.records import TrialKey
from bench.trials.status import TrialStatus
from bench.verdicts.hypothesis import Decision
from sprm.errors import ResultsError

FRACTIONS = (0.1, 0.5, 1.0)
RUN = SimulatedRun(fractions=FRACTIONS, seeds=3, images=80)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return RUN.write(tmp_path_factory.mktemp("complete") / "run")


@pytest.fixture(scope="module")
def found(run: Path) -> Analysis:
    return analyse(run)


def counts(run: Path, system: str, fraction: str, seeds: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Read what a system got right by seed and image, another way than the analysis does."""
    items = [Ledger(run).items(TrialKey(system, fraction, seed)) for seed in range(seeds)]
    grouped = [one.groupby("image_id", sort=False)["correct"].agg(["sum", "size"]) for one in items]
    return np.array([one["sum"] for one in grouped]), grouped[0]["size"].to_numpy()


def competitive(found: Analysis) -> CompetitiveVerdict:
    """Return the verdict on the only claim."""
    (verdict,) = found.verdicts
    assert isinstance(verdict, CompetitiveVerdict)
    return verdict


def test_every_system_has_a_point_at_each_amount_of_data_it_was_trained_on(found: Analysis) -> None:
    cells = [(point.system, point.fraction.label if point.fraction else None) for point in found.curve]
    assert cells == [
        ("random", None), ("prior", None),
        ("sprm", "0.1"), ("sprm", "0.5"), ("sprm", "1"),
        ("refinement", "0.1"), ("refinement", "0.5"), ("refinement", "1"),
        ("oracle", None),
    ]  # fmt: skip
    assert [fraction.images for fraction in found.fractions] == [100, 500, TRAIN_IMAGES]
    assert [fraction.share for fraction in found.fractions] == [0.1, 0.5, 1.0]


def test_accuracies_are_the_two_way_means_of_the_items_on_disk(run: Path, found: Analysis) -> None:
    point = next(one for one in found.curve if one.fraction and (one.system, one.fraction.label) == ("sprm", "0.5"))
    correct, phrases = counts(run, "sprm", "0.5")
    assert point.accuracy == two_way_mean(correct, phrases)
    assert point.seed_sd == pytest.approx((correct.sum(axis=1) / phrases.sum()).std(ddof=1))
    items = pd.concat([Ledger(run).items(TrialKey("sprm", "0.5", seed)) for seed in range(3)])
    assert set(point.others) == {"iou", "pointing"}
    for name, mean in point.others.items():
        assert mean.estimate == pytest.approx(items[name].mean())


def test_a_system_that_is_not_trained_has_an_interval_over_images_alone(run: Path, found: Analysis) -> None:
    point = next(one for one in found.curve if one.system == "prior")
    correct, phrases = counts(run, "prior", "0", seeds=1)
    once = two_way_mean(correct, phrases)
    assert point.accuracy.status is Status.identical_seeds
    assert (point.accuracy.low, point.accuracy.high) == pytest.approx((once.low, once.high))


def test_a_phrase_of_several_types_counts_in_each(found: Analysis) -> None:
    phrases = RUN.phrases()["category"]
    sizes = {point.entity_type: point.phrases for point in found.types}
    both = int((phrases == "people/clothing").sum())
    assert both > 0
    assert sizes["people"] == (phrases == "people").sum() + both
    assert sizes["clothing"] == (phrases == "clothing").sum() + both
    assert list(sizes.values()) == sorted(sizes.values(), reverse=True)


def test_the_claim_is_tested_from_the_largest_fraction_down(found: Analysis) -> None:
    verdict = competitive(found)
    assert (verdict.claim.name, verdict.margin) == ("small-fraction", 0.02)
    assert verdict.reference.label == "1"
    assert [one.fraction.label for one in verdict.hypotheses] == ["0.5", "0.1"]
    assert verdict.seeds == (0, 1, 2)


def test_claims_are_judged_by_the_items_on_disk(run: Path, found: Analysis) -> None:
    sizes = counts(run, "sprm", "1")[1]
    correct = {float(label): counts(run, "sprm", label)[0] for label in ("0.1", "0.5", "1")}
    expected = smallest_competitive(correct, sizes, 0.02)
    assert [one.basis for one in competitive(found).hypotheses] == [step.outcome.loss for step in expected.steps]


def test_a_claim_stands_since_before_the_first_trial(found: Analysis) -> None:
    (stated,) = found.stated
    assert (stated.name, stated.trials_before, stated.trials) == ("small-fraction", 0, 3 + 2 * 3 * 3)
    assert stated.beforehand


def test_the_prior_is_held_against_the_reference_with_the_same_margin(found: Analysis) -> None:
    prior = competitive(found).prior
    gain = next(one for one in found.gains if one.system == "sprm" and one.fraction.label == "1")
    assert prior is not None
    assert prior.verdict is Finding.inferior
    assert prior.loss.estimate == pytest.approx(gain.difference.estimate)


@pytest.mark.parametrize(
    ("margin", "gain", "decision"),
    [(0.1, 0.075, Decision.supported), (0.0, 0.4, Decision.refuted), (0.0, 0.0, Decision.inconclusive)],
)
def test_a_claim_is_decided_by_its_first_step(tmp_path: Path, margin: float, gain: float, decision: Decision) -> None:
    # With 10 % of the data the simulated system has learned about half of what it can.
    study = SimulatedRun(fractions=(0.1, 1.0), seeds=3, images=80, margin=margin, gain=gain)
    assert analyse(study.write(tmp_path / "run")).verdicts[0].decision is decision


def test_composition_gives_the_range_of_realised_shares(found: Analysis) -> None:
    for one in found.composition:
        assert all(one.low[name] <= one.high[name] for name in found.shares)
    whole = found.composition[-1]
    assert whole.low["people"] == pytest.approx(found.shares["people"], abs=0.01)


def test_a_partial_run_is_analysed_on_the_seeds_that_all_amounts_have(tmp_path: Path) -> None:
    without = (TrialKey("sprm", "0.1", 1), TrialKey("oracle", "0", 0))
    failed = (TrialKey("refinement", "1", 0),)
    found = analyse(RUN.write(tmp_path / "run", without=without, failed=failed))
    assert {(one.key, one.status) for one in found.unfinished} == {
        (without[0], TrialStatus.missing),
        (without[1], TrialStatus.missing),
        (failed[0], TrialStatus.failed),
    }
    assert found.planned == 3 + 2 * 3 * 3
    assert found.verdicts[0].seeds == (0, 2)
    point = next(one for one in found.curve if one.fraction and (one.system, one.fraction.label) == ("sprm", "0.1"))
    assert point.seeds == (0, 2)
    assert "oracle" not in {point.system for point in found.curve}


def test_without_the_largest_fraction_the_claim_is_not_testable(tmp_path: Path) -> None:
    without = tuple(TrialKey("sprm", "1", seed) for seed in range(3))
    verdict = competitive(analyse(RUN.write(tmp_path / "run", without=without)))
    assert verdict.decision is Decision.not_testable
    assert verdict.reference.label == "1"
    assert verdict.hypotheses[0].basis.status is Status.nan


def test_a_fraction_without_trials_ends_the_sequence(tmp_path: Path) -> None:
    without = tuple(TrialKey("sprm", "0.5", seed) for seed in range(3))
    verdict = competitive(analyse(RUN.write(tmp_path / "run", without=without)))
    assert verdict.decision is Decision.not_testable
    assert [one.reached for one in verdict.hypotheses] == [True, False]


def test_without_the_prior_nothing_is_compared_with_it(tmp_path: Path) -> None:
    found = analyse(RUN.write(tmp_path / "run", without=(TrialKey("prior", "0", 0),)))
    assert found.gains == ()
    prior = competitive(found).prior
    assert prior is not None
    assert prior.verdict is Finding.not_testable
    assert competitive(found).decision is not Decision.not_testable


def test_one_seed_gives_intervals_over_images_and_no_p_value(tmp_path: Path) -> None:
    found = analyse(SimulatedRun(fractions=FRACTIONS, seeds=1, images=40).write(tmp_path / "run"))
    trained = [point for point in found.curve if point.fraction]
    assert {point.accuracy.status for point in trained} == {Status.one_seed}
    assert all(point.accuracy.low < point.accuracy.estimate < point.accuracy.high for point in trained)
    assert all(math.isnan(gain.p_adjusted) for gain in found.gains)
    assert found.verdicts[0].decision is Decision.not_testable


def test_trials_that_answered_other_phrases_are_refused(tmp_path: Path) -> None:
    folder = RUN.write(tmp_path / "run")
    ledger, key = Ledger(folder), TrialKey("sprm", "0.5", 1)
    record = ledger.record(key)
    assert record is not None
    ledger.write(record, ledger.items(key).iloc[::-1])
    with pytest.raises(ResultsError, match="other test phrases"):
        analyse(folder)


@pytest.mark.parametrize("name", ["manifest.json", "subsets/index.json"])
def test_a_folder_that_lacks_what_a_run_has_is_refused(tmp_path: Path, name: str) -> None:
    folder = RUN.write(tmp_path / "run")
    (folder / name).unlink()
    with pytest.raises(ResultsError, match=Path(name).name):
        analyse(folder)


def test_a_run_without_a_complete_trial_is_refused(tmp_path: Path) -> None:
    folder = SimulatedRun(fractions=(1.0,), seeds=1, images=4).write(tmp_path / "run")
    for record in Ledger(folder).records():
        (Ledger(folder).trial_folder(record.key) / "record.json").unlink()
    with pytest.raises(ResultsError, match="no trial is complete"):
        analyse(folder)


def test_crossed_seeds_are_judged_as_those_that_share_nothing_and_split_by_all(tmp_path: Path) -> None:
    run = SimulatedRun(fractions=FRACTIONS, seeds=4, initialisations=3, images=40).write(tmp_path / "run")
    found = analyse(run)
    assert (found.planned, found.done, found.seeds) == (3 + 2 * 3 * 12, 75, 3)
    (verdict,) = found.verdicts
    assert (verdict.seeds, verdict.seeds_planned) == ((0, 4, 8), 3)
    trained = [point for point in found.curve if point.fraction is not None]
    assert {point.seeds for point in trained} == {(0, 4, 8)}
    assert {point.accuracy.seeds for point in trained} == {3}
    assert {learning.seeds for learning in found.learning} == {(0, 4, 8)}
    assert {course.seeds for course in found.courses} == {(0, 4, 8)}
    assert len(found.variances) == 6
    assert all(own.of_seeds is not None for own in found.variances)
    assert len(found.records) == found.done


def test_a_run_whose_only_trainings_share_something_is_analysed_as_one_without_any(tmp_path: Path) -> None:
    made = SimulatedRun(fractions=(1.0,), seeds=2, initialisations=2, images=40)
    without = [TrialKey(system, "1", seed) for system in ("sprm", "refinement") for seed in (0, 3)]
    found = analyse(made.write(tmp_path / "run", without=tuple(without)))
    assert [point.system for point in found.curve] == ["random", "prior", "oracle"]
    assert found.variances == ()
    assert found.verdicts[0].decision is Decision.not_testable
