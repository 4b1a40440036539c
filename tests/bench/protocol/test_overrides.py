from __future__ import annotations

from pathlib import Path

import pytest

from bench.claims.competitive import CompetitiveClaim
from bench.protocol.load import load
from bench.protocol.overrides import apply
from bench.protocol.schema import Protocol
from bench.protocol.yaml_source import parse
from bench.systems.registry import SYSTEMS
from bench.systems.sprm import Sprm
from sprm.corpus.sources.flickr30k.source import Flickr30kSource
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
    ).protocol
    system = protocol.systems["sprm"]
    assert isinstance(system, Sprm)
    assert (protocol.seeds, protocol.training.learning_rate, system.omega) == (3, 0.001, 0.7)
    (claim,) = protocol.claims
    assert isinstance(claim, CompetitiveClaim)
    assert (claim.margin, protocol.fractions) == (0.05, (0.25, 1.0))
    assert protocol.systems["chance"].kind == "random"


def test_a_later_override_goes_before_an_earlier_one(path: Path) -> None:
    assert load(path, ["seeds=3", "seeds=4"]).protocol.seeds == 4


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
    assert load(path, ["fractions=[1]"]).protocol.fractions == (1.0,)


def test_an_override_that_leads_nowhere_changes_nothing() -> None:
    document = parse("a: 1")
    apply("a.b=2", document, Protocol.model_json_schema())
    assert document.value == {"a": 1}


PATHS = [
    "data #2",
    "2024",
    "[old]/x",
    "{new}",
    "*.d",
    "&a",
    "a: b",
    "'quoted'",
    "true",
    "1e3",
    "null",
    "a=b",
    "!x",
    " ",
]


@pytest.mark.parametrize("folder", PATHS)
def test_a_path_is_taken_as_it_is(path: Path, folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    options = ["corpus.kind=flickr30k", f"corpus.root={folder}", f"corpus.words={folder}"]
    corpus = load(path, [*options, f"corpus.detector.weights={folder}"]).protocol.corpus
    assert isinstance(corpus, Flickr30kSource)
    assert corpus.root == corpus.words == corpus.detector.weights == tmp_path / folder


def test_a_path_may_be_given_before_the_kind_that_has_it(path: Path) -> None:
    corpus = load(path, ["corpus.root=2024", "corpus.heads=spacy:1", "corpus.kind=referit"]).protocol.corpus
    assert corpus.model_dump()["root"].name == "2024"


def test_a_data_set_is_named_as_its_owners_name_it(path: Path) -> None:
    options = ["kind=refcoco", "root=a", "dataset=refcoco+", "split_by=unc", "test=testB"]
    corpus = load(path, [f"corpus.{option}" for option in options]).protocol.corpus
    assert corpus.model_dump(include={"dataset", "test"}) == {"dataset": "refcoco+", "test": "testB"}


def test_text_is_taken_as_it_is_wherever_only_text_may_stand(path: Path) -> None:
    told = "1: all of it, #so [to say]"
    protocol = load(
        path, ["name=2024", "claims.0.name=1e3", f"claims.0.renders={told}", "strata=none", "device=cpu"]
    ).protocol
    assert (protocol.name, protocol.claims[0].name, protocol.claims[0].renders) == ("2024", "1e3", told)
    assert (protocol.strata, protocol.device) == ("none", "cpu")


def test_null_means_null_where_text_may_be_left_out(path: Path) -> None:
    protocol = load(path, ["claims.0.renders=x", "claims.0.renders=null", "systems.sprm.budget=null"]).protocol
    assert protocol.claims[0].renders is None
    assert load(path, ["claims.0.renders=~"]).protocol.claims[0].renders == "~"


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("seeds=3 # three", "seeds: expected a whole number, found '3 # three'"),
        ("seeds=3#", "seeds: expected a whole number, found '3#'"),
        ("seeds=", "seeds: expected a whole number, found nothing"),
        ("seeds='3'", "seeds: expected a whole number, found '3'"),
        ("seeds=!!int 3", "seeds: expected a whole number, found '!!int 3'"),
        ("training.mixed_precision=no", "training.mixed_precision: expected true or false, found 'no'"),
        ("strata=null", "strata: expected 'entity_type' or 'none', found 'null'"),
        ("device=~", "device: expected 'auto', 'cpu' or 'cuda', found '~'"),
        (
            "corpus.kind=2024",
            "corpus.kind: expected 'captions', 'flickr30k', 'refcoco', 'referit', 'scenes', found '2024'",
        ),
        ("systems.sprm.kind=3", f"systems.sprm.kind: expected {', '.join(map(repr, SYSTEMS.by_name()))}, found"),
        ("claims.0.kind=true", "claims.0.kind: expected "),
        ("name=", "name: expected some text, found ''"),
        ("fractions=0.5 # half", "fractions: expected a list, found '0.5 # half'"),
        ("claims.0.up_to=[1]", "claims.0.up_to: expected a number, or expected a whole number, found a list of 1 item"),
        ("a.b.c=1", "a: unknown key; valid: name, corpus"),
    ],
)
def test_what_a_value_is_refused_for_shows_it_as_it_was_given(path: Path, override: str, told: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        load(path, [override])
    assert f"--set {override}: {told}" in str(caught.value)


def test_blanks_around_a_number_or_a_list_do_not_count(path: Path) -> None:
    protocol = load(path, ["seeds= 3 ", " fractions = [0.25, 1] ", "training.learning_rate= 1e-3"]).protocol
    assert (protocol.seeds, protocol.fractions, protocol.training.learning_rate) == (3, (0.25, 1.0), 0.001)


def test_an_empty_path_is_no_path(path: Path) -> None:
    with pytest.raises(ProtocolError, match=r"corpus\.root: expected some text, found ''"):
        load(path, ["corpus.kind=flickr30k", "corpus.root="])
