"""A record counts for what it was made with, wherever it lies."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from committed_studies import STUDIES
from simulated_run import SimulatedRun

from bench.protocol.load import load
from bench.report.analyse import analyse
from bench.report.text.caveats import notices
from bench.store.inputs import fingerprint
from bench.store.ledger import Ledger
from bench.store.records import TrialKey
from bench.trials.status import TrialStatus, run_progress, strays

SMALL = SimulatedRun(fractions=(0.1, 1.0), seeds=2, images=20)
KEY = TrialKey("sprm", "1", 0)
KEPT = (TrialStatus.done, TrialStatus.missing)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run; not to be changed."""
    return SMALL.write(tmp_path_factory.mktemp("runs") / "finished")


@pytest.fixture
def run(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "run"))


def statuses(run: Path) -> dict[TrialKey, tuple[TrialStatus, str]]:
    """Status and reason of each trial that is not done."""
    found = run_progress(load(run / "protocol.yaml").protocol, Ledger(run))
    return {one.key: (one.status, one.why) for one in found if one.status is not TrialStatus.done}


def edit(path: Path, change: Callable[[dict], object]) -> None:  # type: ignore[type-arg]
    content = json.loads(path.read_text())
    # As earlier versions wrote it, so that it is what it says that is judged.
    content.pop("checksum", None)
    change(content)
    path.write_text(json.dumps(content))


def made_with(run: Path, key: TrialKey, name: str, value: object) -> None:
    """Let a trial's record be one that was made with another value."""

    def change(record: dict) -> None:  # type: ignore[type-arg]
        part = record["inputs"]
        for step in name.split(".")[:-1]:
            part = part[step]
        part[name.split(".")[-1]] = value
        record["fingerprint"] = fingerprint(record["inputs"])

    edit(Ledger(run).trial_folder(key) / "record.json", change)


def test_every_trial_of_a_finished_run_counts(run: Path) -> None:
    assert statuses(run) == {}
    assert strays(load(run / "protocol.yaml").protocol, Ledger(run)) == []


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("training.learning_rate", 0.01, "training.learning_rate (0.01, not 1e-05)"),
        ("training.device", "cuda", "training.device (cuda, not cpu)"),
        ("system.omega", 0.9, "system.omega (0.9, not 0.4)"),
        ("rules", "official", "rules (official, not corrected)"),
        ("seed", 1, "seed (1, not 0)"),
        ("package", "0.0.1", "package (0.0.1, not 0.1.0)"),
        ("corpus", "another", "corpus"),
        ("subset", "another", "subset"),
    ],
)
def test_a_record_that_was_made_with_something_else_is_set_aside_and_told(
    run: Path, name: str, value: object, told: str
) -> None:
    made_with(run, KEY, name, value)
    assert statuses(run) == {KEY: (TrialStatus.stale, f"made with another {told}")}


def test_what_is_set_aside_is_no_part_of_the_analysis(run: Path) -> None:
    made_with(run, KEY, "training.learning_rate", 0.01)
    analysis = analyse(run)
    assert [one.key for one in analysis.unfinished] == [KEY]
    assert KEY not in [record.key for record in analysis.records]


def test_a_protocol_that_was_edited_in_the_runs_folder_does_not_take_over_what_was_made_before(run: Path) -> None:
    path = run / "protocol.yaml"
    path.write_text(path.read_text().replace("learning_rate: 1.0e-05", "learning_rate: 0.5"))
    found = statuses(run)
    assert {key.system for key in found} == {"sprm", "refinement"}
    assert {why for _, why in found.values()} == {"made with another training.learning_rate (1e-05, not 0.5)"}


def test_records_of_another_corpus_do_not_count_beside_this_ones_manifest(run: Path) -> None:
    edit(run / "manifest.json", lambda manifest: manifest.update(corpus_fingerprint="another"))
    assert len(statuses(run)) == 11
    assert {why for _, why in statuses(run).values()} == {"made with another corpus"}


def test_a_record_whose_inputs_were_edited_is_no_record(run: Path) -> None:
    path = Ledger(run).trial_folder(KEY) / "record.json"
    edit(path, lambda record: record["inputs"].update(seed=7))
    assert statuses(run) == {KEY: (TrialStatus.stale, "record.json cannot be read, or is not as it was written")}


