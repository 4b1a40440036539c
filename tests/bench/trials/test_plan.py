from __future__ import annotations

from pathlib import Path

import pytest
from stored_trial import store_trial

from bench.protocol.schema import Protocol
from bench.store.provenance import provenance
from bench.store.records import TrialKey
from bench.trials.plan import Plan, make_plan, run_folder
from bench.trials.status import TrialStatus, keys_of
from sprm.corpus.dataset import Dataset

VALUES = {
    "name": "tiny",
    "fractions": [0.25, 1],
    "seeds": 2,
    "systems": {"prior": {"kind": "prior"}, "sprm": {"kind": "sprm", "batch": 8}},
    "training": {"epochs": 3},
    "claims": [{"name": "small-fraction", "kind": "competitive", "system": "sprm", "margin": 0.02}],
}


def protocol(**changes: object) -> Protocol:
    return Protocol.model_validate({**VALUES, **changes})


def statuses(plan: Plan) -> dict[TrialKey, TrialStatus]:
    return {planned.trial.key: planned.progress.status for planned in plan.trials}


def whys(plan: Plan) -> set[str]:
    return {planned.progress.why for planned in plan.trials}


def test_a_trained_system_has_a_trial_for_each_fraction_and_seed_and_any_other_has_one() -> None:
    assert keys_of(protocol()) == [
        TrialKey("prior", "0", 0),
        TrialKey("sprm", "0.25", 0),
        TrialKey("sprm", "0.25", 1),
        TrialKey("sprm", "1", 0),
        TrialKey("sprm", "1", 1),
    ]


CROSSED = {"subsets": 3, "initialisations": 2}


def test_crossed_seeds_have_a_trial_for_each_subset_with_each_initialisation(dataset: Dataset, tmp_path: Path) -> None:
    plan = make_plan(protocol(seeds=CROSSED, fractions=[0.5, 1]), dataset, tmp_path)
    half = [planned.trial for planned in plan.trials if planned.trial.key.fraction == "0.5"]
    assert [trial.key.seed for trial in half] == [0, 1, 2, 3, 4, 5]
    assert [trial.initialisation for trial in half] == [trial.inputs["seed"] for trial in half] == [0, 1] * 3
    for drawn in range(3):
        one, other = (trial for trial in half if trial.drawn == drawn)
        assert one.inputs["subset"] == other.inputs["subset"] == plan.subsets.records()[drawn, "0.5"].sha256
        assert one.images is not None
        assert other.images is not None
        assert one.images.tolist() == other.images.tolist() == plan.subsets.images[drawn, "0.5"].tolist()
    assert len({trial.fingerprint for trial in half}) == 6
    assert sorted({seed for seed, _ in plan.subsets.images}) == [0, 1, 2]


def test_crossed_seeds_share_a_trial_with_other_seeds_where_subset_and_initialisation_are_the_same(
    dataset: Dataset, tmp_path: Path
) -> None:
    several = make_plan(protocol(seeds=3, fractions=[0.5, 1]), dataset, tmp_path)
    for planned in several.trials:
        store_trial(several.ledger, planned.trial, 2.0, provenance())
    plan = make_plan(protocol(seeds=CROSSED, fractions=[0.5, 1]), dataset, tmp_path)
    found = {planned.trial.key: planned.elsewhere[1].key for planned in plan.trials if planned.elsewhere}
    assert found == {
        TrialKey("prior", "0", 0): TrialKey("prior", "0", 0),
        TrialKey("sprm", "0.5", 0): TrialKey("sprm", "0.5", 0),
        TrialKey("sprm", "0.5", 3): TrialKey("sprm", "0.5", 1),
        # All of the images are one subset, whichever draw they are.
        **{TrialKey("sprm", "1", seed): TrialKey("sprm", "1", seed % 2) for seed in range(6)},
    }


def test_what_is_a_fraction_of_two_corpora_is_one_trial() -> None:
    sized = protocol(fractions=[0.25, 0.5, 1], sizes=[4, 8, 12], seeds=1)
    trained = [key.fraction for key in keys_of(sized) if key.system == "sprm"]
    assert trained == [f"{n}-images" for n in (1, 2, 3, 4, 6, 8, 12)]


