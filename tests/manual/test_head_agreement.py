from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import spacy
from head_agreement import Agreement, agreement, disagreements, read_phrases
from hypothesis import given
from hypothesis import strategies as st
from places import ROOT

from sprm.errors import DataError

PHRASES = Path(__file__).with_name("phrases.txt")

heads = st.lists(st.sampled_from(["man", "dog", "hat"]), max_size=3)


def compare(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "tests/manual/head_agreement.py", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env={"COLUMNS": "120"})


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A pipeline that takes every word but `a` and `of` for the root of a noun chunk."""
    language = spacy.blank("en", meta={"name": "all_nouns", "version": "1.0.0"})
    ruler: Any = language.add_pipe("attribute_ruler")
    ruler.add([[{"LOWER": {"NOT_IN": ["a", "of"]}}]], {"POS": "NOUN", "DEP": "ROOT"})
    folder = tmp_path_factory.mktemp("pipelines") / "all_nouns"
    language.to_disk(folder)
    return f"spacy:{folder}"


def test_agreement_counts_equal_sets_common_heads_and_equal_first_heads() -> None:
    ours = [["man"], ["group"], ["top"], ["hat", "dog"]]
    theirs = [["man"], ["group", "people"], ["man"], ["dog", "hat"]]
    assert agreement(ours, theirs) == Agreement(phrases=4, same=0.5, sharing=0.75, same_first=0.5)


@given(st.lists(st.tuples(heads, heads), min_size=1))
def test_agreement_does_not_mind_which_finder_comes_first(pairs: list[tuple[list[str], list[str]]]) -> None:
    ours, theirs = [one for one, _ in pairs], [other for _, other in pairs]
    assert agreement(ours, theirs) == agreement(theirs, ours)
    assert agreement(ours, ours).same == agreement(ours, ours).same_first == 1


@pytest.mark.parametrize(("ours", "theirs"), [([], []), ([["man"]], [])])
def test_what_cannot_be_compared_is_refused(ours: list[list[str]], theirs: list[list[str]]) -> None:
    with pytest.raises(ValueError, match=r"no phrases|shorter"):
        agreement(ours, theirs)


def test_disagreements_without_a_common_head_come_first_and_short_ones_before_long_ones() -> None:
    phrases = ["a group of people", "a man", "a long red hat", "a hat", "man and dog"]
    ours = [["group"], ["man"], ["hat"], ["hat"], ["man", "dog"]]
    theirs = [["group", "people"], ["man"], ["red"], ["a"], ["dog"]]
    found = disagreements(phrases, ours, theirs)
    assert [case.phrase for case in found] == ["a hat", "a long red hat", "man and dog", "a group of people"]
    assert (found[0].ours, found[0].theirs) == (["hat"], ["a"])


def test_phrases_are_read_one_a_line(tmp_path: Path) -> None:
    path = tmp_path / "phrases.txt"
    path.write_text("a dog\n\n  the café \n", encoding="utf-8")
    assert read_phrases(path) == ["a dog", "the café"]


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xff\xfe"])
def test_a_file_without_readable_phrases_is_told_with_its_path(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "phrases.txt"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"phrases\.txt: .*one a line"):
        read_phrases(path)


def test_the_command_prints_the_shares_and_the_disagreements(tmp_path: Path, pipeline: str) -> None:
    path = tmp_path / "phrases.txt"
    path.write_text("a dog\na group of people\na [red] hat\na cat\n", encoding="utf-8")
    done = compare(path, "--pipeline", pipeline)
    assert (done.returncode, done.stderr) == (0, "")
    assert "4 phrases, the rule and spacy:en_all_nouns 1.0.0, spaCy " in done.stdout
    assert " 50.0%  the same heads" in done.stdout
    assert "100.0%  at least one head in common" in done.stdout
    assert " 75.0%  the same first head" in done.stdout
    assert "a [red] hat" in done.stdout


def test_the_command_answers_in_json(tmp_path: Path, pipeline: str) -> None:
    path = tmp_path / "phrases.txt"
    path.write_text("a dog\na group of people\n", encoding="utf-8")
    answer = json.loads(compare(path, "--pipeline", pipeline, "--json").stdout)
    assert (answer["phrases"], answer["same"], answer["sharing"], answer["same_first"]) == (2, 0.5, 1, 1)
    assert answer["disagreements"] == [
        {"phrase": "a group of people", "ours": ["group"], "theirs": ["group", "people"]}
    ]


def test_a_mistake_is_told_in_a_line_and_by_the_exit_code(tmp_path: Path) -> None:
    done = compare(tmp_path / "missing.txt", "--pipeline", "spacy:missing")
    assert done.returncode == 2
    assert "missing.txt: cannot be read" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_list_of_phrases_is_long_and_has_none_twice() -> None:
    phrases = read_phrases(PHRASES)
    assert len(set(phrases)) == len(phrases) >= 520
