"""What was damaged, or is another run's, is set aside with a line, never trusted and never fatal."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.protocol.load import resolved_yaml
from bench.protocol.schema import Protocol
from bench.store.manifest import manifest
from bench.store.records import TrialKey
from bench.subsets.draw import differences
from bench.subsets.draw import write as write_subsets
from bench.trials.describe_test import describe_test
from bench.trials.mend import mend_encoded, mend_shared, mend_trials
from bench.trials.options import TrialOptions
from bench.trials.plan import Plan, Trial, make_plan
from bench.trials.status import TrialStatus, strays
from bench.trials.worker import run_job
from sprm.batches.encoding_cache import encoded
from sprm.corpus.dataset import Dataset
from sprm.settings import Rules

KEY, OTHER = TrialKey("random", "0", 0), TrialKey("oracle", "0", 0)
PROTOCOL = Protocol.model_validate(
    {
        "name": "tiny",
        "fractions": [0.5, 1],
        "seeds": 2,
        "systems": {"random": {"kind": "random"}, "oracle": {"kind": "oracle"}, "sprm": {"kind": "sprm"}},
    }
)


@pytest.fixture(scope="module")
def finished(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A results folder with a run of which the untrained trials are done; not to be changed."""
    results = tmp_path_factory.mktemp("results")
    plan = make_plan(PROTOCOL, dataset, results)
    run = plan.ledger.folder
    for planned in plan.trials[:2]:
        run_job([planned.trial], dataset.folder, run, TrialOptions())
    write_subsets(plan.subsets, run)
    describe_test(run, PROTOCOL, dataset, plan.subsets)
    (run / "manifest.json").write_bytes(manifest("tiny", dataset).to_json())
    (run / "protocol.yaml").write_text(resolved_yaml(PROTOCOL))
    return results


@pytest.fixture
def results(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "results"))


@pytest.fixture
def plan(dataset: Dataset, results: Path) -> Plan:
    return make_plan(PROTOCOL, dataset, results)


def again(plan: Plan) -> Plan:
    return make_plan(plan.protocol, plan.dataset, plan.ledger.folder.parent)


def status_of(plan: Plan, key: TrialKey = KEY) -> TrialStatus:
    (status,) = (planned.progress.status for planned in plan.trials if planned.trial.key == key)
    return status


def trial_of(plan: Plan, key: TrialKey = KEY) -> Trial:
    (trial,) = (planned.trial for planned in plan.trials if planned.trial.key == key)
    return trial


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def as_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def as_a_dead_link(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere")


def as_a_loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_bytes(b""),
    "half": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "garbage": lambda path: path.write_bytes(bytes(range(256)) * 9),
    "nested": lambda path: path.write_text("[" * 100_000),
    "nested object": lambda path: path.write_text('{"inputs":' * 100_000),
    "list": lambda path: path.write_text("[]"),
    "wrong types": lambda path: path.write_text('{"schema_version": "five", "inputs": 3, "system": []}'),
    "huge number": lambda path: path.write_text('{"schema_version": 1' + "0" * 10_000 + "}"),
    "folder": as_a_folder,
    "dead link": as_a_dead_link,
    "loop": as_a_loop,
}


def test_in_a_sound_run_nothing_is_touched(plan: Plan) -> None:
    before = {path: path.stat().st_mtime_ns for path in plan.ledger.folder.rglob("*")}
    assert [*mend_shared(plan), *mend_trials(plan)] == []
    assert {path: path.stat().st_mtime_ns for path in plan.ledger.folder.rglob("*")} == before


def test_a_record_cut_at_any_length_is_no_record_and_set_aside(plan: Plan) -> None:
    path = plan.ledger.trial_folder(KEY) / "record.json"
    content = path.read_bytes()
    # The last byte ends the line and says nothing.
    for length in range(len(content) - 1):
        path.write_bytes(content[:length])
        assert plan.ledger.record(KEY) is None
        assert plan.ledger.flaw(KEY) == "record.json cannot be read, or is not as it was written"
    (line,) = mend_trials(again(plan))
    assert line == (
        f"{path}: cannot be read, or is not as it was written; set aside as record.set-aside-1.json and "
        "items.set-aside-1.parquet, the trial runs again"
    )
    assert path.with_name("record.set-aside-1.json").read_bytes() == content[:-2]
    assert status_of(again(plan)) is TrialStatus.missing
    assert list(mend_trials(again(plan))) == []
    assert strays(PROTOCOL, plan.ledger) == []
    assert [record.key for record in plan.ledger.records()] == [OTHER]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_record_in_which_anything_was_changed_is_not_trusted(plan: Plan, data: st.DataObject) -> None:
    path = plan.ledger.trial_folder(KEY) / "record.json"
    content = path.read_bytes()
    try:
        place = data.draw(st.integers(0, len(content) - 1))
        length = data.draw(st.integers(0, 3))
        changed = content[:place] + data.draw(st.binary(max_size=3)) + content[place + length :]
        path.write_bytes(changed)
        record = plan.ledger.record(KEY)
        assert record is None or json.loads(changed) == json.loads(content)
    finally:
        path.write_bytes(content)


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
@pytest.mark.parametrize("name", ["record.json", "items.parquet", "failure.json", "running.json"])
def test_whatever_stands_in_the_place_of_a_trials_file_the_trial_runs_again(
    plan: Plan, name: str, damage: Callable[[Path], object]
) -> None:
    folder = plan.ledger.trial_folder(KEY)
    if name in ("failure.json", "running.json"):
        (folder / "record.json").unlink()
        (folder / name).write_text("{}")
    damage(folder / name)
    assert status_of(again(plan)) is not TrialStatus.done
    lines = list(mend_trials(again(plan)))
    # A dead link to a record, and a file that says how far a trial is, are written over without a loss.
    assert len(lines) <= 1
    assert all("set aside as " in line and "\n" not in line for line in lines)
    (finished,) = run_job([trial_of(plan)], plan.dataset.folder, plan.ledger.folder, TrialOptions())
    assert finished.problem is None
    assert status_of(again(plan)) is TrialStatus.done
    assert {"record.json", "items.parquet"} <= names(folder)


