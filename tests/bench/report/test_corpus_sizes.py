"""What a report has of a protocol with corpora of several sizes."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from simulated_learning import LearningRun, SizedRun

from bench.analysis.corpus_sizes import needed_by_size
from bench.analysis.evidence import read_evidence
from bench.analysis.learning import learn
from bench.analysis.looks import seen_by
from bench.report.analyse import Analysis, analyse
from bench.report.corpus_sizes import claims_by_size
from bench.report.figures.every import figures
from bench.report.tables.corpus_sizes import corpus_sizes
from bench.report.write import current_report
from bench.stats import GrowthStatus, Look, smallest_competitive
from bench.store.records import TrialKey
from bench.verdicts.hypothesis import Decision
from bench.verdicts.judge import judge

CLAIMS = (
    "name: small-fraction, kind: competitive, system: sprm, margin: 0.02, up_to: 0.25",
    "name: wide, kind: competitive, system: refinement, margin: 0.2",
)
ONE = SizedRun(claims=CLAIMS[:1])
PLANNED = replace(ONE, images=60, seeds=6, looks=(4, 6))


def without(images: int, *seeds: int) -> tuple[TrialKey, ...]:
    """Trials of `sprm` after so many images, which are all of a corpus."""
    return tuple(TrialKey("sprm", f"{images}-images", seed) for seed in seeds)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return SizedRun(claims=CLAIMS).write(tmp_path_factory.mktemp("sized") / "run")


@pytest.fixture(scope="module")
def analysis(run: Path) -> Analysis:
    return analyse(run)


def test_each_size_has_the_smallest_competitive_fraction_of_the_fixed_sequence(run: Path, analysis: Analysis) -> None:
    evidence = read_evidence(run)
    for claim in analysis.by_size:
        for verdict, of_size in claim:
            by_value = evidence.of_size(of_size.whole.images).by_value()
            correct = {
                value: evidence.counts(claim.claim.system, fraction, (0, 1, 2, 3, 4))
                for value, fraction in by_value.items()
            }
            smallest = smallest_competitive(correct, evidence.phrases, claim.claim.margin).smallest
            assert verdict.smallest == (None if smallest is None else by_value[smallest])
            assert verdict.reference == of_size.whole


def test_at_the_largest_size_it_is_the_verdict_of_the_claim(analysis: Analysis) -> None:
    for verdict, claim in zip(analysis.verdicts, analysis.by_size, strict=True):
        assert claim.verdicts[-1].hypotheses == verdict.hypotheses


def test_the_table_has_each_claim_at_each_size(analysis: Analysis) -> None:
    made = corpus_sizes(analysis.by_size)
    assert [row[:2] for row in made.rows] == [
        (claim, size) for claim in ("small-fraction", "wide") for size in ("100", "300", "1,000")
    ]
    data = made.data
    assert (data["needed_of_size"] == data["needed_images"] / data["size"]).all()
    assert len(set(data["exponent"])) == 2
    for row, (smallest, is_bound) in zip(
        made.rows, data[["smallest_of_size", "smallest_is_bound"]].values, strict=True
    ):
        assert row[2] == ("none" if pd.isna(smallest) else f"{'at most ' if is_bound else ''}{100 * smallest:.3g} %")


def test_the_figure_has_a_marker_for_each_claim_and_says_that_the_corpus_is_synthetic(analysis: Analysis) -> None:
    drawing = next(one for one in figures(analysis) if one.name == "corpus_sizes")
    words = re.findall(r"<text[^>]*>([^<]*)</text>", drawing.inline)
    assert {"small-fraction", "wide", "Fraction of the corpus, %", "Number of images"} <= set(words)
    assert any(line.startswith("Synthetic corpus") for line in words)
    none = [
        verdict.reference.images for claim in analysis.by_size for verdict in claim.verdicts if not verdict.smallest
    ]
    assert ("is shown to be competitive" in drawing.caption) == bool(none)


def test_a_report_has_the_section_its_table_its_figure_and_its_values(tmp_path: Path) -> None:
    page = current_report(ONE.write(tmp_path / "run"), tmp_path / "report").page
    text = (tmp_path / "report" / "report.md").read_text()
    for whole in (text, page.read_text()):
        assert "Size of the corpus" in whole
        assert "an exponent of 0 would mean that the number of images counts" in " ".join(whole.split())
    for name in ("figures/corpus_sizes.svg", "figures/corpus_sizes.png", "tables/corpus_sizes.csv"):
        assert (tmp_path / "report" / name).stat().st_size > 0
    assert r"\begin{tabular}{" in (tmp_path / "report" / "tables" / "corpus_sizes.tex").read_text()
    (values,) = json.loads((tmp_path / "report" / "claims.json").read_text())["corpus_sizes"]
    assert [size["reference"]["images"] for size in values["sizes"]] == [100, 300, 1000]
    low, high = values["growth"]["interval"]
    assert low < values["growth"]["exponent"] < high


def test_of_one_corpus_a_report_has_none_of_it(tmp_path: Path) -> None:
    run = LearningRun(images=60, seeds=2).write(tmp_path / "run")
    current_report(run, tmp_path / "report")
    assert "Size of the corpus" not in (tmp_path / "report" / "report.md").read_text()
    assert "corpus_sizes" not in json.loads((tmp_path / "report" / "claims.json").read_text())
    assert not list((tmp_path / "report").glob("*/corpus_sizes.*"))


def test_without_a_claim_that_a_fraction_is_competitive_there_is_nothing_to_tell(tmp_path: Path) -> None:
    claims = ("name: ahead, kind: better_than, system: sprm, rival: prior",)
    assert analyse(replace(ONE, images=60, seeds=2, claims=claims).write(tmp_path / "run")).by_size == ()


def test_all_sizes_are_judged_at_the_one_look_that_the_whole_run_has_reached(tmp_path: Path) -> None:
    # With the fractions of the smaller corpora every look is complete.
    evidence = read_evidence(PLANNED.write(tmp_path / "run", without=without(1000, 5)))
    (claim,) = claims_by_size(evidence, ())
    (stated,) = judge(evidence.protocol.claims, evidence)
    assert [verdict.look for verdict in claim.verdicts] == [Look((4, 6), 1)] * 3
    assert [verdict.seeds for verdict in claim.verdicts] == [(0, 1, 2, 3)] * 3
    assert claim.verdicts[-1].hypotheses == stated.hypotheses
    seen = seen_by(evidence, 4)
    assert claim.needed == needed_by_size("sprm", 0.02, learn(seen), seen)
    assert claim.needed.seeds == (0, 1, 2, 3)


def test_before_the_first_look_of_a_plan_no_size_is_judged(tmp_path: Path) -> None:
    evidence = read_evidence(PLANNED.write(tmp_path / "run", without=without(1000, 3)))
    (claim,) = claims_by_size(evidence, ())
    for verdict in claim.verdicts:
        assert (verdict.decision, verdict.smallest, verdict.look) == (Decision.not_testable, None, None)
        assert verdict.untestable is not None
    assert (claim.needed.growth.status, claim.needed.seeds) == (GrowthStatus.no_curve, ())
