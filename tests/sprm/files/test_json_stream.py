from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sprm.errors import DataError
from sprm.files.json_stream import json_items, json_list, json_members

scalars = (
    st.none()
    | st.booleans()
    | st.integers(1 - 2**63, 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6)
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)
objects = st.dictionaries(st.text(max_size=4).filter(lambda key: key == key.strip()), values, max_size=6)


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "some.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def members(path: Path, *wanted: str) -> dict[str, Any]:
    return dict(json_members(path, wanted))


def items(path: Path, *names: str) -> list[tuple[str, Any]]:
    return list(json_items(path, names))


@given(content=objects, ascii=st.booleans(), indent=st.none() | st.integers(0, 3))
def test_members_are_what_reading_the_whole_file_gives(
    tmp_path_factory: pytest.TempPathFactory, content: dict[str, Any], ascii: bool, indent: int | None
) -> None:
    path = written(tmp_path_factory.getbasetemp(), json.dumps(content, ensure_ascii=ascii, indent=indent))
    assert members(path, *content) == json.loads(path.read_bytes())


@given(content=objects, data=st.data())
def test_members_that_nobody_wants_are_passed_over(
    tmp_path_factory: pytest.TempPathFactory, content: dict[str, Any], data: st.DataObject
) -> None:
    wanted = data.draw(st.sets(st.sampled_from(["absent", *content])))
    path = written(tmp_path_factory.getbasetemp(), json.dumps(content))
    assert members(path, *wanted) == {key: value for key, value in content.items() if key in wanted}


@given(st.dictionaries(st.sampled_from("abc"), st.lists(values, max_size=5)))
def test_items_come_with_the_name_of_their_list_in_the_order_of_the_file(
    tmp_path_factory: pytest.TempPathFactory, content: dict[str, list[Any]]
) -> None:
    path = written(tmp_path_factory.getbasetemp(), json.dumps(content))
    assert items(path, "a", "b") == [(name, one) for name, found in content.items() if name != "c" for one in found]


@given(content=st.lists(values, max_size=6), indent=st.none() | st.integers(0, 3))
def test_a_list_is_what_reading_the_whole_file_gives(
    tmp_path_factory: pytest.TempPathFactory, content: list[Any], indent: int | None
) -> None:
    path = written(tmp_path_factory.getbasetemp(), json.dumps(content, indent=indent))
    assert list(json_list(path)) == content


@pytest.mark.parametrize("text", ['{"a": [1]}', "7", "null"])
def test_what_is_no_list_is_named(tmp_path: Path, text: str) -> None:
    with pytest.raises(DataError, match=r"some\.json: expected a list, \[\.\.\.\], found"):
        list(json_list(written(tmp_path, text)))


@pytest.mark.parametrize("text", ["", "[1, 2", "[1, 2}", "[1] [2]", "[1, 2] and more", "[" * 30 + "]" * 30])
def test_a_list_that_is_cut_off_or_followed_by_something_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(DataError, match=r"some\.json: (not readable JSON|nests more than)"):
        list(json_list(written(tmp_path, text)))


def test_blanks_around_a_key_do_not_count(tmp_path: Path) -> None:
    assert members(written(tmp_path, '{" 7 ": 1, "8": 2}'), "7") == {"7": 1}
    with pytest.raises(DataError, match="7: this key appears twice"):
        members(written(tmp_path, '{"7 ": 1, "7": 2}'), "7")


def test_keys_that_nobody_wants_are_told(tmp_path: Path) -> None:
    passed: list[str] = []
    path = written(tmp_path, '{"7": 1, "8": {"9": 2}, "10": 3}')
    assert dict(json_members(path, {"8"}, passed.append)) == {"8": {"9": 2}}
    assert passed == ["7", "10"]


def test_a_value_longer_than_what_is_read_at_a_time_comes_whole(tmp_path: Path) -> None:
    content = {"a": [0.5] * 700_000, "long": "x" * 3_000_000, "b": {"c": 1}}
    assert members(written(tmp_path, json.dumps(content)), *content) == content


def test_numbers_keep_their_kind(tmp_path: Path) -> None:
    found = members(written(tmp_path, '{"a": [1, 1.0, 1e2, -0.5]}'), "a")["a"]
    assert [(type(number), number) for number in found] == [(int, 1), (float, 1), (float, 100), (float, -0.5)]


def test_lines_may_end_in_any_way(tmp_path: Path) -> None:
    for end in ("\n", "\r\n", "\r"):
        text = json.dumps({"a": [1, 2], "b": {"c": None}}, indent=1).replace("\n", end)
        assert members(written(tmp_path, text), "a", "b") == {"a": [1, 2], "b": {"c": None}}


def test_lists_and_objects_are_told_apart_by_the_first_thing_that_the_file_holds(tmp_path: Path) -> None:
    for text in ("[]", '[{"a": 1}]', "7", '"a"', "null", "true"):
        for read in (members, items):
            with pytest.raises(DataError, match=r"some\.json: expected an object"):
                read(written(tmp_path, text), "a")


