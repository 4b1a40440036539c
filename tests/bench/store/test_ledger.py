from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.store.inputs import fingerprint
from bench.store.ledger import Ledger, items_bytes, phrases_bytes
from bench.store.provenance import provenance
from bench.store.records import TrialKey, TrialRecord
from sprm.errors import ResultsError

KEY = TrialKey("sprm", "0.05", 3)


def outcomes(correct: tuple[float, ...] = (1.0, 0.0, 1.0)) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "image_id": "100",
            "sentence_id": "100#0",
            "phrase": [f"a dog {i}" for i in range(len(correct))],
            "category": "animals",
            "box": np.array([4, 0, 35], dtype=np.int32)[: len(correct)],
            "score": np.array([0.5, np.nan, -0.125], dtype=np.float32)[: len(correct)],
            "correct": np.array(correct, dtype=np.float32),
            "iou": np.float32(0.25),
            "pointing": np.float32(1.0),
        }
    )


def record(key: TrialKey = KEY, **changes: object) -> TrialRecord:
    values = {
        "system": key.system, "kind": "sprm", "fraction": key.fraction, "seed": key.seed,
        "fingerprint": fingerprint({"seed": key.seed}), "inputs": {"seed": key.seed},
        "images": 50, "sentences": 250, "phrases": 3,
        "accuracy": 2 / 3, "phrases_sha256": "", "items_sha256": "",
        "history": ({"epoch": 1, "steps": 16, "loss": -0.1, "val_accuracy": 0.5, "val_loss": None},),
        "selected_epoch": 1, "steps": 16, "sentences_seen": 256, "device": "cpu", "seconds_steps": 1.0,
        "seconds_selection": 0.2, "seconds_evaluation": 0.5, "seconds": 1.8, "peak_memory_mb": 300.0, "threads": 1,
        "provenance": provenance(), "finished_at": datetime.now(UTC), **changes,
    }  # fmt: skip
    return TrialRecord.model_validate(values)


def test_a_written_trial_is_read_back_as_it_was(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "run")
    stored = ledger.write(record(), outcomes())
    assert ledger.record(KEY) == stored
    assert ledger.damaged(stored) is None
    pd.testing.assert_frame_equal(ledger.items(KEY), outcomes())


def test_a_trial_that_never_ran_has_no_record_and_its_items_are_refused(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    assert ledger.record(KEY) is None
    with pytest.raises(ResultsError, match="no complete trial"):
        ledger.items(KEY)


def test_equal_outcomes_give_equal_bytes_whatever_the_index_of_the_frame() -> None:
    shuffled = outcomes().set_index(pd.Index([7, 3, 5]))
    shuffled["phrase"] = shuffled["phrase"].astype(object)
    assert (items_bytes(shuffled), phrases_bytes(shuffled)) == (items_bytes(outcomes()), phrases_bytes(outcomes()))
    assert phrases_bytes(outcomes().assign(phrase="a cat")) != phrases_bytes(outcomes())
    assert items_bytes(outcomes((1.0, 1.0, 1.0))) != items_bytes(outcomes())


def test_the_trials_of_a_run_share_their_phrases_and_none_is_believed_without_them(tmp_path: Path) -> None:
    ledger, other = Ledger(tmp_path), TrialKey("sprm", "0.05", 4)
    stored = ledger.write(record(), outcomes())
    also = ledger.write(record(other), outcomes((0.0, 0.0, 1.0)))
    (phrases,) = (tmp_path / "phrases").iterdir()
    assert (stored.phrases_sha256, ledger.damaged(stored), ledger.damaged(also)) == (also.phrases_sha256, None, None)
    phrases.write_bytes(phrases.read_bytes()[:-1])
    assert ledger.damaged(stored) == ledger.damaged(also) == phrases
    with pytest.raises(ResultsError, match="was changed"):
        ledger.items(other)
    ledger.write(record(), outcomes())
    assert ledger.damaged(also) is None


def test_a_record_whose_hash_is_a_path_is_not_read(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "run")
    stored = ledger.write(record(), outcomes())
    path = ledger.trial_folder(KEY) / "record.json"
    path.write_text(path.read_text().replace(stored.phrases_sha256, "../../elsewhere"))
    assert ledger.record(KEY) is None


def test_items_that_were_changed_are_refused(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    stored = ledger.write(record(), outcomes())
    path = ledger.trial_folder(KEY) / "items.parquet"
    path.write_bytes(path.read_bytes()[:-1])
    assert ledger.damaged(stored) == path
    with pytest.raises(ResultsError, match="was changed"):
        ledger.items(KEY)


def test_a_record_whose_fingerprint_is_not_that_of_its_inputs_counts_as_missing(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.write(record(), outcomes())
    path = ledger.trial_folder(KEY) / "record.json"
    path.write_text(path.read_text().replace('"inputs": {\n  "seed": 3', '"inputs": {\n  "seed": 4'))
    assert ledger.record(KEY) is None
    assert list(ledger.records()) == []


@pytest.mark.parametrize("content", ["", "{", '{"schema_version": 1}'])
def test_a_record_that_does_not_meet_its_schema_counts_as_missing(tmp_path: Path, content: str) -> None:
    ledger = Ledger(tmp_path)
    ledger.write(record(), outcomes())
    (ledger.trial_folder(KEY) / "record.json").write_text(content)
    assert ledger.record(KEY) is None
    assert list(ledger.records()) == []


def test_a_record_in_another_trials_folder_counts_as_missing(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.write(record(), outcomes())
    other = TrialKey("sprm", "0.05", 4)
    ledger.trial_folder(KEY).rename(ledger.trial_folder(other))
    assert ledger.record(other) is None
    assert list(ledger.records()) == []


def test_a_failure_is_kept_until_the_trial_succeeds(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.write_failure(KEY, "f" * 64, "the loss is not finite", "Traceback ...")
    failure = ledger.failure(KEY)
    assert failure is not None
    assert (failure.key, failure.problem) == (KEY, "the loss is not finite")
    ledger.write(record(), outcomes())
    assert ledger.failure(KEY) is None


def test_writing_leaves_no_temporary_files(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.write(record(), outcomes())
    ledger.write(record(), outcomes())
    assert {path.name for path in ledger.trial_folder(KEY).iterdir()} == {"record.json", "items.parquet"}


def test_a_trial_taken_over_from_another_run_reads_as_if_made_here(tmp_path: Path) -> None:
    here, there = Ledger(tmp_path / "here"), Ledger(tmp_path / "there")
    found = there.write(record(TrialKey("full-model", "0.05", 3)), outcomes())
    assert here.take_over(found, there, KEY)
    taken = here.record(KEY)
    assert taken is not None and taken.fingerprint == found.fingerprint
    pd.testing.assert_frame_equal(here.items(KEY), outcomes())


def test_a_damaged_trial_is_not_taken_over(tmp_path: Path) -> None:
    here, there = Ledger(tmp_path / "here"), Ledger(tmp_path / "there")
    found = there.write(record(), outcomes())
    (there.trial_folder(KEY) / "items.parquet").unlink()
    assert not here.take_over(found, there, KEY)
    assert here.record(KEY) is None


def test_the_index_has_one_row_a_record(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.write(record(generators={}), outcomes())
    index = pd.read_parquet(ledger.write_index(ledger.records()))
    assert index[["system", "fraction", "seed"]].to_numpy().tolist() == [["sprm", "0.05", 3]]