def test_a_record_of_another_schema_is_called_so(run: Path) -> None:
    edit(Ledger(run).trial_folder(KEY) / "record.json", lambda record: record.update(schema_version=4))
    (found,) = statuses(run).items()
    assert found[0] == KEY
    assert found[1][0] is TrialStatus.stale
    assert found[1][1].startswith("made by another version of the package, with schema 4 and not ")


def copy_to_another_fraction(run: Path) -> str:
    shutil.copytree(run / "trials" / "sprm" / "1", run / "trials" / "sprm" / "0.3")
    return "trials/sprm/0.3/0"


def copy_to_another_seed(run: Path) -> str:
    shutil.copytree(run / "trials" / "sprm" / "1" / "0", run / "trials" / "sprm" / "1" / "5")
    return "trials/sprm/1/5"


def copy_to_another_system(run: Path) -> str:
    shutil.copytree(run / "trials" / "prior", run / "trials" / "other")
    return "trials/other/0/0"


@pytest.mark.parametrize("copy", [copy_to_another_fraction, copy_to_another_seed, copy_to_another_system])
def test_what_no_trial_of_the_protocol_belongs_to_is_not_counted_and_told(
    run: Path, copy: Callable[[Path], str]
) -> None:
    folder = copy(run)
    found = strays(load(run / "protocol.yaml").protocol, Ledger(run))
    assert run / folder in found
    assert statuses(run) == {}
    told = [line for line in notices(analyse(run)) if line.startswith("Not counted")]
    assert f"Not counted: the record in {folder}, because the protocol has no such trial." in told


def test_a_failure_of_other_settings_says_nothing_of_these(run: Path) -> None:
    ledger = Ledger(run)
    (ledger.trial_folder(KEY) / "record.json").unlink()
    ledger.write_failure(KEY, "another", "out of memory", "Traceback")
    assert statuses(run) == {KEY: (TrialStatus.missing, "has not run")}


def test_a_damaged_record_is_stale_and_nothing_else(run: Path) -> None:
    (Ledger(run).trial_folder(KEY) / "record.json").write_text("{")
    assert set(statuses(run)) == {KEY}
    assert strays(load(run / "protocol.yaml").protocol, Ledger(run)) == []


def test_records_that_name_a_corpus_as_no_text_are_counted_like_others(run: Path) -> None:
    (run / "manifest.json").unlink(missing_ok=True)
    for record in list(Ledger(run).records()):
        made_with(run, record.key, "corpus", ["x"])
    assert {status for status, _ in statuses(run).values()} == {TrialStatus.stale}


def test_without_a_manifest_records_of_another_corpus_do_not_count_beside_most_of_them(run: Path) -> None:
    (run / "manifest.json").unlink()
    assert statuses(run) == {}
    made_with(run, KEY, "corpus", "another")
    assert statuses(run) == {KEY: (TrialStatus.stale, "made with another corpus")}


def test_without_manifest_or_index_records_are_held_against_the_protocol_alone(run: Path) -> None:
    (run / "manifest.json").unlink()
    (run / "subsets" / "index.json").unlink()
    assert statuses(run) == {}
    made_with(run, KEY, "training.learning_rate", 0.01)
    assert set(statuses(run)) == {KEY}


def test_a_result_without_a_metric_that_is_asked_for_is_stale_and_says_so(run: Path) -> None:
    protocol = load(run / "protocol.yaml").protocol
    asked = protocol.model_copy(update={"metrics": ("iou", "recall_5", "correct_by_type")})
    found = run_progress(asked, Ledger(run))
    assert {(one.status, one.why) for one in found} == {(TrialStatus.stale, "its items lack recall_5")}
    enough = protocol.model_copy(update={"metrics": ("pointing", "correct_by_type")})
    assert {one.status for one in run_progress(enough, Ledger(run))} == {TrialStatus.done}


@pytest.mark.parametrize("study", STUDIES, ids=lambda path: path.name)
def test_committed_results_stay_valid_and_those_from_before_a_metric_lack_it(study: Path) -> None:
    protocol, ledger = load(study / "protocol.yaml").protocol, Ledger(study)
    # A run that its plan stopped lacks trials.
    assert {TrialStatus.done} <= {one.status for one in run_progress(protocol, ledger)} <= {*KEPT}
    later = protocol.model_copy(update={"metrics": ("recall_10",)})
    earlier = {record.key for record in ledger.records() if "recall_10" not in record.metrics}
    lacking = {one.key for one in run_progress(later, ledger) if one.why == "its items lack recall_10"}
    assert lacking == earlier
