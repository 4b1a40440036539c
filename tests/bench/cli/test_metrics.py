"""A protocol whose claims are about recall at 5, from its first trial to report and verdicts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import CommandLine

from bench.store.ledger import Ledger
from bench.store.records import TrialKey
from sprm.evaluation.metric import METRICS

SYSTEMS = "systems={prior: {kind: prior}, oracle: {kind: oracle}, random: {kind: random}}"


@pytest.mark.slow
def test_a_run_records_every_metric_and_another_first_one_needs_no_new_trial(cli: CommandLine) -> None:
    options = ("protocol.yaml", "--set", SYSTEMS, "--set", "claims=[]", "--set", "fractions=[1]")
    done = cli("run", *options, "--set", "metrics=[recall_5, correct_by_type]", "--workers", "1", "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    report = Path(cli.folder, answer["report"])
    assert json.loads(report.with_name("claims.json").read_text())["metric"] == "recall_5"
    assert "prior has a recall at 5 of" in report.with_name("report.md").read_text()
    run = Path(cli.folder, "results", report.parent.name)
    items = {name: Ledger(run).items(TrialKey(name, "0", 0)) for name in ("prior", "oracle", "random")}
    for own in items.values():
        assert set(METRICS.of_phrases()) <= set(own)
        assert (own["recall_5"] >= own["correct"]).all()
    assert [name for name, own in items.items() if "confidence" in own] == ["prior"]
    assert items["prior"]["confidence"].between(0, 1).all()
    again = cli("plan", *options, "--set", "metrics=[correct_at_70, recall_10]", "--json")
    assert again.returncode == 0, again.stderr
    assert {trial["status"] for trial in json.loads(again.stdout)["trials"]} == {"done"}