def test_the_same_amounts_as_fractions_of_other_corpora_are_another_run(tmp_path: Path) -> None:
    sized = protocol(fractions=[0.25, 0.5, 1], sizes=[4, 8])
    shots = protocol(fractions=None, shots=[1, 2, 4, 8])
    assert list(sized.fraction_labels) == list(shots.fraction_labels)
    assert run_folder(sized, "corpus", tmp_path) != run_folder(shots, "corpus", tmp_path)


def test_at_first_every_trial_is_missing_and_nothing_is_written(dataset: Dataset, tmp_path: Path) -> None:
    plan = make_plan(protocol(), dataset, tmp_path)
    assert set(statuses(plan).values()) == {TrialStatus.missing}
    assert whys(plan) == {"has not run"}
    assert list(tmp_path.iterdir()) == []


def test_a_stored_result_is_done(dataset: Dataset, tmp_path: Path) -> None:
    plan = make_plan(protocol(), dataset, tmp_path)
    store_trial(plan.ledger, plan.trials[1].trial, 2.0, provenance())
    again = make_plan(protocol(), dataset, tmp_path)
    assert [status is TrialStatus.done for status in statuses(again).values()] == [False, True, False, False, False]


def test_a_failure_is_retried_and_says_why(dataset: Dataset, tmp_path: Path) -> None:
    plan = make_plan(protocol(), dataset, tmp_path)
    trial = plan.trials[1].trial
    plan.ledger.write_failure(trial.key, trial.fingerprint, "the loss is not finite", "Traceback")
    again = make_plan(protocol(), dataset, tmp_path)
    assert statuses(again)[trial.key] is TrialStatus.failed
    assert trial.key in [planned.trial.key for planned in again.left]
    assert "the loss is not finite" in whys(again)


def test_a_failure_under_other_settings_counts_for_nothing(dataset: Dataset, tmp_path: Path) -> None:
    plan = make_plan(protocol(), dataset, tmp_path)
    plan.ledger.write_failure(plan.trials[1].trial.key, "other", "out of memory", "Traceback")
    assert set(statuses(make_plan(protocol(), dataset, tmp_path)).values()) == {TrialStatus.missing}


def test_damaged_items_and_an_unreadable_record_make_a_trial_stale(dataset: Dataset, tmp_path: Path) -> None:
    plan = make_plan(protocol(), dataset, tmp_path)
    for planned in plan.trials[:2]:
        store_trial(plan.ledger, planned.trial, 2.0, provenance())
    (plan.ledger.trial_folder(plan.trials[0].trial.key) / "items.parquet").write_bytes(b"")
    (plan.ledger.trial_folder(plan.trials[1].trial.key) / "record.json").write_text("{")
    again = make_plan(protocol(), dataset, tmp_path)
    assert [planned.progress.why for planned in again.trials[:2]] == [
        "items.parquet is missing or was changed",
        "record.json cannot be read, or is not as it was written",
    ]
    assert {planned.progress.status for planned in again.trials[:2]} == {TrialStatus.stale}


def test_a_result_of_other_settings_is_stale_and_the_settings_are_named(dataset: Dataset, tmp_path: Path) -> None:
    before = make_plan(protocol(), dataset, tmp_path)
    for planned in before.trials:
        store_trial(before.ledger, planned.trial, 2.0, provenance())
    after = make_plan(protocol(training={"epochs": 4, "learning_rate": 1e-4}), dataset, tmp_path)
    assert statuses(after)[TrialKey("sprm", "1", 0)] is TrialStatus.stale
    name = before.ledger.folder.name
    told = "training.epochs (3, not 4), training.learning_rate (1e-05, not 0.0001)"
    assert f"{name} has it with another {told}" in whys(after)


def test_a_result_that_another_run_holds_is_found_there(dataset: Dataset, tmp_path: Path) -> None:
    before = make_plan(protocol(), dataset, tmp_path)
    for planned in before.trials:
        store_trial(before.ledger, planned.trial, 2.0, provenance())
    after = make_plan(protocol(name="other", seeds=3), dataset, tmp_path)
    found = {planned.trial.key for planned in after.trials if planned.elsewhere is not None}
    assert found == {planned.trial.key for planned in before.trials}


