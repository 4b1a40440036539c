from __future__ import annotations

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bench.located_yaml import Value, dump, parse, scalar

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
