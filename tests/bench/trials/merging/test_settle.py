"""Which result of each trial goes into a merged run, and what stands against merging."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from edited_run import (
    KEY,
    answer_otherwise,
    edit,
    edit_every_record,
    edit_record,
    keep_weights,
    remove,
    settled,
)
from simulated_run import SimulatedRun

from bench.protocol.load import load
from bench.protocol.seeds import CrossedSeeds
from bench.store.ledger import Ledger
from bench.store.records import TrialKey
from bench.trials.merging.allowance import Allowance
from bench.trials.merging.part import Part, read_part
from bench.trials.merging.settle import Settlement
from bench.trials.status import keys_of
from sprm.errors import ResultsError

OTHER_KEY = TrialKey("sprm", "0.1", 1)


def sources(settlement: Settlement) -> dict[TrialKey, Path]:
    return {key: candidate.part.folder for key, candidate in settlement.taken.items()}


def test_runs_that_each_have_a_part_make_up_the_whole(here: Path, there: Path) -> None:
    remove(here, "sprm")
    remove(there, "prior", "refinement")
    merged = settled(here, there)
    assert list(merged.taken) == keys_of(merged.protocol)
    assert sources(merged)[KEY] == there
    assert sources(merged)[TrialKey("prior", "0", 0)] == here
    assert merged.alike == 2
    assert not (merged.open or merged.foreign or merged.settings or merged.left_out)


def test_the_same_result_goes_in_once_whoever_wrote_its_file(here: Path, there: Path) -> None:
    ledger = Ledger(there)
    items = ledger.trial_folder(KEY) / "items.parquet"
    before = items.read_bytes()
    pd.read_parquet(items).to_parquet(items, compression="gzip", index=False)
    assert items.read_bytes() != before
    digest = hashlib.sha256(items.read_bytes()).hexdigest()
    edit_record(there, KEY, lambda record: record.update(items_sha256=digest, seconds=99.0))
    merged = settled(here, there)
    assert merged.open == ()
    assert merged.alike == len(merged.taken)


def test_of_the_same_results_the_one_whose_weights_are_there_and_intact_is_taken(here: Path, there: Path) -> None:
    keep_weights(there, KEY, b"weights")
    assert sources(settled(here, there))[KEY] == there
    assert sources(settled(here, there, keep=(here,)))[KEY] == there
    keep_weights(there, KEY, b"weights").write_bytes(b"changed")
    assert sources(settled(here, there))[KEY] == here


def test_of_the_same_results_the_one_that_has_every_metric_is_taken(here: Path, there: Path) -> None:
    edit_record(here, KEY, lambda record: record.update(metrics=["correct", "iou"]))
    merged = settled(here, there)
    assert sources(merged)[KEY] == there
    assert merged.open == ()


def test_a_choice_takes_the_same_result_with_weights(here: Path, there: Path, whole: Path) -> None:
    answer_otherwise(there, KEY)
    keep_weights(here, KEY, b"weights")
    merged = settled(there, whole, here, keep=(whole,))
    assert sources(merged)[KEY] == here
    assert [candidate.part.folder for candidate in merged.chosen[0].candidates] == [whole, there]


def test_of_the_same_results_one_of_the_first_runs_code_is_taken(here: Path, there: Path, whole: Path) -> None:
    edit_every_record(there, lambda record: record["provenance"].update(revision="f" * 40))
    remove(here, "sprm")
    assert sources(settled(here, there, whole))[KEY] == whole
    assert not settled(here, there, whole).foreign


def test_another_outcome_of_the_same_trial_is_a_conflict_until_one_is_chosen(here: Path, there: Path) -> None:
    answer_otherwise(there, KEY)
    merged = settled(here, there)
    (conflict,) = merged.open
    assert conflict.key == KEY
    assert [candidate.part.folder for candidate in conflict.candidates] == [here, there]
    assert KEY not in merged.taken
    chosen = settled(here, there, keep=(there,))
    assert chosen.open == ()
    assert sources(chosen)[KEY] == there
    assert [candidate.part.folder for candidate in chosen.chosen[0].candidates] == [there, here]


def test_a_choice_of_a_run_without_the_trial_leaves_the_conflict_of_the_others(
    here: Path, there: Path, whole: Path
) -> None:
    answer_otherwise(there, KEY)
    remove(here, "sprm")
    assert [conflict.key for conflict in settled(here, there, whole, keep=(here,)).open] == [KEY]
    assert settled(here, there, whole, keep=(here, whole)).open == ()


def test_damaged_results_are_named_and_an_intact_one_takes_their_place(here: Path, there: Path) -> None:
    folder = Ledger(here).trial_folder(KEY)
    (folder / "record.json").write_bytes((folder / "record.json").read_bytes()[:100])
    (Ledger(here).trial_folder(OTHER_KEY) / "items.parquet").write_bytes(b"")
    (here / "manifest.json").write_text("{")
    merged = settled(there, here)
    assert list(merged.taken) == keys_of(merged.protocol)
    assert sources(merged)[KEY] == sources(merged)[OTHER_KEY] == there
    assert len(merged.left_out) == 3
    assert f"{folder}: record.json cannot be read, or is not as it was written" in merged.left_out
    assert any("items.parquet is missing or was changed" in line for line in merged.left_out)


def test_crossed_seeds_are_merged_with_those_that_have_as_many_initialisations(tmp_path: Path) -> None:
    few, many = (
        SimulatedRun(fractions=(1.0,), seeds=seeds, initialisations=2, images=20).write(tmp_path / str(seeds))
        for seeds in (2, 3)
    )
    merged = settled(few, many)
    assert merged.protocol.seeds == CrossedSeeds(subsets=3, initialisations=2)
    assert list(merged.taken) == keys_of(merged.protocol)
    assert {subset for subset, _ in merged.subsets} == {0, 1, 2}
    assert not (merged.open or merged.settings or merged.left_out)


def test_crossed_seeds_and_others_do_not_go_together(tmp_path: Path) -> None:
    plain = SimulatedRun(fractions=(1.0,), seeds=2, images=20).write(tmp_path / "plain")
    crossed = SimulatedRun(fractions=(1.0,), seeds=3, initialisations=2, images=20).write(tmp_path / "crossed")
    assert settled(plain, crossed).settings == (f"{plain}: another seeds.initialisations (none, not 2)",)
    other = SimulatedRun(fractions=(1.0,), seeds=4, initialisations=3, images=20).write(tmp_path / "other")
    assert settled(crossed, other).settings == (f"{crossed}: another seeds.initialisations (2, not 3)",)


def test_results_of_no_trial_or_of_earlier_settings_are_left_out(here: Path, there: Path) -> None:
    there_ledger = Ledger(there)
    shutil.copytree(there_ledger.trial_folder(KEY), there / "trials" / "sprm" / "0.5" / "0")
    edit_record(there, TrialKey("sprm", "0.5", 0), lambda record: record.update(fraction="0.5"))
    edit_record(there, KEY, lambda record: record["inputs"]["training"].update(epochs=3))
    remove(here, "sprm")
    merged = settled(here, there)
    assert KEY not in merged.taken
    assert any("made with another training.epochs (3, not 25)" in line for line in merged.left_out)
    assert any("0.5/0: the protocol has no such trial" in line for line in merged.left_out)


def test_another_corpus_has_to_be_allowed_and_needs_no_conflict_to_be_noticed(here: Path, there: Path) -> None:
    edit(there / "manifest.json", lambda manifest: manifest.update(corpus_fingerprint="beef" * 16))
    edit_every_record(there, lambda record: record["inputs"].update(corpus="beef" * 16))
    remove(here, "sprm")
    merged = settled(here, there, allow=(Allowance.other_corpus,))
    assert {candidate.record.key.system for candidate in merged.foreign[Allowance.other_corpus]} == {"sprm"}
    assert list(merged.taken) == keys_of(merged.protocol)
    assert merged.corpus != "beef" * 16


def test_another_corpus_with_other_test_phrases_is_refused(here: Path, tmp_path: Path) -> None:
    other = SimulatedRun(fractions=(0.1, 1.0), seeds=2, images=21).write(tmp_path / "other")
    edit_every_record(other, lambda record: record["inputs"].update(corpus="beef" * 16))
    remove(here, "sprm")
    with pytest.raises(ResultsError, match="other test phrases than"):
        settled(here, other, allow=(Allowance.other_corpus,))


@pytest.mark.parametrize("kind", ["package", "revision"])
def test_other_code_has_to_be_allowed(kind: str, here: Path, there: Path) -> None:
    def made_by_another(record: dict[str, Any]) -> None:
        if kind == "package":
            record["inputs"]["package"] = record["provenance"]["package"] = "9.9"
        else:
            record["provenance"]["revision"] = "f" * 40

    edit_every_record(there, made_by_another)
    merged = settled(here, there)
    assert not merged.foreign, "the same outcomes are taken from the run whose code is the merged run's"
    remove(here, "sprm")
    merged = settled(here, there)
    assert {candidate.record.key.system for candidate in merged.foreign[Allowance.other_code]} == {"sprm"}
    assert len(merged.codes) == 2


def test_more_seeds_and_other_systems_are_joined_with_their_claims(tmp_path: Path) -> None:
    few = SimulatedRun(fractions=(0.1, 1.0), seeds=2, images=20).write(tmp_path / "few")
    more = SimulatedRun(
        fractions=(0.1, 1.0), seeds=3, images=20, claims=("name: above, kind: better_than, system: sprm, rival: prior",)
    ).write(tmp_path / "more")
    merged = settled(few, more)
    assert merged.protocol.seeds == 3
    assert [claim.name for claim in merged.protocol.claims] == ["small-fraction", "above"]
    assert list(merged.taken) == keys_of(merged.protocol)
    assert not merged.settings


def test_a_claim_about_another_is_joined_only_where_it_stays_about_the_same(tmp_path: Path) -> None:
    about = "name: without-prior, kind: robust, claim: small-fraction, controls: [refinement]"
    first, second = (
        SimulatedRun(fractions=(0.1, 1.0), seeds=1, images=8, margin=margin, claims=claims).write(tmp_path / name)
        for name, margin, claims in (
            ("strict", 0.02, SimulatedRun.claims),
            ("loose", 0.05, (*SimulatedRun.claims, about)),
        )
    )
    assert [claim.name for claim in settled(first, second).protocol.claims] == ["small-fraction"]
    assert len(settled(second, first).protocol.claims) == 2


def test_other_settings_are_named_and_left_out_once_a_run_is_chosen(here: Path, there: Path) -> None:
    protocol = there / "protocol.yaml"
    protocol.write_text(protocol.read_text().replace("epochs: 25", "epochs: 3"))
    edit_every_record(there, lambda record: (record["inputs"]["training"] or {}).update(epochs=3))
    answer_otherwise(there, KEY)
    merged = settled(here, there)
    assert merged.settings == (
        f"{there}: another systems.refinement.training.epochs (3, not 25), systems.sprm.training.epochs (3, not 25)",
    )
    chosen = settled(here, there, keep=(there,))
    assert chosen.protocol == load(there / "protocol.yaml").protocol
    assert sources(chosen)[KEY] == there
    assert sources(chosen)[TrialKey("prior", "0", 0)] in (here, there)


def test_nothing_to_merge_is_told(here: Path, there: Path) -> None:
    for run in (here, there):
        remove(run, "random", "prior", "sprm", "refinement", "oracle")
    with pytest.raises(ResultsError, match="has a result that can be merged"):
        settled(here, there)


def test_a_part_is_read_from_a_run_folder_only(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="not a run folder"):
        read_part(tmp_path)


def test_what_a_record_says_of_itself_leads_nowhere_else(here: Path) -> None:
    path = Ledger(here).trial_folder(KEY) / "record.json"
    edit(path, lambda record: record.update(fraction="../../../../elsewhere"))
    part: Part = read_part(here)
    assert KEY not in part.records
    (line,) = part.unreadable
    assert line.startswith(f"{path.parent}: record.json is the record of another trial")


@pytest.mark.parametrize(
    "change",
    [
        lambda items: items.drop(columns=["correct"]),
        lambda items: items.assign(correct="yes"),
    ],
)
def test_items_that_are_not_those_of_a_trial_are_named(
    change: Callable[[pd.DataFrame], pd.DataFrame], here: Path, there: Path
) -> None:
    path = Ledger(there).trial_folder(KEY) / "items.parquet"
    change(pd.read_parquet(path)).to_parquet(path, index=False)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    edit_record(there, KEY, lambda record: record.update(items_sha256=digest))
    with pytest.raises(ResultsError, match="its items"):
        settled(here, there)


@pytest.mark.parametrize("name", ["record.json", "items.parquet", "weights.safetensors"])
def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(name: str, here: Path, there: Path) -> None:
    path = keep_weights(there, KEY, b"weights").with_name(name)
    path.unlink()
    os.mkfifo(path)
    assert sources(settled(there, here))[KEY] == (there if name.startswith("weights") else here)


def test_items_that_are_no_table_are_named(here: Path, there: Path) -> None:
    folder = Ledger(there).trial_folder(KEY)
    (folder / "items.parquet").write_bytes(b"no table")
    digest = hashlib.sha256(b"no table").hexdigest()
    edit_record(there, KEY, lambda record: record.update(items_sha256=digest))
    with pytest.raises(ResultsError, match="its items cannot be read") as error:
        settled(here, there)
    assert str(folder) in str(error.value)
