"""Kept weights answer phrases as their trial did, and those of other corpora."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from captions_folder import phrase_lines, write_captions_folder, write_lines

from bench.protocol.schema import Protocol
from bench.store.ledger import Ledger
from bench.store.records import TrialKey
from bench.store.weights import WEIGHTS, read_weights
from bench.trials.jobs import jobs_of
from bench.trials.options import TrialOptions
from bench.trials.plan import Plan, Trial, make_plan
from bench.trials.predictions import Answered, answer
from bench.trials.status import TrialStatus
from bench.trials.weights import NOT_KEPT, wanting_weights
from bench.trials.worker import run_job
from sprm.corpus.build.prepare import prepare
from sprm.corpus.dataset import Dataset, open_dataset
from sprm.corpus.sources.captions.source import CaptionsSource
from sprm.errors import DataError, ProtocolError, ResultsError
from sprm.model.trained_weights import TrainedWeights
from sprm.settings import Rules, Ties

KEEP = TrialOptions(keep_weights=True)
RIVALS = ("maf", "infoground", "kdcl", "mpl")
SYSTEMS = {
    "random": {"kind": "random"},
    "prior": {"kind": "prior"},
    "tied": {"kind": "prior", "ties": "shared"},
    "largest": {"kind": "prior", "ties": "largest"},
    "sprm": {"kind": "sprm"},
    "refinement": {"kind": "refinement"},
    **{kind: {"kind": kind} for kind in RIVALS},
    "untrained": {"kind": "maf", "untrained": True},
}


@pytest.fixture(autouse=True)
def _threads() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def plan_of(dataset: Dataset, results: Path, seeds: int = 1) -> Plan:
    values = {
        "name": "tiny",
        "fractions": [1],
        "seeds": seeds,
        "systems": SYSTEMS,
        "training": {"epochs": 3, "batch": 4, "learning_rate": 1e-2},
    }
    return make_plan(Protocol.model_validate(values), dataset, results)


def run_all(plan: Plan, options: TrialOptions) -> None:
    for job in jobs_of(plan.left, plan.dataset):
        finished = run_job(job.trials, plan.dataset.folder, plan.ledger.folder, options)
        assert [each.problem for each in finished] == [None] * len(job.trials)


@pytest.fixture(scope="module")
def kept(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """A run whose weights were kept; not to be changed."""
    results = tmp_path_factory.mktemp("results")
    run_all(plan_of(dataset, results), KEEP)
    return plan_of(dataset, results)


@pytest.fixture
def copied(kept: Plan, dataset: Dataset, tmp_path: Path) -> Plan:
    shutil.copytree(kept.ledger.folder.parent, tmp_path / "results")
    return plan_of(dataset, tmp_path / "results")


def trial_of(plan: Plan, system: str) -> Trial:
    (trial,) = (planned.trial for planned in plan.trials if planned.trial.key.system == system)
    return trial


def weights_of(plan: Plan, system: str) -> TrainedWeights | None:
    trial = trial_of(plan, system)
    if trial.training is None:
        return None
    return read_weights(plan.ledger.record(trial.key), plan.ledger.trial_folder(trial.key))


def asked(plan: Plan, system: str, dataset: Dataset, split: str = "test") -> Answered:
    trial = trial_of(plan, system)
    weights = weights_of(plan, system)
    return answer(trial.settings, trial.training, trial.rules, trial.device, dataset, split, weights)


@pytest.mark.parametrize("system", ["prior", "tied", "largest", "sprm", "refinement", *RIVALS, "untrained"])
def test_the_test_split_of_a_run_is_answered_as_its_record_says(kept: Plan, dataset: Dataset, system: str) -> None:
    trial = trial_of(kept, system)
    items, answered = kept.ledger.items(trial.key), asked(kept, system, dataset)
    shared = ["image_id", "sentence_id", "phrase", "box", "score", "correct"]
    assert answered.table[shared].equals(items[shared].astype(answered.table[shared].dtypes))
    assert answered.accuracy == pytest.approx(kept.ledger.record(trial.key).accuracy)
    corpus = dataset.test
    image = {name: place for place, name in enumerate(corpus.images["image_id"])}
    for row in answered.table.itertuples():
        own = np.asarray(corpus.boxes[corpus.regions_of(image[row.image_id])])[int(row.box)]
        assert own.tolist() == [row.x1, row.y1, row.x2, row.y2]


def test_systems_that_share_a_training_each_keep_the_weights_that_they_selected(kept: Plan) -> None:
    for system in ("sprm", "refinement"):
        record = kept.ledger.record(trial_of(kept, system).key)
        content = (kept.ledger.trial_folder(record.key) / WEIGHTS).read_bytes()
        assert record.weights_sha256 == hashlib.sha256(content).hexdigest()
        # The fingerprint inside is that of this very trial.
        TrainedWeights.from_bytes(content, record.fingerprint)
    assert kept.ledger.record(TrialKey("prior", "0", 0)).weights_sha256 is None


def test_keeping_weights_changes_no_outcome(kept: Plan, dataset: Dataset, tmp_path: Path) -> None:
    without = plan_of(dataset, tmp_path)
    run_all(without, TrialOptions())
    for planned in kept.trials:
        own, other = kept.ledger.record(planned.trial.key), without.ledger.record(planned.trial.key)
        assert (own.items_sha256, own.history) == (other.items_sha256, other.history)
    assert list(tmp_path.rglob(WEIGHTS)) == []


def test_a_system_that_chooses_no_box_is_not_asked(kept: Plan, dataset: Dataset) -> None:
    with pytest.raises(ProtocolError, match="kind random chooses no boxes"):
        asked(kept, "random", dataset)


@pytest.fixture(scope="module")
def captions(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """A corpus with a word that the other has not, and training phrases without boxes."""
    folder, cache = tmp_path_factory.mktemp("captions") / "data", tmp_path_factory.mktemp("cache")
    write_captions_folder(folder)
    lines = [{**line, "caption": line["caption"].replace("woman", "zebra")} for line in phrase_lines("test")]
    write_lines(folder / "test.jsonl", lines)
    source = CaptionsSource(kind="captions", root=folder)
    return open_dataset(prepare(source, Rules.corrected, cache, progress=lambda stage, done, total: None))


@pytest.mark.parametrize("system", ["prior", "sprm", *RIVALS, "untrained"])
def test_phrases_of_another_corpus_are_answered(kept: Plan, captions: Dataset, system: str) -> None:
    answered = asked(kept, system, captions)
    assert list(answered.table["phrase"]) == list(captions.test.phrases["text"])
    if system == "sprm":
        assert "zebra" not in weights_of(kept, system).vocabulary
        assert captions.lexicon.index("zebra") > captions.lexicon.UNKNOWN
        assert (answered.words.pretrained, answered.words.unknown) == (1, 0)
        assert answered.words.trained > 10


def test_phrases_without_targets_are_answered_and_not_judged(kept: Plan, captions: Dataset) -> None:
    assert not captions.train.has_targets
    for system in ("largest", "sprm"):
        answered = asked(kept, system, captions, "train")
        assert "correct" not in answered.table
        assert answered.accuracy is None
        assert np.isfinite(answered.table[["x1", "y1", "x2", "y2", "score"]].to_numpy()).all()


def test_without_targets_the_same_boxes_are_chosen(kept: Plan, dataset: Dataset) -> None:
    for system in ("tied", "largest", "sprm"):
        judged = asked(kept, system, dataset)
        blind = replace_test(dataset)
        assert asked(kept, system, blind).table.equals(judged.table.drop(columns="correct"))


def replace_test(dataset: Dataset) -> Dataset:
    """Return the dataset without the targets of its test split."""
    blind = Dataset(dataset.folder)
    phrases = dataset.test.phrases.assign(x1=np.nan)
    blind.__dict__["test"] = replace(dataset.test, phrases=phrases)
    return blind


def test_regions_of_another_size_are_refused(kept: Plan, dataset: Dataset) -> None:
    trial, weights = trial_of(kept, "sprm"), weights_of(kept, "sprm")
    narrow = {**weights.tensors, "visual.weight": weights.tensors["visual.weight"][:, :-3]}
    with pytest.raises(DataError, match=r"its regions have 37 numbers, .* and the weights .*: visual.weight is .*34"):
        answer(
            trial.settings,
            trial.training,
            trial.rules,
            trial.device,
            dataset,
            "test",
            TrainedWeights(narrow, weights.vocabulary),
        )


def test_weights_that_are_not_as_they_were_written_are_named(copied: Plan) -> None:
    folder = copied.ledger.trial_folder(trial_of(copied, "sprm").key)
    content = (folder / WEIGHTS).read_bytes()
    for spoilt in (b"", content[:-1], content[:-1] + b"x"):
        (folder / WEIGHTS).write_bytes(spoilt)
        with pytest.raises(ResultsError, match=r"sprm/1/0/weights\.safetensors: not as it was written"):
            weights_of(copied, "sprm")
    (folder / WEIGHTS).unlink()
    with pytest.raises(ResultsError, match=r"weights\.safetensors: missing"):
        weights_of(copied, "sprm")
    assert plan_of(copied.dataset, copied.ledger.folder.parent).left == []


def test_trials_whose_weights_are_wanted_and_gone_are_left_to_run(copied: Plan) -> None:
    assert wanting_weights(copied).left == []
    (copied.ledger.trial_folder(trial_of(copied, "sprm").key) / WEIGHTS).unlink()
    (left,) = wanting_weights(copied).left
    assert left.trial.key.system == "sprm"
    assert (left.progress.status, left.progress.why) == (TrialStatus.stale, NOT_KEPT)


def test_a_trial_that_runs_again_without_keeping_its_weights_leaves_none(copied: Plan) -> None:
    trial = trial_of(copied, "sprm")
    (finished,) = run_job([trial], copied.dataset.folder, copied.ledger.folder, TrialOptions())
    assert finished.problem is None
    assert not (copied.ledger.trial_folder(trial.key) / WEIGHTS).exists()
    with pytest.raises(ResultsError, match="run --keep-weights"):
        weights_of(copied, "sprm")


def test_weights_are_taken_over_from_another_run_with_the_result(copied: Plan, dataset: Dataset) -> None:
    more = plan_of(dataset, copied.ledger.folder.parent, seeds=2)
    first = next(planned for planned in more.trials if planned.trial.key == TrialKey("sprm", "1", 0))
    assert first.elsewhere is not None
    ledger, record = first.elsewhere
    assert more.ledger.take_over(record, ledger, first.trial.key)
    assert weights_of_key(more.ledger, first.trial.key).vocabulary
    # Without them the result can still be taken over, unless the weights are wanted.
    (ledger.trial_folder(record.key) / WEIGHTS).unlink()
    other = next(planned for planned in wanting_weights(more).trials if planned.trial.key == first.trial.key)
    assert other.elsewhere is None
    shutil.rmtree(more.ledger.folder)
    assert more.ledger.take_over(record, ledger, first.trial.key)
    assert more.ledger.record(first.trial.key).weights_sha256 is None


def test_of_several_runs_with_the_result_the_one_with_weights_is_taken_from(copied: Plan, dataset: Dataset) -> None:
    own = copied.ledger.folder
    for name in ("a-first", "z-last"):
        without = Path(shutil.copytree(own, own.with_name(name)))
        (Ledger(without).trial_folder(TrialKey("sprm", "1", 0)) / WEIGHTS).unlink()
    more = plan_of(dataset, own.parent, seeds=2)
    first = next(planned for planned in more.trials if planned.trial.key == TrialKey("sprm", "1", 0))
    assert first.elsewhere is not None
    assert first.elsewhere[0].folder == own


def weights_of_key(ledger: Ledger, key: TrialKey) -> TrainedWeights:
    return read_weights(ledger.record(key), ledger.trial_folder(key))


def test_the_rule_for_ties_is_the_trials_own(kept: Plan) -> None:
    assert trial_of(kept, "tied").settings.tie_rule is Ties.shared