@pytest.mark.parametrize("key", ["a", "b", "c"])
def test_a_key_that_is_there_twice_is_named_wanted_or_not(tmp_path: Path, key: str) -> None:
    path = written(tmp_path, '{"a": 1, "b": [2], "c": {"a": 3}, "' + key + '": 4}')
    with pytest.raises(DataError, match=rf"some\.json, {key}: this key appears twice"):
        members(path, "a", "b")


def test_a_list_that_is_there_twice_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"some\.json, a: this key appears twice"):
        items(written(tmp_path, '{"a": [1], "b": [], "a": [2]}'), "a")


@pytest.mark.parametrize("value", ["null", "7", '"[]"', "{}", '{"b": [1]}'])
def test_what_should_be_a_list_and_is_none_is_named(tmp_path: Path, value: str) -> None:
    with pytest.raises(DataError, match=r"some\.json, a: expected a list"):
        items(written(tmp_path, '{"a": ' + value + "}"), "a")
    assert items(written(tmp_path, '{"a": ' + value + "}"), "b") == []


@pytest.mark.parametrize("read", [members, items])
@pytest.mark.parametrize("wanted", [True, False])
@pytest.mark.parametrize(
    "value",
    ["[" * 1_000_000, '{"a":' * 1_000_000, "[" * 25 + "]" * 25, '[{"a":' * 12 + "1" + "}]" * 12],
    ids=["lists", "objects", "closed", "mixed"],
)
def test_a_file_that_nests_without_end_is_refused_wanted_or_not(
    tmp_path: Path, read: Any, wanted: bool, value: str
) -> None:
    path = written(tmp_path, '{"a": ' + ("[" if read is items else "") + value)
    with pytest.raises(DataError, match=r"some\.json: nests more than 20 levels of lists and objects"):
        read(path, "a" if wanted else "b")


@pytest.mark.parametrize("read", [members, items])
@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "{", '{"a"', '{"a":', '{"a": [', '{"a": [1', '{"a": [1]', '{"a": [1],', '{"a": [1],}'),
        *('{"a": [1 2]}', '{"a": [1]} {}', '{"a": [1]}]', "{'a': [1]}", "{a: [1]}", '{"a": [01]}', "{1: [1]}"),
        *('{"a": [NaN]}', '{"a": [Infinity]}', '{"a": [-Infinity]}', '{"a": [nan]}', '{"a": [None]}'),
        *('{"a": ["\n"]}', '{"a": ["\\x"]}', '{"a": ["]}', "/* */ {}", "\x00"),
    ],
)
def test_what_is_no_json_is_named(tmp_path: Path, read: Any, text: str) -> None:
    with pytest.raises(DataError, match=r"some\.json: not readable JSON: \S"):
        read(written(tmp_path, text), "a")


@pytest.mark.parametrize("read", [members, items])
@pytest.mark.parametrize("content", [b'{"a": ["\xff"]}', b'{"\xff": 1}', b"\x80\x03}.", b'{"a": "\x1b[2J\xff"}'])
def test_bytes_that_are_no_text_are_told_as_text_that_can_be_printed(tmp_path: Path, read: Any, content: bytes) -> None:
    with pytest.raises(DataError, match=r"some\.json: not readable JSON: lexical error: ") as told:
        read(written(tmp_path, content), "a")
    assert told.value.problem.isprintable()


@pytest.mark.parametrize("read", [members, items])
def test_text_in_utf_16_is_named(tmp_path: Path, read: Any) -> None:
    with pytest.raises(DataError, match=r"some\.json: is text in UTF-16; save it as UTF-8"):
        read(written(tmp_path, '{"a": [1]}'.encode("utf-16")), "a")


@given(st.binary(max_size=40) | st.text('{}[]",:a1 \\', max_size=40).map(str.encode))
def test_no_bytes_escape_as_another_error(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = written(tmp_path_factory.getbasetemp(), content)
    for read in (members, items):
        try:
            read(path, "a", "")
        except DataError as error:
            assert error.path == path


@given(content=objects, data=st.data())
def test_a_file_cut_off_anywhere_is_refused(
    tmp_path_factory: pytest.TempPathFactory, content: dict[str, Any], data: st.DataObject
) -> None:
    whole = json.dumps(content).encode()
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(DataError, match=r"some\.json: not readable JSON"):
        members(written(tmp_path_factory.getbasetemp(), whole[:cut]), *content)


@pytest.mark.parametrize("read", [members, items])
def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path, read: Any) -> None:
    with pytest.raises(DataError, match=r"nowhere\.json: cannot be read: No such file"):
        read(tmp_path / "nowhere.json", "a")
    with pytest.raises(DataError, match="cannot be read: Is a directory"):
        read(tmp_path, "a")


def test_a_byte_order_mark_is_no_part_of_the_json(tmp_path: Path) -> None:
    path = tmp_path / "marked.json"
    path.write_bytes(b"\xef\xbb\xbf" + b'{"7": [1, 2]}')
    assert list(json_members(path, {"7"})) == [("7", [1, 2])]
