from __future__ import annotations

import math

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from bench.protocol.yaml_source import Value, described, dump, parse, scalar

ATOMS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
DOCUMENTS = st.recursive(
    ATOMS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("1.E+5", 100000.0),
        (".5", 0.5),
        ("010", 10),
        ("-3", -3),
        ("~", None),
        ("", None),
        ("true", True),
        ("-.inf", -math.inf),
        ("no", "no"),
        ("on", "on"),
        ("y", "y"),
        ("1:30", "1:30"),
        ("2024-01-01", "2024-01-01"),
        ("1_000", "1_000"),
        ("0x1F", "0x1F"),
        ("1e999", "1e999"),
        (500 * "9", 500 * "9"),
    ],
)
def test_scalars_follow_yaml_1_2(text: str, value: object) -> None:
    found = scalar(text)
    assert found == value
    assert type(found) is type(value)


def test_quoted_scalars_are_text() -> None:
    assert parse("a: '1e-3'").value == {"a": "1e-3"}


@given(DOCUMENTS)
@example({"1e3": ["1e3", "no", "010"]})
@example({"<<": "<<", "=": "="})
@example([5000 * "9", "1e999", "!!int", "*a", "&a"])
def test_what_is_dumped_is_read_back(value: Value) -> None:
    document = parse(dump(value))
    assert document.problems == []
    assert document.value == value


def test_each_key_and_item_knows_its_line() -> None:
    document = parse("a:\n  b: 1\n  c:\n    - x\n    - y: 2\n")
    assert document.place(("a", "b")) == 2
    assert document.place(("a", "c", 1, "y")) == 5
    assert document.place(("a", "unknown")) == 1


def test_a_key_given_twice_is_a_problem_with_both_lines() -> None:
    (problem,) = parse("a: 1\nb: 2\na: 3\n").problems
    assert (problem.place, problem.location) == (3, ("a",))
    assert problem.message == "given twice, first on line 1"


def test_a_tab_is_told_as_such() -> None:
    (problem,) = parse("a:\n\tb: 1\n").problems
    assert problem.place == 2
    assert "tab" in problem.message


def test_an_unclosed_bracket_is_told_with_its_line() -> None:
    (problem,) = parse("a: [1, 2\nb: 3\n").problems
    assert problem.place == 2
    assert problem.message.startswith("not valid YAML")


def test_an_alias_to_its_own_parent_is_a_problem() -> None:
    assert "alias" in parse("a: &x [*x]").problems[0].message


def test_two_documents_in_one_file_are_a_problem() -> None:
    assert parse("a: 1\n---\nb: 2\n").problems


@pytest.mark.parametrize(
    "text",
    [
        "a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}",
        "a: &a {x: 1, y: 2}\nb: {y: 3, <<: *a}",
        "a: &a {x: 1}\nb: &b {x: 2, y: 2}\nc: {<<: [*a, *b], z: 3}",
        "a: &a {x: 1}\nb: &b {x: 2, y: 2}\nc: {<<: [*b, *a], z: 3}",
        "a: &a {x: 1}\nb: &b {<<: *a, y: {x: 2}}\nc: {<<: *b, x: 3}",
        "a: &a {x: [1, {z: 1}]}\nb: {<<: *a}\nc: *a",
        "b: {<<: {x: 1}, y: 2}",
        "b:\n  <<: [{x: 1}, {x: 2, y: 2}]\n  y: 3",
        "b: {<<: []}",
        "<<: {x: 1}\ny: 2",
        "b: {<<: {x: 1}, x: null}",
    ],
)
def test_merge_keys_mean_what_they_mean_in_yaml_1_1(text: str) -> None:
    document = parse(text)
    assert document.problems == []
    assert document.value == yaml.safe_load(text)


def test_a_merged_key_stands_where_it_was_written_and_an_own_one_where_it_is() -> None:
    document = parse("a: &a\n  x: 1\n  y: [1,\n    2]\nb:\n  <<: *a\n  x: 3\n")
    assert document.value == {"a": {"x": 1, "y": [1, 2]}, "b": {"x": 3, "y": [1, 2]}}
    assert document.place(("b", "y")) == 3
    assert document.place(("b", "y", 1)) == 4
    assert document.place(("b", "x")) == 7


@pytest.mark.parametrize(
    ("merged", "found"),
    [
        ("3", "3"),
        ("text", "'text'"),
        ("~", "nothing"),
        ("[{x: 1}, 4]", "4"),
        ("[[{x: 1}]]", "a list of 1 item"),
        ("*a", "'text'"),
    ],
)
def test_a_merge_of_what_is_no_mapping_is_a_problem_that_says_so(merged: str, found: str) -> None:
    (problem,) = parse(f"a: &a text\nb:\n  <<: {merged}\n").problems
    assert problem.message == f"expected a mapping to merge, or a list of such, found {found}"
    assert problem.location == ("b", "<<")
    assert problem.place == (1 if merged == "*a" else 3)


@pytest.mark.parametrize("key", ["'<<'", '"<<"'])
def test_a_quoted_merge_key_is_an_ordinary_key(key: str) -> None:
    document = parse(f"a: {{{key}: {{x: 1}}, <<: {{y: 2}}}}")
    assert document.problems == []
    assert document.value == {"a": {"<<": {"x": 1}, "y": 2}}


def test_a_merge_key_may_be_given_once() -> None:
    (problem,) = parse("a:\n  <<: {x: 1}\n  <<: {y: 1}\n").problems
    assert problem.message == "given twice, first on line 2"


def test_a_mistake_in_a_mapping_that_aliases_repeat_is_told_once() -> None:
    (problem,) = parse("a: &a {x: 1, x: 2}\nb: {<<: *a}\nc: [*a, *a]\n").problems
    assert problem.location == ("a", "x")


@pytest.mark.parametrize(
    "text",
    ["a: 1\r\nb:\r\n  - 2\r\n", "a: 1   \nb:  \n  - 2 \n", "\ufeffa: 1\nb:\n  - 2", "a: 1\rb:\r  - 2\r"],
    ids=["CR LF", "trailing blanks", "BOM", "CR"],
)
def test_what_editors_leave_behind_changes_neither_values_nor_lines(text: str) -> None:
    document = parse(text)
    assert document.problems == []
    assert document.value == {"a": 1, "b": [2]}
    assert document.place(("b", 0)) == 3


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, "nothing"),
        (True, "true"),
        (1.5, "1.5"),
        (-math.inf, "-inf"),
        ("no", "'no'"),
        ("a\n\x1b", "'a\\n\\x1b'"),
        ([], "an empty list"),
        ([[1]], "a list of 1 item"),
        ({}, "an empty mapping"),
        ({"a": 1, "b": 2}, "a mapping of 2 keys"),
        (500 * "x", "'" + 59 * "x" + "..."),
    ],
)
def test_a_value_is_described_on_one_line_in_few_words(value: Value, told: str) -> None:
    assert described(value) == told
