"""`docs/findings.md` says what the committed reports say, and these say what the committed results give."""

from __future__ import annotations

import json
import re
from functools import cache

import pandas as pd
import pytest
from findings_tables import BLOCK, PAGE, STUDIES, exponent, read, with_tables
from places import ROOT

from bench.analysis.evidence import Evidence, read_evidence
from bench.protocol.load import load
from bench.systems.sprm_plus import SCORE_WEIGHT, SIZE_WEIGHT, SprmPlus
from bench.trials.status import TrialStatus

DOC = PAGE.read_text(encoding="utf-8")
README, _, _ = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Reading the report")
NOT_SAID = re.compile(r"`[^`]*`|\]\([^)]*\)|<!--.*?-->")
NUMBER = re.compile(r"(?<![\w.])\d+(?:,\d{3})*(?:\.\d+)?(?!\w)")
NO_FINDING = {"1", "2", "90", "95", "100"}
"""Of counting, of levels, and all of something."""
PHOTOGRAPHS = {"8091"}
"""How many there are in all, those kept apart among them; docs/data.md says so, too."""


@cache
def evidence_of(study: str) -> Evidence:
    """The results of a study, which take seconds to read."""
    return read_evidence(ROOT / "results" / "studies" / study)


def numbers(text: str) -> set[str]:
    return {number.replace(",", "") for number in NUMBER.findall(text)}


def test_the_tables_are_those_of_the_reports() -> None:
    assert with_tables(DOC) == DOC


def sections(page: str) -> dict[str, str]:
    """The sections of a page by their anchors, each with its heading and without those below it."""
    parts = re.split(r"^(?=#+ )", page, flags=re.MULTILINE)[1:]
    titles = [part.partition("\n")[0].lstrip("# ").lower() for part in parts]
    return {re.sub(r"[^\w-]", "", title.replace(" ", "-")): part for title, part in zip(titles, parts, strict=True)}


def tabled(text: str) -> set[str]:
    return set().union(*(numbers(block[0]) for block in BLOCK.finditer(text)))


def sizes_of_corpora() -> set[str]:
    counts = PHOTOGRAPHS.copy()
    for study in STUDIES:
        manifest = json.loads((ROOT / "results" / "studies" / study / "manifest.json").read_text(encoding="utf-8"))
        counts |= {str(split["images"]) for split in manifest["splits"].values()}
    return counts


def strays(page: str) -> dict[str, set[str]]:
    """The numbers in the sentences of each section that nothing beside them has.

    That is no table of the section or of one that it links to, and no protocol that it names.
    """
    parts, found = sections(page), {}
    for anchor, part in parts.items():
        linked = re.findall(r"\]\(#([\w-]+)\)", part)
        named = re.findall(r"protocols/(\w+\.yaml)", part)
        beside = [tabled(part), *(tabled(parts[other]) for other in linked)]
        beside += [numbers((ROOT / "protocols" / name).read_text(encoding="utf-8")) for name in named]
        known = set().union(*beside, sizes_of_corpora(), NO_FINDING)
        if anchor == "is-it-the-fraction-or-the-number-of-images":
            known |= {"0"} | {f"{abs(each):.2f}" for each in exponent()}
        found[anchor] = numbers(NOT_SAID.sub("", BLOCK.sub("", part))) - known
    return found


def test_every_number_of_a_sentence_is_one_of_a_table_or_protocol_beside_it() -> None:
    assert {anchor: numbers for anchor, numbers in strays(DOC).items() if numbers} == {}


def test_a_number_of_another_sections_table_is_a_stray() -> None:
    said = DOC.replace("## Photographs\n", "## Photographs\n\nTraining adds 14.6 points.\n", 1)
    assert "14.6" in tabled(DOC)
    assert strays(said)["photographs"] == {"14.6"}


def test_the_numbers_of_sprm_plus_are_those_of_the_findings_and_of_its_settings() -> None:
    page, parts = (ROOT / "docs" / "sprm_plus.md").read_text(encoding="utf-8"), sections(DOC)
    asked = {"0.3", "10", "25", "5"}
    sources = "sprm-on-photographs", "the-claims", "who-is-data-efficient", "with-a-coarse-detector"
    known = set().union(*(tabled(parts[name]) for name in sources)) | sizes_of_corpora() | NO_FINDING
    said = sections(page)
    assert numbers(NOT_SAID.sub("", said["what-it-comes-to"])) - known - asked == set()
    for title in ("where-the-gain-lies", "what-was-tried-and-what-was-dropped"):
        assert numbers(NOT_SAID.sub("", said[title])) == set()
    defaults = (
        SCORE_WEIGHT,
        SIZE_WEIGHT,
        *(SprmPlus.model_fields[name].default for name in ("temperature", "distillation", "dropout")),
    )
    assert numbers(NOT_SAID.sub("", said["settings"])) == {f"{value:g}" for value in defaults}


def test_the_numbers_of_the_readme_are_those_of_the_findings() -> None:
    known = tabled(DOC) | sizes_of_corpora() | NO_FINDING
    assert numbers(NOT_SAID.sub("", README[README.index("| 1,000") :])) - known == set()


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
