from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest
from command_line import CommandLine
from flickr_folder import write_flickr_folder

from bench.store.ledger import Ledger
from bench.store.records import TrialKey

SPRM = ("--system", "sprm", "--fraction", "0.5", "--seed", "1")


def predicted(cli: CommandLine, *arguments: str) -> pd.DataFrame:
    done = cli("predict", str(cli.run_folder), *arguments)
    assert done.returncode == 0, done.stderr
    return pd.read_csv(StringIO(done.stdout), dtype={"image_id": str})


def test_without_kept_weights_untrained_systems_alone_answer(finished: CommandLine) -> None:
    items = Ledger(finished.run_folder).items(TrialKey("prior", "0", 0))
    table = predicted(finished, "--system", "prior")
    assert list(table.columns) == [
        *("image_id", "sentence_id", "phrase", "box", "x1", "y1", "x2", "y2", "score", "correct")
    ]
    assert table["box"].tolist() == items["box"].tolist()
    assert table["correct"].tolist() == items["correct"].tolist()
    refused = finished("predict", str(finished.run_folder), *SPRM)
    assert (refused.returncode, refused.stdout) == (3, "")
    assert "its weights were not kept; `run --keep-weights` trains it again" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--system", "sprmm"), "--system: the run has no system 'sprmm'; it has random, oracle, prior and sprm"),
        (("--system", "sprm"), "--fraction: missing; expected one of 0.5 and 1"),
        (
            ("--system", "sprm", "--fraction", "0.7"),
            "--fraction: the run has no fraction '0.7'; expected one of 0.5",
        ),
        ((*SPRM[:4], "--seed", "2"), "--seed: the run has no seed 2; it has 0 to 1"),
        (("--system", "oracle"), "kind oracle chooses no boxes"),
        (
            ("--system", "prior", "-o", "boxes.txt"),
            "boxes.txt: expected a name that ends in .csv or",
        ),
    ],
)
def test_a_mistake_is_told_with_what_there_is(finished: CommandLine, arguments: tuple[str, ...], problem: str) -> None:
    done = finished("predict", str(finished.run_folder), *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert problem in done.stderr


def test_a_result_of_other_settings_than_the_runs_answers_nothing(copy: CommandLine) -> None:
    protocol = copy.run_folder / "protocol.yaml"
    text = protocol.read_text()
    assert "epochs: 2" in text
    protocol.write_text(text.replace("epochs: 2", "epochs: 7"))
    refused = copy("predict", str(copy.run_folder), *SPRM)
    assert (refused.returncode, refused.stdout) == (3, "")
    assert "made with another training.epochs (2, not 7) than the run's" in refused.stderr


def test_what_is_no_run_folder_is_told(finished: CommandLine) -> None:
    for path in ("nowhere", "data"):
        assert finished("predict", path, "--system", "prior").returncode == 3


def test_initial_weights_are_those_of_the_seed(copy: CommandLine) -> None:
    protocol = (copy.folder / "protocol.yaml").read_text()
    untrained = protocol.replace("sprm: {kind: sprm}", "sprm: {kind: maf, untrained: true}").partition("claims")[0]
    (copy.folder / "untrained.yaml").write_text(untrained.replace("name: tiny", "name: untrained"))
    done = copy("run", "untrained.yaml")
    assert done.returncode == 0, done.stderr
    (run,) = (copy.folder / "results").glob("untrained-*")
    scores = []
    for seed in (0, 1):
        answered = copy("predict", str(run), "--system", "sprm", "--seed", str(seed))
        assert answered.returncode == 0, answered.stderr
        scores.append(pd.read_csv(StringIO(answered.stdout))["score"].tolist())
        own = Ledger(run).items(TrialKey("sprm", "0", seed))["score"].tolist()
        assert scores[-1] == pytest.approx(own, abs=1e-6)
    assert scores[0] != pytest.approx(scores[1], abs=1e-6)
    refused = copy("predict", str(run), "--system", "sprm", "--seed", "2")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "--seed: the run has no seed 2; it has 0 to 1" in refused.stderr


@pytest.mark.slow
def test_weights_are_kept_of_finished_trials_by_training_them_again_and_answer_phrases(copy: CommandLine) -> None:
    ledger = Ledger(copy.run_folder)
    key = TrialKey("sprm", "0.5", 1)
    before = ledger.record(key)
    done = copy("run", "protocol.yaml", "--keep-weights")
    assert done.returncode == 0, done.stderr
    assert "4 finished trials have no weights and are trained again" in done.stderr
    assert ledger.record(key).items_sha256 == before.items_sha256
    assert "trials to run" not in copy("run", "protocol.yaml", "--keep-weights").stderr

    items, table = ledger.items(key), predicted(copy, *SPRM)
    for name in ("phrase", "box", "score", "correct"):
        assert table[name].tolist() == pytest.approx(items[name].tolist())

    # In a file, by its ending; the float of 32 bits is the same one in each.
    for name in ("boxes.csv", "boxes.jsonl", "boxes.parquet"):
        told = copy("predict", str(copy.run_folder), *SPRM, "-o", name)
        assert told.stdout == f"{copy.folder / name}\n" or told.stdout == f"{name}\n"
    own = pd.read_parquet(copy.folder / "boxes.parquet")
    lines = pd.read_json(copy.folder / "boxes.jsonl", lines=True, dtype={"image_id": str})
    for other in (pd.read_csv(copy.folder / "boxes.csv"), lines):
        for name in ("x1", "y2", "score"):
            assert other[name].astype("float32").tolist() == own[name].tolist()
    summary = json.loads(copy("predict", str(copy.run_folder), *SPRM, "-o", "boxes.csv", "--json").stdout)
    assert (summary["phrases"], summary["words"]["unknown"]) == (len(items), 0)
    first = json.loads(copy("predict", str(copy.run_folder), *SPRM, "--json").stdout.splitlines()[0])
    assert first["box"] == items["box"][0]

    # Another corpus, which another protocol names.
    write_flickr_folder(copy.folder / "moved")
    captions = copy.folder / "moved" / "Flickr30kEntities" / "Sentences"
    for path in captions.iterdir():
        path.write_text(path.read_text().replace("woman", "zebra"))
    protocol = (copy.folder / "protocol.yaml").read_text().replace("root: data", "root: moved")
    (copy.folder / "other.yaml").write_text(protocol.replace("seeds: 2", "seeds: 7"))
    told = copy("predict", str(copy.run_folder), *SPRM, "--corpus", "other.yaml", "--split", "val", "--json")
    assert told.returncode == 0, told.stderr
    assert any("zebra" in json.loads(line)["phrase"] for line in told.stdout.splitlines())
    assert "distinct words, the weights know" in told.stderr
    moved = predicted(copy, *SPRM, "--set", f"corpus.root={copy.folder / 'moved'}")
    assert moved["phrase"].str.contains("zebra").any()

    weights = ledger.trial_folder(key) / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    refused = copy("predict", str(copy.run_folder), *SPRM)
    assert refused.returncode == 3
    assert f"{Path('trials') / 'sprm' / '0.5' / '1' / 'weights.safetensors'}: not as it was written" in refused.stderr
