from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from committed_studies import analysed
from places import ROOT
from simulated_run import SimulatedRun

from bench.analysis.examples import SYSTEMS
from bench.report.analyse import analyse
from bench.report.text.pairs import told_pairs
from bench.report.text.story import tell

STUDY = SimulatedRun(fractions=(0.1, 1.0), seeds=2, images=12)


def test_of_few_systems_every_pair_is_told() -> None:
    assert told_pairs(("a", "b", "c")) == [("a", "b"), ("a", "c"), ("b", "c")]


def test_of_many_systems_the_first_is_told_with_each_other_and_the_rest_is_in_the_tables(tmp_path: Path) -> None:
    story = tell(analyse(replace(STUDY, rivals=("maf", "kdcl")).write(tmp_path / "run")))
    against = [line for line in story.comparisons if line.startswith("Compared with") and "next smaller" not in line]
    assert [line.split(",")[0] for line in against] == [
        f"Compared with {name}" for name in ("refinement", "maf", "kdcl")
    ]
    rest = "The comparisons of the other systems with each other, refinement, maf, kdcl, are in the tables."
    assert story.comparisons[-1] == story.learning[-1] == rest


def test_of_two_systems_nothing_is_left_to_the_tables(tmp_path: Path) -> None:
    story = tell(analyse(STUDY.write(tmp_path / "run")))
    assert "in the tables" not in " ".join([*story.comparisons, *story.learning])


def test_of_very_many_systems_examples_show_the_first_and_name_the_others() -> None:
    analysis = analysed(ROOT / "results" / "studies" / "ablations")
    assert analysis.examples is not None
    shown = {each.system for each in analysis.examples.answerers}
    assert shown == {"prior", *analysis.protocol.trained[:SYSTEMS]}
    told = " ".join(tell(analysis).examples)
    for name in analysis.protocol.trained[SYSTEMS:]:
        assert name in told
