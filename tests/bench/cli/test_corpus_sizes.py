"""A protocol with corpora of several sizes, from the command line to the report."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from command_line import PROTOCOL, CommandLine


@pytest.mark.slow
def test_nested_corpora_are_trained_on_once_an_amount_and_reported_by_size(cli: CommandLine) -> None:
    cli.write(PROTOCOL.replace("fractions: [0.5, 1.0]", "fractions: [0.5, 1.0]\nsizes: [3, 6, 12]"))
    done = cli("run", "protocol.yaml")
    assert done.returncode == 0, done.stderr
    trained = sorted(path.name for path in (cli.run_folder / "trials" / "sprm").iterdir())
    assert trained == ["12-images", "2-images", "3-images", "6-images"]
    assert cli("subsets", "protocol.yaml", "--verify").returncode == 0
    (report,) = (path for path in (cli.folder / "reports").iterdir() if path.is_dir())
    assert pd.read_csv(report / "tables" / "corpus_sizes.csv")["size"].tolist() == [3, 6, 12]
    told = json.loads(cli("verdicts", "protocol.yaml", "--json").stdout)
    assert [size["reference"]["images"] for size in told["corpus_sizes"][0]["sizes"]] == [3, 6, 12]
    (claim,) = told["claims"]
    assert claim["reference"]["images"] == 12
    assert [one["fraction"]["images"] for one in claim["hypotheses"]] == [6]
