"""A run whose claims are about another metric: every part of its report speaks of that one."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest
from simulated_run import SimulatedRun

from bench.analysis.evidence import read_evidence
from bench.report.analyse import Analysis, analyse
from bench.report.claims_json import claims_json
from bench.report.tables.accuracy import tables
from bench.report.text.story import tell
from bench.report.write import current_report
from bench.store.ledger import Ledger
from bench.store.records import TrialKey

CLAIMS = (
    "name: small-fraction, kind: competitive, system: sprm, margin: {margin}",
    "name: better, kind: better_than, system: sprm, rival: prior",
    "name: saves, kind: more_efficient, system: sprm, rival: refinement, factor: 2",
    "name: keeps, kind: retains, system: sprm, rival: prior, at: 0.1, share: 0.5",
    "name: above, kind: above_reference, system: sprm, reference: 0.5, source: MAF, corpus: flickr30k, split: test",
)
STUDY = SimulatedRun(
    fractions=(0.1, 0.25, 0.5, 1.0), seeds=3, images=60, tied=0.5, claims=CLAIMS, confident=True, epochs=2,
    metrics=("recall_5", "correct", "correct_by_type"),
)  # fmt: skip
OF_ACCURACY = re.compile(
    r"[Vv]alidation accuracy|val_accuracy|published (?:accuracy|number is an accuracy)|selected by accuracy|"
    r"expected accuracy of a box drawn|upper bound on accuracy|an accuracy of [\d.]+\s%|[Aa]ccuracy of answers|"
    r"confidence that equals accuracy|Confidence of answers and their accuracy|Confidence and accuracy|"
    r"[Mm]ean accuracy over entity types|Accuracy: share of phrases|mean of the accuracies on the phrases of each"
)
"""What is about accuracy whatever decides."""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return STUDY.write(tmp_path_factory.mktemp("run") / "simulated-00000000")


@pytest.fixture(scope="module")
def analysis(run: Path) -> Analysis:
    return analyse(run)


def test_curves_and_claims_are_about_the_first_metric(run: Path, analysis: Analysis) -> None:
    recall = pd.concat([Ledger(run).items(TrialKey("sprm", "1", seed))["recall_5"] for seed in range(3)]).mean()
    (point,) = [each for each in analysis.curve if each.system == "sprm" and each.fraction == analysis.fractions[-1]]
    assert point.accuracy.estimate == pytest.approx(recall)
    assert point.others["correct"].estimate < recall
    evidence = read_evidence(run)
    for verdict in analysis.verdicts:
        assert verdict.metric == "recall_5"
    better = next(each for each in analysis.verdicts if each.claim.name == "better")
    assert better.deciding is not None
    least = evidence.fractions[better.deciding.fraction.label]
    counts = [evidence.counts(name, least, better.seeds).sum() for name in ("sprm", "prior")]
    assert better.estimate == pytest.approx((counts[0] - counts[1]) / evidence.phrases.sum() / 3)


def test_a_published_accuracy_is_held_against_nothing_else(analysis: Analysis) -> None:
    above = next(each for each in analysis.verdicts if each.claim.name == "above")
    assert above.untestable == "the published number is an accuracy, but the claims of this run are about recall at 5"
    assert "published" not in {table.name for table in tables(analysis)}


def test_ties_that_were_recorded_for_another_metric_alone_are_not_judged_by(analysis: Analysis) -> None:
    # The simulated prior has accuracy under each rule, as results of earlier versions have.
    assert analysis.ties == ()
    assert all(verdict.ties_shared is None for verdict in analysis.verdicts)


def test_every_part_of_the_report_speaks_of_that_metric(run: Path, tmp_path: Path) -> None:
    page = current_report(run, tmp_path / run.name).page
    report = page.with_name("report.md").read_text(encoding="utf-8")
    for text in (report, re.sub(r"(?s)<(script|style)\b.*?</\1>", "", page.read_text(encoding="utf-8"))):
        assert "Recall at 5 in numbers" in text
        assert "points of recall at 5" in text
        lines = [line for line in text.splitlines() if re.search(r"[Aa]ccura[ct]", OF_ACCURACY.sub("", line))]
        # Headers of the tables of untrained systems and of confidence, addresses, the figure's name, what authors do.
        allowed = r"Accuracy</th>|\| Accuracy|accuracy_curve|id=\"accuracy\"|#accuracy|they take: the best accuracy"
        assert [line for line in lines if not re.search(allowed, line)] == []
    header = page.parent.joinpath("tables", "curve.csv").read_text().splitlines()[0].split(",")
    assert "recall_5" in header
    assert "accuracy" not in header


def test_programs_are_told_which_metric_decides(analysis: Analysis) -> None:
    answer = json.loads(claims_json(analysis))
    assert answer["metric"] == "recall_5"
    assert {claim["margin_unit"] for claim in answer["claims"]} >= {"recall at 5", "times the data"}


def test_the_calibration_of_each_system_is_one_statement_and_others_are_left_out_in_words(analysis: Analysis) -> None:
    *systems, without = tell(analysis).calibration
    assert [line.split()[0] for line in systems] == ["prior", "sprm", "refinement"]
    assert without == "Without confidence: random and oracle. Their scores only rank boxes, or choose none."
    (table,) = [each for each in tables(analysis) if each.name == "reliability"]
    for own in analysis.reliabilities:
        rows = table.data[table.data["system"] == own.system]
        by_hand = (rows["answers"] * (rows["estimate"] - rows["confidence"]).abs()).sum() / rows["answers"].sum()
        assert own.error == pytest.approx(by_hand)


def test_a_run_without_confidence_says_nothing_of_it(tmp_path: Path) -> None:
    analysis = analyse(SimulatedRun(fractions=(0.5, 1.0), seeds=2, images=20).write(tmp_path / "run"))
    assert tell(analysis).calibration == ()
    assert "reliability" not in {table.name for table in tables(analysis)}
