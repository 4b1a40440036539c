"""Examples are drawn without looking at any result, and tell what every trial answered."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from simulated_run import SimulatedRun
from simulated_test_split import describe

from bench.analysis.evidence import read_evidence
from bench.analysis.examples import Examples, Occurrence, examples
from bench.store.ledger import Ledger
from bench.store.records import TrialKey
from bench.store.test_split import TestSplit, read_test_split
from sprm.settings import Ties

SMALL = SimulatedRun(fractions=(0.1, 0.5, 1.0), seeds=3, images=40, tied=0.3)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run; not to be changed."""
    return describe(SMALL.write(tmp_path_factory.mktemp("runs") / "run"), examples=30)


@pytest.fixture
def run(whole: Path, tmp_path: Path) -> Path:
    """A copy that may be changed."""
    return Path(shutil.copytree(whole, tmp_path / "run"))


def split_of(run: Path) -> TestSplit:
    split = read_test_split(run)
    assert split is not None
    return split


def drawn(run: Path) -> Examples:
    found = examples(read_evidence(run), split_of(run), run)
    assert found is not None
    return found


def without(run: Path, *keys: TrialKey) -> Path:
    for key in keys:
        shutil.rmtree(Ledger(run).trial_folder(key))
    return run


def test_the_same_phrases_are_shown_whatever_came_out(whole: Path, tmp_path: Path) -> None:
    other = describe(replace(SMALL, gain=0.4).write(tmp_path / "other"), examples=30)
    before, after = drawn(whole), drawn(other)
    assert [each.row for each in before.examples] == [each.row for each in after.examples]
    assert before.rates != after.rates


def test_what_is_shown_of_a_trial_is_what_it_answered(whole: Path) -> None:
    found = drawn(whole)
    assert [(each.system, each.fraction and each.fraction.label, each.is_last) for each in found.answerers] == [
        ("prior", None, False),
        ("sprm", "0.1", False),
        ("sprm", "1", True),
        ("refinement", "0.1", False),
        ("refinement", "1", True),
    ]
    items = Ledger(whole).items(TrialKey("sprm", "1", 0))
    for each in found.examples:
        row, choice = items.iloc[each.row], each.choices[2]
        assert (each.phrase, each.types) == (row["phrase"], tuple(row["category"].split("/")))
        assert (choice.box, choice.correct) == (row["box"], row["correct"])
        assert [choice.iou, choice.score] == pytest.approx([row["iou"], row["score"]])


def test_tied_boxes_share_an_answer_by_the_rule_of_the_system_alone(whole: Path) -> None:
    evidence = read_evidence(whole)
    assert not any(choice.is_shared for each in drawn(whole).examples for choice in each.choices)
    sharing = replace(evidence, protocol=evidence.protocol.model_copy(update={"ties": Ties.shared}))
    found = examples(sharing, split_of(whole), whole)
    assert found is not None
    for each in found.examples:
        assert [choice.is_shared for choice in each.choices] == [choice.tied > 1 for choice in each.choices]
    assert any(each.choices[0].is_shared for each in found.examples)


def test_each_case_is_counted_among_the_examples_and_among_all_phrases(whole: Path) -> None:
    found, ledger = drawn(whole), Ledger(whole)
    prior = ledger.items(TrialKey("prior", "0", 0))["correct"] >= 0.5
    trained = ledger.items(TrialKey("refinement", "1", 0))["correct"] == 1
    rates = {(rate.what, rate.system): rate for rate in found.rates}
    hurt = rates[Occurrence.hurt, "refinement"]
    assert hurt.phrases == (prior & ~trained).sum()
    assert hurt.share == hurt.phrases / len(prior)
    assert hurt.examples == sum(each.occurrences["refinement"] is Occurrence.hurt for each in found.examples)
    of_sprm = [rate.phrases for (_, system), rate in rates.items() if system == "sprm"]
    assert sum(of_sprm) == len(prior)
    fits = split_of(whole).phrases["best_iou"] >= 0.5
    assert rates[Occurrence.unfit, None].phrases == (~fits).sum()
    assert [each.fits for each in found.examples] == [fits[each.row] for each in found.examples]


def test_systems_disagree_where_their_boxes_differ_at_the_largest_amount(whole: Path) -> None:
    found, ledger = drawn(whole), Ledger(whole)
    one, other = (ledger.items(TrialKey(name, "1", 0))["box"].to_numpy() for name in ("sprm", "refinement"))
    assert [each.disagree for each in found.examples] == [one[each.row] != other[each.row] for each in found.examples]


def test_the_lowest_seed_of_which_most_trials_are_complete_is_shown(run: Path) -> None:
    assert drawn(without(run, TrialKey("sprm", "1", 0))).seed == 1


def test_of_a_run_that_has_not_come_far_the_largest_amount_that_is_complete_is_shown(run: Path) -> None:
    gone = [TrialKey(name, "1", seed) for name in ("sprm", "refinement") for seed in range(3)]
    found = drawn(without(run, *gone))
    assert [each.fraction.label for each in found.answerers if each.fraction and each.is_last] == ["0.5", "0.5"]


def test_without_the_prior_nothing_is_helped_or_hurt(run: Path) -> None:
    found = drawn(without(run, TrialKey("prior", "0", 0)))
    assert found.compared == ()
    assert {rate.what for rate in found.rates} == {Occurrence.unfit, Occurrence.disagree}


def test_a_single_trained_system_disagrees_with_nobody(run: Path) -> None:
    gone = [TrialKey("refinement", label, seed) for label in ("0.1", "0.5", "1") for seed in range(3)]
    assert Occurrence.disagree not in {rate.what for rate in drawn(without(run, *gone)).rates}


def test_a_box_that_the_image_does_not_have_is_none(run: Path) -> None:
    ledger, key = Ledger(run), TrialKey("sprm", "1", 0)
    record, items = ledger.record(key), ledger.items(key)
    assert record is not None
    items["box"] = np.where(np.arange(len(items)) % 2, -1, 10_000)
    ledger.write(record, items)
    assert all(each.choices[2].box is None for each in drawn(run).examples)


def test_a_test_split_of_other_phrases_shows_nothing(whole: Path, tmp_path: Path) -> None:
    other = describe(replace(SMALL, images=41).write(tmp_path / "other"))
    assert examples(read_evidence(whole), split_of(other), whole) is None
