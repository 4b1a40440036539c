"""What the protocols of this project promise in their comments."""

from __future__ import annotations

import pytest
from places import PROTOCOLS

from bench.protocol.load import load
from bench.protocol.schema import Protocol
from bench.store.inputs import system_inputs
from bench.systems.registry import SYSTEMS
from bench.systems.trained import TrainedSystem
from sprm.settings import Selection

AUTHORS = {
    kind: system.authors
    for kind, system in SYSTEMS.by_name().items()
    if issubclass(system, TrainedSystem) and system.authors is not None and kind != "refinement"
}


def shipped(name: str, *overrides: str) -> Protocol:
    return load(PROTOCOLS / f"{name}.yaml", overrides).protocol


@pytest.mark.parametrize("corpus", ["flickr30k", "referit"])
@pytest.mark.parametrize("name", ["rivals", "tuned_rates", "equal_steps", "controls", "ablations"])
def test_one_option_turns_a_protocol_to_a_real_corpus_and_leaves_the_rest(name: str, corpus: str) -> None:
    built_in = shipped(name)
    real = shipped(name, f"corpus={{kind: {corpus}, root: data, words: vectors.txt}}")
    assert real.corpus.kind == corpus
    assert real == built_in.model_copy(update={"corpus": real.corpus})


def test_every_published_method_is_among_the_rivals_with_its_authors_batch_and_epochs() -> None:
    protocol = shipped("rivals")
    trained = {system.kind: protocol.training_of(name) for name, system in protocol.systems.items()}
    without = protocol.systems["sprm"].model_copy(update={"heads": False, "locations": False})
    assert protocol.systems["sprm-all-words"] == without
    assert set(AUTHORS) == {"sprm", "maf", "infoground", "kdcl", "mpl"}
    for kind, authors in AUTHORS.items():
        own = trained[kind]
        assert own is not None
        # MPL's authors train three times as long.
        assert (own.batch, own.epochs) == (authors.batch, authors.epochs // (3 if kind == "mpl" else 1))


def test_on_the_papers_corpus_every_method_is_trained_as_its_authors_train_it() -> None:
    protocol = shipped("flickr30k_rivals")
    trained = {protocol.systems[name].kind: protocol.training_of(name) for name in protocol.trained}
    assert set(trained) == set(AUTHORS)
    for kind, authors in AUTHORS.items():
        own = trained[kind]
        assert own is not None
        assert (own.batch, own.epochs, own.learning_rate) == (authors.batch, authors.epochs, authors.learning_rate)
    assert protocol.claims == tuple(claim for claim in shipped("rivals").claims if "sprm-plus" not in claim.systems)
    assert list(protocol.fraction_labels) == list(shipped("rivals").fraction_labels)


def test_sprm_and_maf_are_tuned_at_the_amounts_of_rivals_with_as_many_rates() -> None:
    protocol, rivals = shipped("tuned_rates"), shipped("rivals")
    assert protocol.fraction_labels == rivals.fraction_labels
    for name in ("sprm", "maf"):
        own, there = protocol.training_of(name), rivals.training_of(name)
        assert own is not None
        assert there is not None
        tuned = protocol.systems[name]
        assert isinstance(tuned, TrainedSystem)
        rates = [candidate.learning_rate for candidate in tuned.candidates]
        assert len(rates) == 4
        assert there.learning_rate in rates
        assert own.model_copy(update={"learning_rate": there.learning_rate}) == there
    assert set(protocol.claims) < set(rivals.claims)


def test_equal_steps_are_one_batch_and_one_number_of_steps_and_no_box_chooses() -> None:
    protocol, rivals = shipped("equal_steps"), shipped("rivals")
    values = {name: protocol.training_of(name) for name in protocol.trained}
    assert set(values) == set(rivals.trained) - {"sprm-all-words", "sprm-plus"}
    assert len({(own.batch, own.steps) for own in values.values() if own is not None}) == 1
    assert {own.selection for own in values.values() if own is not None} == {Selection.last}
    for name, own in values.items():
        there = rivals.training_of(name)
        assert own is not None
        assert there is not None
        assert own.learning_rate == there.learning_rate
    assert protocol.claims == tuple(claim for claim in rivals.claims if "sprm-plus" not in claim.systems)
    assert list(protocol.fraction_labels) == list(rivals.fraction_labels)[1:]


@pytest.mark.parametrize("name", ["fractions", "photographs", "paper_scale"])
def test_maf_stands_beside_sprm_and_sees_as_many_sentences(name: str) -> None:
    protocol = shipped(name)
    sprm, maf = protocol.training_of("sprm"), protocol.training_of("maf")
    assert sprm is not None
    assert maf is not None
    assert (sprm.epochs, sprm.budget, sprm.steps) == (maf.epochs, maf.budget, maf.steps)


def test_each_control_changes_one_thing() -> None:
    protocol = shipped("controls")
    plain = system_inputs(protocol, "sprm")
    for name in set(protocol.trained) - {"sprm"}:
        own = system_inputs(protocol, name)
        differing = [
            (part, key)
            for part in own.keys() | plain.keys()
            for key in dict(own.get(part) or {}).keys() | dict(plain.get(part) or {}).keys()
            if (own.get(part) or {}).get(key) != (plain.get(part) or {}).get(key)
        ]
        assert len(differing) == 1, name