def foreign(plan: Plan) -> str:
    for name in ("record.json", "items.parquet"):
        shutil.copy(plan.ledger.trial_folder(OTHER) / name, plan.ledger.trial_folder(KEY) / name)
    return "is the record of another trial, oracle 0 seed 0"


def of_other_inputs(plan: Plan) -> str:
    record = plan.ledger.record(OTHER)
    assert record is not None
    items = plan.ledger.items(OTHER)
    plan.ledger.write(record.model_copy(update={"system": KEY.system}), items)
    return "made with another system.kind (oracle, not random)"


def of_another_schema(plan: Plan) -> str:
    path = plan.ledger.trial_folder(KEY) / "record.json"
    path.write_text(path.read_text().replace('"schema_version": 5', '"schema_version": 4'))
    return "made by another version of the package, with schema 4 and not 5"


def without_items(plan: Plan) -> str:
    (plan.ledger.trial_folder(KEY) / "items.parquet").unlink()
    return "items.parquet is missing or was changed"


@pytest.mark.parametrize("change", [foreign, of_other_inputs, of_another_schema, without_items])
def test_a_result_that_is_not_the_one_asked_for_is_told_and_kept_under_another_name(
    plan: Plan, change: Callable[[Plan], str]
) -> None:
    for number in (1, 2):
        why = change(plan)
        (line,) = mend_trials(again(plan))
        assert f"record.json: {why}; set aside as record.set-aside-{number}.json" in line
        assert status_of(again(plan)) is TrialStatus.missing
        run_job([trial_of(plan)], plan.dataset.folder, plan.ledger.folder, TrialOptions())
        assert status_of(again(plan)) is TrialStatus.done


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_phrases_are_written_again_from_the_corpus_and_no_trial_runs_again(
    plan: Plan, damage: Callable[[Path], object]
) -> None:
    (path,) = (plan.ledger.folder / "phrases").iterdir()
    content = path.read_bytes()
    damage(path)
    assert status_of(again(plan)) is TrialStatus.stale
    (line,) = mend_shared(again(plan))
    assert line.endswith("written again from the corpus")
    assert path.read_bytes() == content
    assert {status_of(again(plan)), status_of(again(plan), OTHER)} == {TrialStatus.done}
    assert list(mend_shared(again(plan))) == []


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
@pytest.mark.parametrize("name", ["manifest.json", "protocol.yaml", "subsets/index.json", "subsets/1/0.5.txt"])
def test_what_the_trials_of_a_run_share_is_told_and_out_of_the_way(
    plan: Plan, name: str, damage: Callable[[Path], object]
) -> None:
    path = plan.ledger.folder / name
    damage(path)
    lines = list(mend_shared(again(plan)))
    assert lines and all(line.startswith(f"{path}: ") and "\n" not in line for line in lines)
    assert path.is_file() or not path.exists()
    assert differences(plan.subsets, plan.ledger.folder) == []
    assert list(mend_shared(again(plan))) == []
    assert [*mend_trials(again(plan))] == []


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
@pytest.mark.parametrize("name", ["index.json", "regions.parquet"])
def test_the_description_of_the_test_split_is_told_and_written_again(
    plan: Plan, name: str, damage: Callable[[Path], object]
) -> None:
    path = plan.ledger.folder / "test" / name
    content = path.read_bytes()
    damage(path)
    (line,) = mend_shared(again(plan))
    assert line.startswith(f"{path.parent}: test/{name}: ")
    assert line.endswith("; set aside as test.set-aside-1, written again")
    assert path.read_bytes() == content
    assert list(mend_shared(again(plan))) == []


@pytest.mark.parametrize("damage", [DAMAGES["half"], DAMAGES["folder"], Path.unlink], ids=["half", "folder", "missing"])
def test_an_encoded_split_that_was_damaged_is_told_and_encoded_again(
    dataset: Dataset, tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    copy = Dataset(Path(shutil.copytree(dataset.folder, tmp_path / "dataset")))
    plan = make_plan(PROTOCOL, copy, tmp_path / "results")
    encoded(copy, "val", Rules.corrected, heads=True, locations=True)
    (path,) = (copy.folder / "encoded").glob("*/val/concepts.npy")
    content = path.read_bytes()
    assert list(mend_encoded(plan)) == []
    damage(path)
    (line,) = mend_encoded(plan)
    assert line.startswith(str(path)) and line.endswith("; encoding the split again")
    encoded(copy, "val", Rules.corrected, heads=True, locations=True, verify=True)
    assert path.read_bytes() == content
