from __future__ import annotations

import shutil
from dataclasses import astuple
from math import isnan
from pathlib import Path

import numpy as np
import pytest
from simulated_run import SimulatedRun
from simulated_test_split import describe

from bench.analysis.evidence import Evidence, read_evidence
from bench.analysis.where_gained import CHANGED, ENTITY_TYPE, GainWhere, WhereGained, where_gained
from bench.claims.better_than import BetterThanClaim
from bench.claims.more_efficient import MoreEfficientClaim
from bench.stats import two_way_difference
from bench.store.ledger import Ledger
from bench.store.records import UNTRAINED, TrialKey
from bench.store.test_split import read_test_split

BETTER = BetterThanClaim(name="better", kind="better_than", system="sprm", rival="prior")
SAVES = MoreEfficientClaim(name="saves", kind="more_efficient", system="sprm", rival="refinement", factor=2)
SMALL = SimulatedRun(fractions=(0.1, 1.0), seeds=3, images=40)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run; not to be changed."""
    return describe(SMALL.write(tmp_path_factory.mktemp("runs") / "run"), examples=5)


def asked(run: Path, *claims: BetterThanClaim | MoreEfficientClaim) -> Evidence:
    own = read_evidence(run)
    return read_evidence(run, own.protocol.model_copy(update={"claims": claims}))


def only(run: Path) -> WhereGained:
    (found,) = where_gained(asked(run, BETTER), read_test_split(run), Ledger(run))
    return found


def right(run: Path, system: str, fraction: str, seed: int) -> np.ndarray:
    return Ledger(run).items(TrialKey(system, fraction, seed))["correct"].to_numpy(float)


def test_pairs_are_those_of_a_trained_and_an_untrained_system_that_a_claim_compares(whole: Path) -> None:
    again = BETTER.model_copy(update={"name": "again", "at": (1.0,)})
    found = where_gained(asked(whole, SAVES, BETTER, again), read_test_split(whole), Ledger(whole))
    assert [(own.system, own.rival, own.fraction.share) for own in found] == [("sprm", "prior", 1.0)]
    assert where_gained(asked(whole, SAVES), read_test_split(whole), Ledger(whole)) == ()


def test_a_gain_on_some_phrases_is_the_difference_on_them_paired_by_seed_and_image(whole: Path) -> None:
    split = read_test_split(whole)
    assert split is not None
    member = split.phrases["in_labels"].to_numpy() & (split.phrases["head"] != "").to_numpy()
    image = split.phrases["image"].to_numpy()

    def counts(values: np.ndarray) -> np.ndarray:
        return np.bincount(image, weights=values * member, minlength=len(split.images))

    ours = [counts(right(whole, "sprm", "1", seed)) for seed in range(3)]
    theirs = counts(right(whole, "prior", UNTRAINED, 0))
    expected = two_way_difference(ours, [theirs] * 3, counts(np.ones(len(image))))
    (own,) = (gain for gain in only(whole).gains if (gain.property, gain.bin) == ("noun in the label set", "yes"))
    assert own.phrases == member.sum()
    assert own.before == pytest.approx(theirs.sum() / member.sum())
    assert own.fits == (split.phrases["best_iou"][member] >= 0.5).mean()
    assert astuple(own.difference) == pytest.approx(astuple(expected), nan_ok=True)


def test_each_property_covers_its_phrases_and_types_come_first(whole: Path) -> None:
    found = only(whole)
    by_property: dict[str, list[GainWhere]] = {}
    for gain in found.gains:
        by_property.setdefault(gain.property, []).append(gain)
    assert next(iter(by_property)) == ENTITY_TYPE
    split = read_test_split(whole)
    assert split is not None
    fit = int((split.phrases["best_iou"] >= 0.5).sum())
    for name, gains in by_property.items():
        if name != ENTITY_TYPE:
            # Boxes of one label are counted of the best one, so where none fits there is nothing to count.
            assert sum(gain.phrases for gain in gains) == (fit if name == "same-label boxes" else len(split.phrases))


def test_phrases_are_counted_by_their_words_whatever_the_case_of_their_letters(whole: Path) -> None:
    items = Ledger(whole).items(TrialKey("sprm", "1", 0))
    words = items["phrase"].str.lower()
    before = right(whole, "prior", UNTRAINED, 0)
    after = np.mean([right(whole, "sprm", "1", seed) for seed in range(3)], axis=0)
    found = only(whole)
    assert found.helped
    for own in (*found.helped, *found.hurt):
        member = (words == own.words).to_numpy()
        assert own.phrases == member.sum()
        assert (own.before, own.after) == pytest.approx((before[member].sum(), after[member].sum()))
    changes = {name: (after - before)[(words == name).to_numpy()].sum() for name in words.unique()}
    largest = sorted(changes.values(), reverse=True)
    assert [own.change for own in found.helped] == pytest.approx([change for change in largest[:CHANGED] if change > 0])
    assert [own.change for own in found.hurt] == pytest.approx(
        [change for change in largest[::-1][:CHANGED] if change < 0]
    )


def test_without_a_description_of_the_test_split_there_are_entity_types_and_words(whole: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(whole, tmp_path / "run"))
    shutil.rmtree(run / "test")
    found = only(run)
    assert {gain.property for gain in found.gains} == {ENTITY_TYPE}
    assert all(isnan(gain.fits) for gain in found.gains)
    assert found.helped == only(whole).helped


def test_the_largest_finished_amount_counts_and_without_any_there_is_nothing(whole: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(whole, tmp_path / "run"))
    ledger = Ledger(run)
    for seed in range(3):
        shutil.rmtree(ledger.trial_folder(TrialKey("sprm", "1", seed)))
    assert only(run).fraction.share == 0.1
    shutil.rmtree(ledger.trial_folder(TrialKey("prior", UNTRAINED, 0)))
    assert where_gained(asked(run, BETTER), read_test_split(run), ledger) == ()
