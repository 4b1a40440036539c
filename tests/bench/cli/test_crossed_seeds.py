"""Subsets crossed with initialisations, from the protocol to the report."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from command_line import PROTOCOL, CommandLine

CROSSED = PROTOCOL.replace("seeds: 2", "seeds: {subsets: 3, initialisations: 2}").replace("tiny", "crossed")


@pytest.fixture(scope="module")
def crossed(tmp_path_factory: pytest.TempPathFactory, finished: CommandLine) -> CommandLine:
    """The command line where the same protocol was run with two seeds, then crossed; not to be changed."""
    cli = CommandLine(Path(shutil.copytree(finished.folder, tmp_path_factory.mktemp("crossed") / "copy")))
    cli.write(CROSSED, "crossed.yaml")
    ran = cli("run", "crossed.yaml", "--keep-weights")
    assert ran.returncode == 0, ran.stderr
    return cli


def run_of(cli: CommandLine, name: str) -> Path:
    (folder,) = (cli.folder / "results").glob(f"{name}-*")
    return folder


def report_of(cli: CommandLine) -> Path:
    (folder,) = (cli.folder / "reports").glob("crossed-*")
    return folder


def test_every_subset_is_trained_on_with_every_initialisation(crossed: CommandLine) -> None:
    told = json.loads(crossed("plan", "crossed.yaml", "--json").stdout)
    trained = [trial for trial in told["trials"] if trial["system"] == "sprm"]
    assert [(trial["fraction"], trial["seed"]) for trial in trained] == [
        (label, seed) for label in ("0.5", "1") for seed in range(6)
    ]
    assert {trial["status"] for trial in told["trials"]} == {"done"}
    assert sorted(path.name for path in (run_of(crossed, "crossed") / "subsets").iterdir() if path.is_dir()) == [
        "0", "1", "2",
    ]  # fmt: skip
    assert crossed("subsets", "crossed.yaml", "--verify").returncode == 0


def test_the_report_splits_the_variance_and_says_what_accuracies_rest_on(crossed: CommandLine) -> None:
    report = report_of(crossed)
    text = (report / "report.md").read_text(encoding="utf-8")
    assert "Trained: sprm, on 6 and 12 of 12 images, with 3 subsets times 2 initialisations (6 trainings) each." in text
    assert "curves and tests use only the seeds 0 and 3, which have each subset" in text
    assert "(by all 6 trainings, of 3 subsets with each of 2 initialisations)" in text
    shares = pd.read_csv(report / "figures" / "variance_shares.csv")
    assert shares["seeds"].tolist() == [2, 2]
    parts = shares[[f"by_{part}_percent" for part in ("subset", "initialisation", "pair")]].sum(axis=1)
    assert parts.tolist() == pytest.approx(shares["by_seed_percent"].tolist())
    # All of the images are one subset.
    whole = shares[shares["training_images"] == 12]
    assert whole[["by_subset_percent", "by_pair_percent"]].to_numpy().tolist() == [[0, 0]]
    claims = json.loads((report / "claims.json").read_text(encoding="utf-8"))
    assert claims["trials"] == {"done": 15, "planned": 15, "complete": True}
    assert (claims["claims"][0]["seeds"], claims["claims"][0]["seeds_planned"]) == ([0, 3], 2)


def test_results_of_seeds_that_are_not_crossed_are_reused_and_come_to_the_same_verdict(
    copy: CommandLine, crossed: CommandLine
) -> None:
    copy.write(CROSSED, "crossed.yaml")
    ran = copy("run", "crossed.yaml")
    assert ran.returncode == 0, ran.stderr
    # Three untrained systems; of half of the images two seeds, of all of them every training.
    assert "11 results were reused from other runs" in ran.stderr
    own, before = run_of(copy, "crossed"), run_of(copy, "tiny")
    for seed, same in ((0, 0), (3, 1)):
        new, old = (
            json.loads((folder / f"trials/sprm/0.5/{number}/record.json").read_text())
            for folder, number in ((own, seed), (before, same))
        )
        assert (new["seed"], old["seed"]) == (seed, same)
        assert new["finished_at"] == old["finished_at"]
        assert new["fingerprint"] == old["fingerprint"]
    # What was trained again here and there is the same.
    for path in sorted(own.glob("trials/*/*/*/items.parquet")):
        again = run_of(crossed, "crossed") / path.relative_to(own)
        assert path.read_bytes() == again.read_bytes()
    verdicts = [
        json.loads(copy("verdicts", name, "--json").stdout)["claims"][0] for name in ("protocol.yaml", "crossed.yaml")
    ]
    for part in ("verdict", "estimate", "interval", "p", "test_images", "power"):
        assert verdicts[0][part] == verdicts[1][part]


def test_a_finished_run_is_left_as_it_is(crossed: CommandLine) -> None:
    again = crossed("run", "crossed.yaml", "--keep-weights")
    assert again.returncode == 0
    assert "reused" not in again.stderr


def test_the_power_of_a_plan_is_that_of_what_claims_rest_on_and_says_how_many_trainings_there_are(
    crossed: CommandLine,
) -> None:
    told = crossed("plan", "crossed.yaml", "--power", "--sd", "0.01", "0.1", "0.05")
    assert told.returncode == 0
    assert "2 seeds that share neither subset nor initialisation, of 6 trainings, 4 test images." in told.stdout
    answer = json.loads(crossed("plan", "crossed.yaml", "--power", "--sd", "0.01", "0.1", "0.05", "--json").stdout)
    assert (answer["seeds"], answer["trainings"]) == (2, 6)


def test_any_of_the_trainings_answers_phrases(crossed: CommandLine) -> None:
    run = str(run_of(crossed, "crossed"))
    five = crossed("predict", run, "--system", "sprm", "--fraction", "0.5", "--seed", "5")
    assert five.returncode == 0, five.stderr
    six = crossed("predict", run, "--system", "sprm", "--fraction", "0.5", "--seed", "6")
    assert six.returncode == 2
    assert "--seed: the run has no seed 6; it has 0 to 5" in six.stderr
