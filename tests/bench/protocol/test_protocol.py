from __future__ import annotations

from pathlib import Path

import pytest

from bench.protocol.load import load, resolved_yaml
from bench.protocol.schema import Protocol
from bench.systems.registry import SYSTEMS
from bench.systems.sprm import Sprm
from sprm.errors import ProtocolError
from sprm.settings import TrainingSettings

KINDS = tuple(SYSTEMS.by_name())
QUOTED = ", ".join(map(repr, KINDS))
SOUND = """\
name: fractions
corpus: {kind: scenes, seed: 0}
fractions: [1, 0.01, 0.1]
seeds: 3
systems:
  prior: {kind: prior}
  sprm: {kind: sprm, omega: 0.4, epochs: 7}
training: {epochs: 25, learning_rate: 1e-5}
claims:
  - {name: small-fraction, kind: competitive, system: sprm, margin: 0.02}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "protocol.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def complaint(folder: Path, text: str, *overrides: str) -> str:
    with pytest.raises(ProtocolError) as caught:
        load(written(folder, text), overrides)
    return str(caught.value)


def test_a_sound_protocol_loads_with_its_defaults(tmp_path: Path) -> None:
    protocol = load(written(tmp_path, SOUND)).protocol
    assert protocol.fractions == (0.01, 0.1, 1.0)
    assert protocol.fraction_labels == {"0.01": 0.01, "0.1": 0.1, "1": 1.0}
    assert protocol.rules == "corrected"
    assert protocol.training.learning_rate == 1e-5


def test_a_resolved_protocol_loads_as_the_same_protocol(tmp_path: Path) -> None:
    protocol = load(written(tmp_path, SOUND)).protocol
    assert load(written(tmp_path, resolved_yaml(protocol))).protocol == protocol


def test_a_systems_own_training_values_go_before_the_protocols(tmp_path: Path) -> None:
    protocol = load(written(tmp_path, SOUND)).protocol
    assert protocol.training_of("sprm") == TrainingSettings(epochs=7, learning_rate=1e-5)
    assert protocol.training_of("prior") is None


def test_a_system_may_override_every_training_value_within_the_same_limits() -> None:
    general = TrainingSettings.model_json_schema()["properties"]
    own = Sprm.model_json_schema()["properties"]
    limits = {"minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "$ref"}
    for name, schema in general.items():
        allowed, asked = own[name]["anyOf"][0], schema.get("anyOf", [schema])[0]
        assert {k: v for k, v in allowed.items() if k in limits} == {k: v for k, v in asked.items() if k in limits}


def test_every_mistake_is_told_at_once_with_line_key_and_nearest_choice(tmp_path: Path) -> None:
    text = (
        SOUND.replace("seeds: 3", "sedes: 3")
        .replace("kind: prior", "kind: priro")
        .replace("omega", "omga")
        .replace("epochs: 25", "epocs: 25")
        .replace("system: sprm", "system: spmr")
        .replace("0.02", "-0.02")
    )
    assert complaint(tmp_path, text).splitlines() == [
        f"{tmp_path}/protocol.yaml: 5 problems",
        '  line 4: sedes: unknown key; did you mean "seeds"?',
        f"  line 6: systems.prior.kind: expected {QUOTED}, found 'priro'; did you mean \"prior\"?"
        " (one from elsewhere needs --plugin FILE, or its package installed)",
        '  line 7: systems.sprm.omga: unknown key; did you mean "omega"?',
        '  line 8: training.epocs: unknown key; did you mean "epochs"?',
        "  line 10: claims.0.margin: expected at least 0, found -0.02",
    ]


def test_a_claim_about_no_trained_system_names_the_nearest_that_is(tmp_path: Path) -> None:
    told = complaint(tmp_path, SOUND.replace("system: sprm", "system: spmr"))
    assert told.endswith("line 10: claims.0.system: expected 'sprm', found 'spmr'; did you mean \"sprm\"?")
    assert "claims.0.system" in complaint(tmp_path, SOUND.replace("system: sprm", "system: prior"))


@pytest.mark.parametrize(
    ("before", "instead", "told"),
    [
        (
            "omega: 0.4",
            "omega: 0.4, inputs: {features: false, labels: false}",
            "line 7: systems.sprm.inputs.labels: expected true where features are left out, too, found false",
        ),
        (
            "epochs: 25",
            "epochs: 25, steps: 6",
            "line 8: training.steps: expected at least 7, one for each epoch of sprm, found 6",
        ),
        (
            "epochs: 7",
            "epochs: 7, steps: 6",
            "line 7: systems.sprm.steps: expected at least 7, one for each epoch of sprm, found 6",
        ),
        (
            "epochs: 7",
            "untrained: true, tune: {epochs: [1, 2]}",
            "line 7: systems.sprm.tune: expected none, as nothing is trained",
        ),
        (
            "omega: 0.4",
            "untrained: true",
            "line 10: claims.0.system: expected a trained system, but there is none, found 'sprm'",
        ),
    ],
)
def test_settings_that_make_no_sense_together_are_refused(tmp_path: Path, before: str, instead: str, told: str) -> None:
    assert before in SOUND
    assert complaint(tmp_path, SOUND.replace(before, instead)).endswith(told)


@pytest.mark.parametrize(
    ("instead", "told"),
    [
        ("fractions: [1.5]", "line 3: fractions.0: expected at most 1, found 1.5"),
        ("fractions: [0]", "line 3: fractions.0: expected more than 0, found 0"),
        ("fractions: [.nan]", "fractions.0: expected "),
        ("fractions: [0.5, 1, 0.50]", "line 3: fractions: each value may be given once, found 0.5 more than once"),
        ("shots: [16, 16]", "line 3: shots: each value may be given once, found 16-images more than once"),
        ("fractions: []", "line 3: fractions: expected at least 1 of these, found an empty list"),
        ("fractions: {a: 1}", "line 3: fractions: expected a list, found a mapping of 1 key"),
        ("fractions: [[1], 1]", "line 3: fractions.0: expected a number, found a list of 1 item"),
        ("fractions: [~, 1]", "line 3: fractions.0: expected a number, found nothing"),
        ("fractions: 0.5", "line 3: fractions: expected a list, found 0.5"),
        ("shots: [0]", "line 3: shots.0: expected at least 1, found 0"),
        ("shots: [1.5]", "line 3: shots.0: expected a whole number, found 1.5"),
        ("strata: none", "shots: give either fractions or shots, found neither"),
        ("fractions: [1]\nshots: [4]", "line 4: shots: give either fractions or shots, found both"),
        ("fractions: [1]\nseeds: true", "line 5: seeds: given twice, first on line 4"),
    ],
)
def test_fractions_that_make_no_sense_are_refused(tmp_path: Path, instead: str, told: str) -> None:
    text = SOUND.replace("fractions: [1, 0.01, 0.1]", instead)
    assert told in complaint(tmp_path, text)


def test_fractions_of_corpora_of_several_sizes_are_counts_of_images_each_there_once(tmp_path: Path) -> None:
    text = SOUND.replace("fractions: [1, 0.01, 0.1]", "fractions: [1, 0.1, 0.25]\nsizes: [1000, 100]")
    protocol = load(written(tmp_path, text)).protocol
    assert protocol.sizes == (100, 1000)
    assert protocol.fraction_labels == {f"{n}-images": n for n in (10, 25, 100, 250, 1000)}
    assert protocol.labels_at(100) == {0.1: "10-images", 0.25: "25-images", 1.0: "100-images"}
    assert protocol.claimable == {0.1: "100-images", 0.25: "250-images", 1.0: "1000-images"}
    assert load(written(tmp_path, resolved_yaml(protocol))).protocol == protocol


def test_a_claim_names_a_fraction_of_the_largest_corpus(tmp_path: Path) -> None:
    text = SOUND.replace("seeds: 3", "sizes: [100, 1000]").replace("0.02}", "0.02, up_to: 0.1}")
    assert load(written(tmp_path, text)).protocol.claims
    told = complaint(tmp_path, text.replace("up_to: 0.1", "up_to: 100"))
    assert told.endswith("claims.0.up_to: expected a fraction below the largest (0.01, 0.1), found 100")


@pytest.mark.parametrize(
    ("fractions", "sizes", "told"),
    [
        ("fractions: [0.1, 1]", "[100]", "line 4: sizes: expected at least 2 of these, found a list of 1 item"),
        ("fractions: [0.1, 1]", "[100, 100]", "line 4: sizes: each value may be given once, found 100-images more"),
        ("fractions: [0.1, 1]", "[100, 0]", "line 4: sizes.1: expected at least 1, found 0"),
        ("fractions: [0.1, 1]", "[100, 0.5]", "line 4: sizes.1: expected a whole number, found 0.5"),
        ("shots: [10, 20]", "[100, 300]", "line 4: sizes: expected fractions together with sizes, found shots"),
        (
            "fractions: [0.1, 0.5]",
            "[100, 300]",
            "line 4: sizes: expected 1.0 among the fractions, which are compared with the whole corpus, found 0.1, 0.5",
        ),
        (
            "fractions: [0.001, 1]",
            "[100, 3000]",
            "line 4: sizes: the fraction 0.001 of 100 training images selects no image",
        ),
    ],
)
def test_sizes_that_make_no_sense_are_refused(tmp_path: Path, fractions: str, sizes: str, told: str) -> None:
    text = SOUND.replace("fractions: [1, 0.01, 0.1]", f"{fractions}\nsizes: {sizes}")
    assert told in complaint(tmp_path, text)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("true", "seeds: expected a whole number, found true"),
        ("'3'", "seeds: expected a whole number, found '3'"),
        ("on", "seeds: expected a whole number, found 'on'"),
        ("1:30", "seeds: expected a whole number, found '1:30'"),
    ],
)
def test_a_value_of_the_wrong_kind_is_never_guessed_at(tmp_path: Path, value: str, told: str) -> None:
    assert told in complaint(tmp_path, SOUND.replace("seeds: 3", f"seeds: {value}"))


def test_no_as_a_truth_value_is_refused_rather_than_taken_for_text(tmp_path: Path) -> None:
    told = complaint(tmp_path, SOUND.replace("{kind: prior}", "{kind: prior, heads: no}"))
    assert "systems.prior.heads: expected true or false, found 'no'" in told


@pytest.mark.parametrize("name", ["../escape", "Fractions", "a b", "-a", "a--b", ""])
def test_names_that_cannot_be_folder_names_are_refused(tmp_path: Path, name: str) -> None:
    assert "line 1: name: expected" in complaint(tmp_path, SOUND.replace("name: fractions", f"name: '{name}'"))
    assert "systems." in complaint(tmp_path, SOUND.replace("  prior:", f"  '{name}':"))


def test_a_missing_file_and_one_that_is_no_text_are_told_plainly(tmp_path: Path) -> None:
    with pytest.raises(ProtocolError, match=r"none\.yaml: this file is missing"):
        load(tmp_path / "none.yaml")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ProtocolError, match="UTF-8"):
        load(tmp_path / "binary.yaml")


@pytest.mark.parametrize("text", ["", "- a", "fractions"])
def test_a_document_that_is_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    assert "expected keys and values" in complaint(tmp_path, text)


def test_a_folder_in_the_corpus_is_taken_from_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = written(tmp_path, SOUND.replace("{kind: scenes, seed: 0}", "{kind: flickr30k, root: data/flickr}"))
    assert load(path).protocol.model_dump()["corpus"]["root"] == tmp_path / "data" / "flickr"


def test_the_schema_is_json_schema_with_every_key_described_by_name() -> None:
    schema = Protocol.model_json_schema()
    assert set(schema["properties"]) == set(Protocol.model_fields)
    assert schema["additionalProperties"] is False


ABOUT_AMOUNTS = """\
  - {name: keeps, kind: retains, system: sprm, rival: prior, at: 0.1, share: 0.8}
  - {name: holds, kind: robust, claim: keeps, controls: [other]}
