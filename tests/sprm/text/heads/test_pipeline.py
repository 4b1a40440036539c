from __future__ import annotations

import json
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from noun_pipeline import write_pipeline
from places import ROOT

from sprm.errors import DataError, ProtocolError
from sprm.settings import Rules
from sprm.text.heads import head_finder, identity
from sprm.text.heads.pipeline import PipelineHeads
from sprm.text.tokens import tokenize


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pipeline(tmp_path_factory.mktemp("pipelines") / "few_nouns")


@pytest.fixture(scope="module")
def finder(folder: Path) -> PipelineHeads:
    return PipelineHeads(str(folder))


@pytest.mark.parametrize(
    ("text", "heads"),
    [
        ("a man in a black tank top", ["man", "top"]),
        ("A Group of People", ["group", "people"]),
        ("it", ["it"]),
        ("a dog by a dog", ["dog", "dog"]),
    ],
)
def test_the_heads_are_the_roots_of_the_noun_chunks(finder: PipelineHeads, text: str, heads: list[str]) -> None:
    assert finder.heads([text]) == [heads]


@pytest.mark.parametrize(("text", "heads"), [("a red kite", ["kite"]), ("% of it all kites %", ["it"]), ("  ", [])])
def test_a_phrase_without_a_noun_chunk_takes_the_heads_of_the_rule(
    finder: PipelineHeads, text: str, heads: list[str]
) -> None:
    assert finder.heads([text]) == [heads]


def test_a_root_that_is_no_plain_word_gives_the_words_in_it(finder: PipelineHeads) -> None:
    assert finder.heads(["left_right", "%", "50 %"]) == [["left", "right"], [], ["50"]]


def test_phrases_keep_their_order_and_may_come_again(finder: PipelineHeads) -> None:
    phrases = ["a dog", "", "a man", "a dog"] * 300
    assert finder.heads(phrases) == [["dog"], [], ["man"], ["dog"]] * 300


@given(st.lists(st.text(max_size=30), max_size=5))
def test_heads_are_words_in_lower_case_and_there_is_one_wherever_there_is_a_word(
    finder: PipelineHeads, phrases: list[str]
) -> None:
    for text, heads in zip(phrases, finder.heads(phrases), strict=True):
        assert all(head and head == head.lower() and not head.split()[1:] for head in heads)
        assert heads or not tokenize(text, Rules.corrected)


def test_components_that_noun_chunks_do_not_need_are_not_loaded(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "copy")
    shutil.rmtree(tmp_path / "copy" / "ner")
    assert PipelineHeads(str(tmp_path / "copy")).heads(["a man"]) == [["man"]]


def test_a_finder_bears_the_name_of_its_setting(folder: Path) -> None:
    assert head_finder("rule").name == "rule"
    assert head_finder(f"spacy:{folder}").name == f"spacy:{folder}"


def test_identity_names_the_pipeline_by_what_it_says_of_itself(folder: Path) -> None:
    assert identity("rule") == "rule"
    assert identity(f"spacy:{folder}") == f"spacy:en_few_nouns 1.2.3, spaCy {metadata.version('spacy')}"


def test_a_package_is_found_by_name_in_either_layout(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "en_few_nouns"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('a pipeline is data')", encoding="utf-8")
    (package / "en_few_nouns-1.2.3").symlink_to(folder)
    monkeypatch.syspath_prepend(tmp_path)
    assert identity("spacy:en_few_nouns") == identity(f"spacy:{folder}")
    assert head_finder("spacy:en_few_nouns").heads(["a man"]) == [["man"]]
    (package / "meta.json").write_bytes((folder / "meta.json").read_bytes())
    assert identity("spacy:en_few_nouns") == identity(f"spacy:{folder}")
    assert head_finder("spacy:en_few_nouns").heads(["a man"]) == [["man"]]


def test_spacy_is_not_imported_unless_a_pipeline_is_loaded(folder: Path) -> None:
    program = f"""
import sys
from sprm.text.heads import head_finder, identity
head_finder("rule").heads(["a dog"])
identity({f"spacy:{folder}"!r})
assert "spacy" not in sys.modules
head_finder({f"spacy:{folder}"!r})
assert "spacy" in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)


def test_without_spacy_the_error_says_how_to_install_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "spacy", None)
    with pytest.raises(DataError, match=r"needs spaCy; pip install sprm-bench\[spacy\]"):
        identity(f"spacy:{folder}")
    with pytest.raises(DataError, match=r"needs spaCy; pip install sprm-bench\[spacy\]"):
        head_finder(f"spacy:{folder}")


@pytest.mark.parametrize("name", ["en_core_web_missing", "json", "json.tool", "__main__", "nowhere/at/all"])
def test_what_is_no_pipeline_is_not_imported_and_the_error_says_how_to_get_one(name: str) -> None:
    with pytest.raises(DataError, match=rf"no spaCy pipeline {name}, .*python -m spacy download {name}"):
        head_finder(f"spacy:{name}")


def test_a_package_around_a_dotted_name_is_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "harmful").mkdir()
    (tmp_path / "harmful" / "__init__.py").write_text("raise RuntimeError('imported')", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("harmful", "harmful.part"):
        with pytest.raises(DataError, match="no spaCy pipeline"):
            identity(f"spacy:{name}")


def test_a_pipeline_without_a_parser_is_refused(tmp_path: Path) -> None:
    spacy.blank("en").to_disk(tmp_path)
    with pytest.raises(DataError, match="has no parser, but noun chunks need one"):
        head_finder(f"spacy:{tmp_path}")


def test_a_pipeline_of_a_language_without_noun_chunks_is_refused(tmp_path: Path) -> None:
    spacy.blank("xx").to_disk(tmp_path)
    with pytest.raises(DataError, match="no noun chunks in the language 'xx'"):
        head_finder(f"spacy:{tmp_path}")


@pytest.mark.parametrize("text", ["{", "[]", '{"lang": "en"}'])
def test_a_malformed_description_is_told_with_its_path(tmp_path: Path, text: str) -> None:
    (tmp_path / "meta.json").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"meta\.json: expected a spaCy pipeline's description"):
        identity(f"spacy:{tmp_path}")


def test_a_pipeline_without_its_configuration_is_told(tmp_path: Path) -> None:
    meta = {"lang": "en", "name": "empty", "version": "1.0.0"}
    (tmp_path / "meta.json").write_text(json.dumps(meta), encoding="utf-8")
    with pytest.raises(DataError, match=r"config\.cfg of a spaCy pipeline is missing"):
        identity(f"spacy:{tmp_path}")


def test_a_pipeline_that_spacy_cannot_load_is_told(folder: Path, tmp_path: Path) -> None:
    for name in ("meta.json", "config.cfg"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    config = tmp_path / "config.cfg"
    config.write_text(config.read_text(encoding="utf-8").replace('"attribute_ruler"', '"no_such"'), encoding="utf-8")
    with pytest.raises(DataError, match="spaCy cannot load this pipeline"):
        head_finder(f"spacy:{tmp_path}")


@pytest.mark.parametrize("setting", ["", "Rule", "spacy", "spacy:", "nltk:en"])
def test_another_setting_is_refused(setting: str) -> None:
    for ask in (head_finder, identity):
        with pytest.raises(ProtocolError, match="expected rule, or spacy: and a pipeline"):
            ask(setting)
