"""Systems that ask for the detector's scores, on files without them and with them."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from command_line import CommandLine

PROTOCOL = """\
name: scored
corpus: {kind: flickr30k, root: data}
fractions: [1.0]
seeds: 1
systems:
  prior: {kind: prior}
  weighed: {kind: prior, score_weight: 0.15, size_weight: 0.1}
  sprm: {kind: sprm, inputs: {score: true}}
training: {epochs: 1, batch: 4, learning_rate: 1e-3}
"""


def add_scores(cli: CommandLine) -> None:
    """Give every box of the hand-made folder a score."""
    for split in ("train", "val", "test"):
        path = cli.folder / "data" / f"{split}_detection_dict.json"
        found = json.loads(path.read_text())
        for number, entry in enumerate(found.values()):
            entry["scores"] = np.random.default_rng(number).uniform(0, 1, len(entry["bboxes"])).tolist()
        path.write_text(json.dumps(found))


@pytest.mark.parametrize(
    ("system", "asking"),
    [
        ("sprm: {kind: sprm}", "weighed"),
        ("weighed: {kind: prior, size_weight: 0.1}", "sprm"),
        ("weighed: {kind: sprm_plus}", "sprm"),
        ("weighed: {kind: sprm_plus, score_weight: 0.1}", "weighed and sprm"),
    ],
)
def test_without_scores_one_error_names_the_file_that_lacks_them(cli: CommandLine, system: str, asking: str) -> None:
    name, _, _ = system.partition(":")
    (instead,) = [line for line in PROTOCOL.splitlines() if line.startswith(f"  {name}:")]
    cli.write(PROTOCOL.replace(instead, f"  {system}"))
    told = cli("run", "protocol.yaml")
    assert told.returncode == 2
    (error,) = [line for line in told.stderr.splitlines() if line.startswith("error: ")]
    file = cli.folder / "data" / "train_detection_dict.json"
    verb = "need" if " and " in asking else "needs"
    problem = f"it has no detector scores, which {asking} of the protocol {verb}"
    assert error == f"error: {file}: {problem}"
    assert not (cli.folder / "results").exists()


def test_with_scores_they_enter_prior_and_refinement_and_the_report_says_so(cli: CommandLine) -> None:
    add_scores(cli)
    cli.write(PROTOCOL)
    told = cli("run", "protocol.yaml")
    assert told.returncode == 0, told.stderr
    report = (cli.folder / told.stdout.strip()).with_name("report.md").read_text(encoding="utf-8")
    assert "+ 0.15 log score + 0.1 log share of the image's area, without training" in report
    assert "The refinement also uses the log score of a box" in report
    assert "Compared with weighed, sprm is" in report
    (row,) = [line for line in report.splitlines() if line.startswith("| weighed | first |")]
    assert row.split(" | ")[2:4] == ["0.0", "–"]


def test_sprm_plus_without_the_score_keeps_the_size_of_boxes_where_scores_are_known(cli: CommandLine) -> None:
    add_scores(cli)
    systems = "  prior: {kind: prior, size_weight: 0.1}\n  plus: {kind: sprm_plus, score_weight: 0, untrained: true}\n"
    cli.write(PROTOCOL[: PROTOCOL.index("  prior")] + systems + "  sprm: {kind: sprm}\n")
    told = cli("run", "protocol.yaml")
    assert told.returncode == 0, told.stderr
    trials = cli.folder / told.stdout.strip().replace("reports", "results").replace("index.html", "") / "trials"
    prior, plus = (pd.read_parquet(trials / name / "0" / "0" / "items.parquet") for name in ("prior", "plus"))
    pd.testing.assert_frame_equal(prior[["box", "tied", "correct"]], plus[["box", "tied", "correct"]])


def test_sprm_plus_starts_as_the_prior_with_scores_where_there_are_scores_and_without_where_not(
    cli: CommandLine,
) -> None:
    systems = {"prior": "prior", "plus": "sprm_plus, untrained: true", "trained": "sprm_plus"}
    for starts_as in ("prior", "prior, score_weight: 0.15, size_weight: 0.1"):
        systems["prior"] = starts_as
        lines = "".join(f"  {name}: {{kind: {kind}}}\n" for name, kind in systems.items())
        cli.write(PROTOCOL[: PROTOCOL.index("  prior")] + lines + PROTOCOL[PROTOCOL.index("training") :])
        told = cli("run", "protocol.yaml")
        assert told.returncode == 0, told.stderr
        trials = cli.folder / told.stdout.strip().replace("reports", "results").replace("index.html", "") / "trials"
        prior, plus = (pd.read_parquet(trials / name / "0" / "0" / "items.parquet") for name in ("prior", "plus"))
        pd.testing.assert_frame_equal(prior[["box", "tied", "correct"]], plus[["box", "tied", "correct"]])
        record = json.loads((trials / "trained" / "1" / "0" / "record.json").read_text())
        assert [epoch["epoch"] for epoch in record["history"]] == [0, 1]
        assert record["history"][0]["loss"] is None
        report = (cli.folder / told.stdout.strip()).with_name("report.md").read_text(encoding="utf-8")
        assert (
            "it adds 0.15 log score, if scores are known, and 0.1 log share of the area, if scores are known." in report
        )
        add_scores(cli)