"""


def test_claims_about_amounts_that_an_override_took_away_are_left_out_by_name(tmp_path: Path) -> None:
    text = SOUND.replace("training:", "  other: {kind: sprm}\ntraining:") + ABOUT_AMOUNTS
    path, fewer = written(tmp_path, text), ["fractions=[0.5, 1.0]"]
    assert [claim.name for claim in load(path).protocol.claims] == ["small-fraction", "keeps", "holds"]
    protocol = load(path, fewer).protocol
    assert [claim.name for claim in protocol.claims] == ["small-fraction"]
    assert load(path, fewer).left_out == ("keeps", "holds")
    assert load(path).left_out == ()


def test_a_claim_about_an_amount_that_the_file_itself_lacks_is_a_mistake(tmp_path: Path) -> None:
    wrong = SOUND + ABOUT_AMOUNTS.splitlines()[0].replace("0.1", "0.2") + "\n"
    assert "claims.1.at: expected a fraction below the largest (0.01, 0.1)" in complaint(tmp_path, wrong)
    both = complaint(tmp_path, wrong.replace("share: 0.8", "share: 8"), "fractions=[0.5, 1.0]")
    assert "claims.1.share: expected less than 1" in both


@pytest.mark.parametrize(
    ("instead", "told"),
    [
        ("seeds:", "seeds: expected a whole number, found nothing"),
        ("seeds: 0", "seeds: expected at least 1, found 0"),
        ("seeds: [3]", "seeds: expected a whole number, found a list of 1 item"),
        ("strata: {a: 1, b: 2}", "strata: expected 'entity_type' or 'none', found a mapping of 2 keys"),
        ("strata: 3", "strata: expected 'entity_type' or 'none', found 3"),
        ("strata: [none]", "strata: expected 'entity_type' or 'none', found a list of 1 item"),
        ("device: gpu", "device: expected 'auto', 'cpu' or 'cuda', found 'gpu'"),
        ("training: 3", "training: expected keys and values, found 3"),
        ("training: [3]", "training: expected keys and values, found a list of 1 item"),
        ("training: {learning_rate: .inf}", "training.learning_rate: expected a finite number, found inf"),
        ("training: {epochs: 1.5}", "training.epochs: expected a whole number, found 1.5"),
        ("training: {mixed_precision: 1}", "training.mixed_precision: expected true or false, found 1"),
    ],
)
def test_a_message_that_refuses_a_value_shows_it(tmp_path: Path, instead: str, told: str) -> None:
    text = SOUND.replace("seeds: 3\n", "").replace("training: {epochs: 25, learning_rate: 1e-5}\n", "")
    assert told in complaint(tmp_path, text + instead)


@pytest.mark.parametrize(
    ("instead", "told"),
    [
        ("systems: 3", "systems: expected keys and values, found 3"),
        ("systems: [sprm]", "systems: expected keys and values, found a list of 1 item"),
        ("systems: {}", "systems: expected at least 1 of these, found an empty mapping"),
        ("systems: {sprm: sprm}", "systems.sprm: expected keys and values, found 'sprm'"),
        ("systems: {sprm: {}}", f"systems.sprm: needs a kind; valid: {', '.join(KINDS)}"),
        ("systems: {sprm: {kind: 3}}", f"systems.sprm.kind: expected {QUOTED}, found 3"),
        ("systems: {sprm: {kind: [a]}}", "'sprm_plus', found a list of 1 item"),
    ],
)
def test_systems_of_a_wrong_shape_are_shown(tmp_path: Path, instead: str, told: str) -> None:
    assert told in complaint(tmp_path, f"name: x\nfractions: [1]\n{instead}\n")


@pytest.mark.parametrize(
    ("corpus", "told"),
    [
        ("scenes", "corpus: expected keys and values, found 'scenes'"),
        ("", "corpus: expected keys and values, found nothing"),
        ("[scenes]", "corpus: expected keys and values, found a list of 1 item"),
        ("{seed: 3}", "corpus: needs a kind; valid: captions, flickr30k, refcoco, referit, scenes"),
        ("{kind: referit, root: [a]}", "corpus.root: expected text, found a list of 1 item"),
        ("{kind: referit, root: a, words: 3}", "corpus.words: expected text, or expected 'built-in', found 3"),
        (
            "{kind: referit, root: a, heads: x}",
            "corpus.heads: expected 'rule', or 'spacy:' and the name of a pipeline, ",
        ),
        ("{kind: referit, root: a, heads: 'spacy:'}", "found 'spacy:'"),
        (
            "{kind: referit, root: a, detector: {at_least: 9, at_most: 3}}",
            "corpus.detector: expected at_least to be no more than at_most, found 9 and 3",
        ),
        ("{kind: referit, root: a, detector: {score: 2}}", "corpus.detector.score: expected at most 1, found 2"),
        ("{kind: refcoco, root: a, split_by: unc, test: val}", "corpus.dataset: missing"),
        (
            "{kind: refcoco, root: a, dataset: refcocoplus, split_by: unc, test: val}",
            "corpus.dataset: expected 'refcoco', 'refcoco+' or 'refcocog', found 'refcocoplus'",
        ),
    ],
)
def test_a_corpus_of_a_wrong_shape_is_shown(tmp_path: Path, corpus: str, told: str) -> None:
    assert told in complaint(tmp_path, SOUND.replace("{kind: scenes, seed: 0}", corpus))


@pytest.mark.parametrize(
    ("dataset", "split_by", "test", "told"),
    [
        ("refcoco", "umd", "test", "split_by: expected 'unc' for refcoco, found 'umd'"),
        ("refcoco", "google", "val", "split_by: expected 'unc' for refcoco, found 'google'"),
        ("refcoco+", "google", "val", "split_by: expected 'unc' for refcoco+, found 'google'"),
        ("refcocog", "unc", "testA", "split_by: expected 'umd' or 'google' for refcocog, found 'unc'"),
        (
            "refcoco",
            "unc",
            "test",
            "test: expected 'val' or 'testA' or 'testB' for refcoco divided by unc, found 'test'",
        ),
        ("refcocog", "umd", "testB", "test: expected 'val' or 'test' for refcocog divided by umd, found 'testB'"),
        ("refcocog", "google", "test", "test: expected 'val' for refcocog divided by google, found 'test'"),
        ("refcoco", "berkeley", "testA", "split_by: expected 'unc', 'umd' or 'google', found 'berkeley'"),
    ],
)
def test_a_division_that_a_data_set_does_not_have_is_one_mistake_that_names_those_it_has(
    tmp_path: Path, dataset: str, split_by: str, test: str, told: str
) -> None:
    corpus = f"{{kind: refcoco, root: a, dataset: {dataset}, split_by: {split_by}, test: {test}}}"
    complained = complaint(tmp_path, SOUND.replace("{kind: scenes, seed: 0}", corpus))
    assert complained.startswith(f"{tmp_path}/protocol.yaml: line 2: corpus.{told}")
    assert len(complained.splitlines()) == 1


@pytest.mark.parametrize(
    ("claims", "told"),
    [
        ("3", "claims: expected a list, found 3"),
        ("{a: 1}", "claims: expected a list, found a mapping of 1 key"),
        ("[3]", "claims.0: expected keys and values, found 3"),
        ("[{name: a}]", "claims.0: needs a kind; valid: above_reference, better_than, competitive, "),
        ("[{name: a, kind: robust, claim: [x], controls: x}]", "claims.0.claim: expected text, found a list of 1 item"),
        ("[{name: a, kind: robust, claim: x, controls: x}]", "claims.0.controls: expected a list, found 'x'"),
    ],
)
def test_claims_of_a_wrong_shape_are_shown(tmp_path: Path, claims: str, told: str) -> None:
    text = SOUND.partition("claims:")[0]
    assert told in complaint(tmp_path, f"{text}claims: {claims}\n")


def test_a_mistake_in_a_merged_key_is_told_at_the_line_where_it_stands(tmp_path: Path) -> None:
    text = "name: x\nfractions: [1]\nsystems:\n  a: &a\n    kind: sprm\n    omega: 3\n  b:\n    <<: *a\n    epochs: 0\n"
    assert complaint(tmp_path, text).splitlines()[1:] == [
        "  line 6: systems.a.omega: expected at most 1, found 3",
        "  line 6: systems.b.omega: expected at most 1, found 3",
        "  line 9: systems.b.epochs: expected at least 1, found 0",
    ]


def test_systems_may_share_settings_by_merge_keys(tmp_path: Path) -> None:
    text = SOUND.replace("sprm: {kind", "sprm: &shared {kind").replace(
        "training:", "  half: {<<: *shared, omega: 0.5}\n#"
    )
    protocol = load(written(tmp_path, text)).protocol
    assert protocol.systems["half"] == Sprm(kind="sprm", omega=0.5, epochs=7)
    assert protocol.trained == ("sprm", "half")


def test_line_ends_and_a_byte_order_mark_of_another_system_change_nothing(tmp_path: Path) -> None:
    protocol = load(written(tmp_path, SOUND)).protocol
    (tmp_path / "other.yaml").write_bytes(("\ufeff" + SOUND.replace("\n", "  \r\n")).encode())
    assert load(tmp_path / "other.yaml").protocol == protocol
