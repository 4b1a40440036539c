"""`docs/findings.md` says what the committed reports say, and these say what the committed results give."""

from __future__ import annotations

import re
from functools import cache

import pandas as pd
import pytest
from findings_tables import BLOCK, PAGE, STUDIES, exponent, read, with_tables
from places import ROOT

from bench.analysis.evidence import Evidence, read_evidence
from bench.protocol.load import load
from bench.trials.status import TrialStatus

DOC = PAGE.read_text(encoding="utf-8")
README, _, _ = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Reading the report")
SENTENCES = re.sub(r"`[^`]*`|\]\([^)]*\)|<!--.*?-->", "", BLOCK.sub("", DOC) + README[README.index("| 1,000") :])
NUMBER = re.compile(r"(?<![\w.])\d+(?:,\d{3})*(?:\.\d+)?(?!\w)")
NO_FINDING = {"1", "2", "90", "95", "100"}
"""Of counting, of levels, and all of something."""


@cache
def evidence_of(study: str) -> Evidence:
    """The results of a study, which take seconds to read."""
    return read_evidence(ROOT / "results" / "studies" / study)


def numbers(text: str) -> set[str]:
    return {number.replace(",", "") for number in NUMBER.findall(text)}


def test_the_tables_are_those_of_the_reports() -> None:
    assert with_tables(DOC) == DOC


def test_every_number_of_a_sentence_is_one_of_a_table_or_of_a_protocol() -> None:
    tabled = set().union(*(numbers(block[0]) for block in BLOCK.finditer(DOC)))
    protocols = [(ROOT / "protocols" / name).read_text(encoding="utf-8") for name in STUDIES.values()]
    known = tabled | set().union(*map(numbers, protocols)) | {f"{abs(each):.2f}" for each in exponent()} | NO_FINDING
    assert numbers(SENTENCES) - known == set()


@pytest.mark.parametrize("study", STUDIES)
def test_the_results_of_a_study_are_whole_and_are_those_of_its_protocol(study: str) -> None:
    folder = ROOT / "results" / "studies" / study
    evidence = evidence_of(study)
    assert {trial.status for trial in evidence.progress} == {TrialStatus.done}
    protocol, stored = (load(path).protocol for path in (ROOT / "protocols" / STUDIES[study], folder / "protocol.yaml"))
    # What it computes on is settled by the machine that reads it.
    assert stored == protocol.model_copy(update={"device": stored.device})


@pytest.mark.parametrize("study", STUDIES)
def test_the_report_of_a_study_tells_the_accuracies_of_its_results(study: str) -> None:
    evidence = evidence_of(study)
    curve = read(study, "curve")
    for _, row in curve[curve["system"].isin(evidence.protocol.trained)].iterrows():
        system, fraction = str(row["system"]), str(row["fraction"])
        seeds = evidence.seeds([(system, evidence.fractions[fraction])])
        counts = evidence.counts(system, evidence.fractions[fraction], seeds)
        assert row["accuracy"] == pytest.approx(counts.sum() / (len(seeds) * evidence.phrases.sum()), abs=1e-12)
        assert row["seeds"] == len(seeds) == len(evidence.protocol.design.independent)
    assert not pd.isna(curve["accuracy"]).any()
