from __future__ import annotations

from pathlib import Path

import pytest

from bench.located_yaml import parse
from bench.overrides import apply
from bench.protocol import SprmSettings, load
from sprm.errors import ProtocolError

TEXT = """\
name: tiny
corpus: {kind: scenes}
fractions: [0.5, 1.0]
systems:
  sprm: {kind: sprm}
claims:
  - {name: small-fraction, kind: competitive, system: sprm, margin: 0.02}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.yaml"
    path.write_text(TEXT)
    return path


def test_any_key_is_set_by_its_dotted_path(path: Path) -> None:
    protocol = load(
        path,
        [
            "seeds=3",
            "training.learning_rate=1e-3",
            "systems.sprm.omega=0.7",
            "claims.0.margin=0.05",
            "fractions=[0.25, 1]",
            "systems.chance={kind: random}",
        ],
    )
    system = protocol.systems["sprm"]
    assert isinstance(system, SprmSettings)
    assert (protocol.seeds, protocol.training.learning_rate, system.omega) == (3, 0.001, 0.7)
    assert (protocol.claims[0].margin, protocol.fractions) == (0.05, (0.25, 1.0))
    assert protocol.systems["chance"].kind == "random"


def test_a_later_override_goes_before_an_earlier_one(path: Path) -> None:
    assert load(path, ["seeds=3", "seeds=4"]).seeds == 4


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("trainig.epochs=3", 'trainig: unknown key; did you mean "training"?'),
        ("training.epoch=3", 'training.epoch: unknown key; did you mean "epochs"?'),
        ("systems.spmr.omega=0.1", 'systems.spmr: no such system; did you mean "sprm"?'),
        ("claims.1.margin=0.1", "claims.1: no such item; valid: 0"),
        ("seeds.x=1", "seeds.x: stands inside a single value"),
        ("seeds=0", "seeds: expected at least 1, found 0"),
        ("seeds", "expected key=value"),
        ("=3", "expected key=value"),
        ("fractions=[1", "fractions: not valid YAML"),
        ("corpus.images.tain=3", 'corpus.images.tain: unknown key; did you mean "train"?'),
    ],
)
def test_an_override_that_cannot_be_is_refused_with_the_nearest(path: Path, override: str, told: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        load(path, ["seeds=2", override])
    assert f"--set {override}: {told}" in str(caught.value)


def test_an_override_mends_a_mistake_of_the_file(path: Path) -> None:
    path.write_text(TEXT.replace("[0.5, 1.0]", "[2]"))
    assert load(path, ["fractions=[1]"]).fractions == (1.0,)


def test_an_override_that_leads_nowhere_changes_nothing() -> None:
    document = parse("a: 1")
    apply("a.b=2", document)
    assert document.value == {"a": 1}
