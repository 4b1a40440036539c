from __future__ import annotations

from dataclasses import replace

import pytest
from simulated_run import SimulatedRun

from bench.protocol.schema import Protocol
from bench.report.analyse import Analysis, analyse
from bench.report.figures.every import figures
from bench.report.text.story import tell
from bench.report.text.systems import systems
from bench.systems.sprm import Mixture


@pytest.fixture(scope="module")
def analysis(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    return analyse(SimulatedRun(fractions=(0.1, 0.5), seeds=2, images=12).write(tmp_path_factory.mktemp("run") / "run"))


def test_a_claim_names_the_amount_it_compares_with(analysis: Analysis) -> None:
    (claim,) = tell(analysis).claims
    assert claim.claim.endswith("compared with training on 500 images (50 %).")


def test_where_nothing_is_trained_nothing_is_said_of_training_or_its_intervals(analysis: Analysis) -> None:
    kept = {name: analysis.protocol.systems[name] for name in ("prior", "oracle")}
    protocol = analysis.protocol.model_copy(update={"systems": kept, "claims": ()})
    curve = tuple(point for point in analysis.curve if point.system in kept)
    compared = dict.fromkeys(("gains", "neighbours", "between_systems", "type_gains"), ())
    untrained = replace(
        analysis, protocol=protocol, curve=curve, types=(), **compared, verdicts=(), stated=(), records=()
    )
    story = tell(untrained)
    assert story.study.startswith("Not trained: prior and oracle. Tested:")
    assert not any(" trained systems" in line or "false negative" in line for line in story.scope + story.caveats)
    drawn = figures(untrained)[0]
    assert "Bars" not in drawn.caption
    assert "Shaded, for the prior: 95 % interval, cluster-robust t over test images" in drawn.caption


def test_the_curve_explains_its_bars(analysis: Analysis) -> None:
    bars = "Bars of trained systems: 95 % intervals, two-way cluster-robust t over seeds and test images"
    assert f"{bars}; they cover new images and new trainings." in figures(analysis)[0].caption


def test_each_system_is_described_by_its_settings_whatever_its_name() -> None:
    protocol = Protocol.model_validate(
        {
            "name": "named-otherwise",
            "fractions": [1.0],
            "rules": "official",
            "systems": {
                "a": {"kind": "prior", "heads": False, "locations": False},
                "b": {"kind": "sprm", "omega": 0.25, "negatives": "next"},
                "c": {"kind": "refinement"},
                "d": {"kind": "random"},
                "e": {"kind": "oracle"},
            },
        }
    )
    prior, mixed, alone, chance, best, rules = systems(protocol)
    assert prior.startswith("a: ")
    assert "without training" in prior
    assert prior.endswith("Ties: the first tied box in the file.")
    assert "all words of a phrase, without its location words" in prior
    assert mixed.startswith("b: the full model")
    assert "the weight of the refinement (omega) is 0.25. " in mixed
    assert "Negatives: next, the following example of the batch" in mixed
    assert alone.startswith("c: the refinement evaluated without the prior, that is, with omega 1")
    omega = Mixture.model_fields["omega"].default
    assert f"the weight of the refinement (omega) is {omega}. Negatives: most_similar" in alone
    assert chance.startswith("d: ")
    assert "at random" in chance
    assert best.startswith("e: the best detected box")
    assert rules.startswith("Rules for all systems: official (")