@pytest.mark.parametrize(
    ("changes", "taken_over"),
    [
        ({"seeds": 3}, {"prior 0 seed 0", *(f"sprm {f} seed {s}" for f in ("0.25", "1") for s in (0, 1))}),
        # The images of a smaller fraction are chosen with the larger ones in view; the whole set is the same.
        ({"fractions": [0.25, 0.5, 1]}, {"prior 0 seed 0", "sprm 1 seed 0", "sprm 1 seed 1"}),
        (
            {"systems": {**VALUES["systems"], "oracle": {"kind": "oracle"}}},  # type: ignore[dict-item]
            {"prior 0 seed 0", *(f"sprm {f} seed {s}" for f in ("0.25", "1") for s in (0, 1))},
        ),
    ],
)
def test_adding_a_seed_a_fraction_or_a_system_takes_over_all_that_stays_valid(
    dataset: Dataset, tmp_path: Path, changes: dict[str, object], taken_over: set[str]
) -> None:
    before = make_plan(protocol(), dataset, tmp_path)
    for planned in before.trials:
        store_trial(before.ledger, planned.trial, 2.0, provenance())
    after = make_plan(protocol(**changes), dataset, tmp_path)
    assert after.ledger.folder != before.ledger.folder
    found = {str(planned.trial.key): planned.elsewhere for planned in after.trials if planned.elsewhere is not None}
    assert found.keys() == taken_over
    for planned in after.trials:
        if planned.elsewhere is not None:
            ledger, record = planned.elsewhere
            assert after.ledger.take_over(record, ledger, planned.trial.key)
    left = make_plan(protocol(**changes), dataset, tmp_path).left
    assert {str(planned.trial.key) for planned in left}.isdisjoint(taken_over)
    assert len(left) == len(after.trials) - len(taken_over)


def test_another_claim_runs_no_trial_again(dataset: Dataset, tmp_path: Path) -> None:
    plan = make_plan(protocol(), dataset, tmp_path)
    for planned in plan.trials:
        store_trial(plan.ledger, planned.trial, 2.0, provenance())
    stricter = {"name": "stricter", "kind": "competitive", "system": "sprm", "margin": 0.01}
    after = make_plan(protocol(claims=[stricter]), dataset, tmp_path)
    assert (after.ledger.folder, after.left) == (plan.ledger.folder, [])


@pytest.mark.parametrize(
    "changes",
    [
        {"claims": []},
        {"training": {"epochs": 3, "learning_rate": 1e-5}},
        {"systems": dict(reversed(VALUES["systems"].items()))},  # type: ignore[attr-defined]
        {"systems": {"prior": {"kind": "prior"}, "sprm": {"kind": "sprm", "batch": 8, "epochs": 3}}},
    ],
)
def test_what_changes_no_number_changes_no_fingerprint(
    dataset: Dataset, tmp_path: Path, changes: dict[str, object]
) -> None:
    before, after = (make_plan(one, dataset, tmp_path) for one in (protocol(), protocol(**changes)))
    assert before.ledger.folder == after.ledger.folder
    assert {one.trial.key: one.trial.fingerprint for one in before.trials} == {
        one.trial.key: one.trial.fingerprint for one in after.trials
    }


@pytest.mark.parametrize(
    ("changes", "trials_that_differ"),
    [
        ({"rules": "official"}, {"prior", "sprm"}),
        ({"training": {"epochs": 4}}, {"sprm"}),
        ({"training": {"epochs": 3, "batch": 4}}, set()),
        ({"strata": "none"}, {"sprm"}),
        ({"fractions": [0.5, 1]}, {"sprm"}),
    ],
)
def test_what_changes_a_number_changes_the_fingerprints_it_touches(
    dataset: Dataset, tmp_path: Path, changes: dict[str, object], trials_that_differ: set[str]
) -> None:
    before, after = (make_plan(one, dataset, tmp_path) for one in (protocol(), protocol(**changes)))
    known = {one.trial.fingerprint for one in before.trials}
    assert {one.trial.key.system for one in after.trials if one.trial.fingerprint not in known} == trials_that_differ


def test_a_run_folder_is_named_by_protocol_and_fingerprint(tmp_path: Path) -> None:
    folder = run_folder(protocol(), "c" * 64, tmp_path)
    assert folder.parent == tmp_path
    assert folder.name.startswith("tiny-")
    assert len(folder.name) == len("tiny-") + 8
    assert run_folder(protocol(), "d" * 64, tmp_path) != folder
    assert run_folder(protocol(seeds=3), "c" * 64, tmp_path) != folder
