from __future__ import annotations

import collections
import os
import pickle
import resource
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sprm.errors import DataError
from sprm.files.pickles import load_plain

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
keys = st.integers() | st.text(max_size=5)
plain = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner, inner) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=10,
)


class Runs:
    """Unpickled by Python's own unpickler, it calls what it is made of."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[Any, ...]:
        return self.call


@given(value=plain, protocol=st.integers(0, pickle.HIGHEST_PROTOCOL))
def test_plain_containers_come_back_whatever_protocol_wrote_them(
    tmp_path_factory: pytest.TempPathFactory, value: object, protocol: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "plain.pkl"
    path.write_bytes(pickle.dumps(value, protocol=protocol))
    assert load_plain(path) == value


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_sets_are_plain_containers_too(tmp_path: Path, protocol: int) -> None:
    path = tmp_path / "sets.pkl"
    path.write_bytes(pickle.dumps([{1, 2}, frozenset("ab")], protocol=protocol))
    assert load_plain(path) == [{1, 2}, frozenset("ab")]


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (Runs(os.mkdir, "attacked"), r"(posix|nt)\.mkdir"),
        (Runs(eval, "1 + 1"), r"builtins\.eval"),
        (Runs(getattr, {}, "clear"), r"builtins\.getattr"),
        (collections.OrderedDict(a=1), r"collections\.OrderedDict"),
        (complex(1, 2), r"builtins\.complex"),
        (Path("x"), r"pathlib"),
    ],
)
def test_anything_else_is_refused_by_its_name_and_does_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: object, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "strange.pkl"
    path.write_bytes(pickle.dumps(value, protocol=3))
    with pytest.raises(DataError, match=rf"strange\.pkl: not a pickle that can be read: it asks for {name}"):
        load_plain(path)
    assert not Path("attacked").exists()


@pytest.mark.parametrize("content", [b"", b"no pickle", pickle.dumps({1: 2}, protocol=3)[:-3]])
def test_a_truncated_or_foreign_file_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.pkl"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"broken\.pkl: not a pickle that can be read"):
        load_plain(path)
    with pytest.raises(DataError, match=r"nowhere\.pkl: cannot be read: No such file"):
        load_plain(tmp_path / "nowhere.pkl")


@pytest.mark.parametrize("target", [b"cbuiltins\nset\n", b"cbuiltins\nfrozenset\n", b"]", b"}"])
def test_nothing_is_given_another_state(tmp_path: Path, target: bytes) -> None:
    path = tmp_path / "state.pkl"
    # With default arguments of a stranger's, every later set would hold what he put there.
    path.write_bytes(b"\x80\x03" + target + b"N}X\x0c\x00\x00\x00__defaults__](K\x07e\x85s\x86b.")
    with pytest.raises(DataError, match=r"state\.pkl: not a pickle that can be read"):
        load_plain(path)
    path.write_bytes(pickle.dumps(set(), protocol=2))
    assert load_plain(path) == set()


@given(st.binary(max_size=60))
def test_no_bytes_escape_as_another_error(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "noise.pkl"
    path.write_bytes(content)
    try:
        load_plain(path)
    except DataError as error:
        assert error.path == path


@pytest.mark.parametrize(
    "content",
    [
        b"\x80\x05\x96" + (3 * 2**30).to_bytes(8, "little") + b".",
        b"\x80\x05\x8e" + (3 * 2**30).to_bytes(8, "little") + b".",
        b"\x80\x05\x8d" + (3 * 2**30).to_bytes(8, "little") + b".",
        b"\x80\x03r\xff\xff\xff\x7f.",
    ],
)
def test_a_pickle_of_a_few_bytes_does_not_fill_the_memory(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "large.pkl"
    path.write_bytes(content)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(DataError, match=r"large\.pkl: not a pickle that can be read"):
        load_plain(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 2**20


@pytest.mark.parametrize(
    "content",
    [
        b"\x80\x03})" + b"\x85" * 300_000 + b"K\x01s.",
        b"\x80\x03}()" + b"\x85" * 300_000 + b"K\x01u.",
        b"\x80\x04\x8f()" + b"\x85" * 300_000 + b"\x90.",
        b"\x80\x04()" + b"\x85" * 300_000 + b"\x91.",
        b"\x80\x03cbuiltins\nset\n](" + b")" + b"\x85" * 300_000 + b"e\x85R.",
    ],
)
def test_a_key_that_nests_without_end_is_refused_before_it_is_hashed(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "deep.pkl"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"deep\.pkl: .* a key, or a member of a set, is neither text nor a number"):
        load_plain(path)
