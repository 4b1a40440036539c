from __future__ import annotations

import io
import os
import pickle
import resource
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from sprm.errors import DataError
from sprm.files.npz import LARGEST, Npz

numbers = arrays.arrays(
    dtype=st.sampled_from(["?", "i1", "<i4", "<i8", ">i8", "u2", "f2", "<f4", ">f4", "f8"]),
    shape=arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
)
records = st.dictionaries(st.text(max_size=5), numbers | st.integers() | st.text(max_size=5), max_size=4)


class Runs:
    """Unpickled by Python's own unpickler, it calls what it is made of."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[Any, ...]:
        return self.call


def as_npy(body: bytes, kind: str = "|O", shape: tuple[int, ...] = ()) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": kind, "fortran_order": False, "shape": shape})
    return file.getvalue() + body


def write_members(path: Path, packing: int = zipfile.ZIP_DEFLATED, **members: bytes) -> None:
    with zipfile.ZipFile(path, "w", packing) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)


def refused(path: Path, *, record: bool = False) -> str:
    with pytest.raises(DataError) as told, Npz(path) as npz:
        npz.record("a") if record else npz.numbers("a")
    assert str(told.value).startswith(str(path))
    return str(told.value)


@given(value=numbers, packed=st.booleans(), by_columns=st.booleans())
def test_numbers_come_back_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, value: np.ndarray, packed: bool, by_columns: bool
) -> None:
    path = tmp_path_factory.getbasetemp() / "some.npz"
    (np.savez_compressed if packed else np.savez)(path, a=np.asarray(value, order="F" if by_columns else "C"))
    with Npz(path) as npz:
        np.testing.assert_array_equal(npz.numbers("a"), value)
        assert "a" in npz
        assert "b" not in npz


@given(record=records)
def test_a_dict_of_arrays_numbers_and_texts_comes_back(
    tmp_path_factory: pytest.TempPathFactory, record: dict[str, Any]
) -> None:
    path = tmp_path_factory.getbasetemp() / "some.npz"
    np.savez(path, a=np.array(record, dtype=object))
    with Npz(path) as npz:
        found = npz.record("a")
    assert found.keys() == record.keys()
    for name, value in record.items():
        assert type(found[name]) is type(value)
        np.testing.assert_array_equal(found[name], value)


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_the_names_of_older_numpys_are_known(tmp_path: Path, protocol: int) -> None:
    plain = pickle.dumps(np.array({"n": np.arange(3)}, dtype=object), protocol=protocol)
    older = plain.replace(b"\x16numpy._core.multiarray", b"\x15numpy.core.multiarray")
    older = older.replace(b"cnumpy._core.multiarray", b"cnumpy.core.multiarray")
    # The length of a frame would have to follow.
    older = older[:2] + older[11:] if protocol == 4 else older
    write_members(tmp_path / "some.npz", a=as_npy(older))
    if protocol == 2:
        assert "it asks for _codecs.encode" in refused(tmp_path / "some.npz", record=True)
        return
    assert b"numpy.core" in older
    with Npz(tmp_path / "some.npz") as npz:
        np.testing.assert_array_equal(npz.record("a")["n"], np.arange(3))


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({"n": Runs(os.mkdir, "attacked")}, r"it asks for posix.mkdir"),
        ({"n": Runs(eval, "1 + 1")}, "it asks for builtins.eval"),
        ({"n": Runs(np.ndarray, (2**40,))}, "its content is not that of a pickle"),
        ({"n": np.array([{}, {}], dtype=object)}, "it holds an array of more than one object"),
        ({"n": np.array({}, dtype=object)}, "found 'n': an array of an object"),
        ({"n": np.array(["text"])}, "it holds an array of type 'U4', and only numbers are read"),
        ({"n": np.zeros(2, dtype="c8")}, "it holds an array of type 'c8', and only numbers are read"),
        ({"n": np.zeros(2, dtype=[("x", "f4")])}, "it holds an array of type 'V4', and only numbers are read"),
        ({"n": np.zeros(2, dtype="M8[s]")}, "it holds an array of type 'M8', and only numbers are read"),
        ({"n": np.float32(1)}, "it asks for numpy._core.multiarray.scalar"),
        ({"n": np.ma.masked_array([1, 2])}, "it asks for numpy.ma"),
        ({"n": [1, 2]}, "found 'n': [1, 2]"),
        ({"n": {"m": 1}}, "found 'n': dict of 1"),
        ({1: 2}, "found 1: 2"),
        ([1, 2], "expected a dict of arrays, found [1, 2]"),
        (None, "expected a dict of arrays, found None"),
    ],
)
def test_what_is_no_dict_of_arrays_is_refused_by_name_and_not_run(
    tmp_path: Path, value: object, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    held = np.empty((), dtype=object)
    held[()] = value
    np.savez(tmp_path / "some.npz", a=held)
    assert problem in refused(tmp_path / "some.npz", record=True)
    assert not (tmp_path / "attacked").exists()


RECONSTRUCT = b"cnumpy.core.multiarray\n_reconstruct\n"
ARRAY = RECONSTRUCT + b"(cnumpy\nndarray\n(K\x00tC\x01btR"
FLOATS = (
    b"cnumpy\ndtype\n(X\x02\x00\x00\x00f4\x89\x88tR(K\x03X\x01\x00\x00\x00<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (ARRAY + b"(K\x01(J\xff\xff\xff\x7fJ\xff\xff\xff\x7ft" + FLOATS + b"\x89C\x04abcdtb.", "found 4 bytes"),
        (ARRAY + b"(K\x01(J\xff\xff\xff\xffJ\xff\xff\xff\xfft" + FLOATS + b"\x89C\x04abcdtb.", "found 4 bytes"),
        (ARRAY + b"(K\x01(K\x01t" + FLOATS + b"\x89]tb.", "found []"),
        (ARRAY + b"(K\x01(K\x01tX\x02\x00\x00\x00f4\x89C\x04abcdtb.", "without a shape or a type"),
        (ARRAY + b"}b.", "it sets the state of something that is no array"),
        (RECONSTRUCT + b"}b.", "it sets the state of something that is no array"),
        (RECONSTRUCT + b"(NNNtR.", "an array of a kind of its own"),
        (ARRAY + b".", "expected a dict of arrays, found an array"),
        (b"}" + ARRAY + b"K\x01s.", "a key, or a member of a set, is neither text nor a number"),
        (b"cbuiltins\nset\n}b.", "it sets the state of something that is no array"),
    ],
)
def test_a_pickle_that_misuses_the_stand_ins_is_refused(tmp_path: Path, body: bytes, problem: str) -> None:
    write_members(tmp_path / "some.npz", a=as_npy(b"\x80\x03" + body))
    assert problem in refused(tmp_path / "some.npz", record=True)


@given(body=st.binary(max_size=80))
def test_no_bytes_escape_as_another_error(tmp_path_factory: pytest.TempPathFactory, body: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "noise.npz"
    for content in (body, as_npy(body), as_npy(body, "<f4", (3,))):
        write_members(path, a=content)
        for record in (False, True):
            try:
                with Npz(path) as npz:
                    npz.record("a") if record else npz.numbers("a")
            except DataError as error:
                assert error.path == path


@pytest.mark.parametrize("header", [b"-" * 9000 + b"1", b"[" * 9000, b"'''", b"  x\n y\n  z", b"1+" * 3000 + b"1"])
def test_a_header_that_python_cannot_parse_is_refused(tmp_path: Path, header: bytes) -> None:
    write_members(tmp_path / "some.npz", a=b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
    assert "a: not a readable array of numpy's" in refused(tmp_path / "some.npz")


def test_more_axes_than_numpy_knows_are_refused(tmp_path: Path) -> None:
    write_members(tmp_path / "some.npz", a=as_npy(b"", "<f4", (0,) * 70))
    assert "a: expected 8 axes at most, found 70" in refused(tmp_path / "some.npz")


@pytest.mark.parametrize("shape", [(2**62, 0), (-1, -1), (4,), (0,), (2, 2)])
def test_a_header_that_claims_another_shape_is_refused(tmp_path: Path, shape: tuple[int, ...]) -> None:
    write_members(tmp_path / "some.npz", a=as_npy(b"abcd", "<f4", shape))
    assert "numbers of 4 bytes, found 4 bytes" in refused(tmp_path / "some.npz")


def test_a_few_bytes_do_not_fill_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.npy", "w") as member:
        for _ in range(LARGEST // 2**20 + 1):
            member.write(bytes(2**20))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert f"expected at most {LARGEST:,}" in refused(path)
    # So it is when the archive lies about the size.
    content = path.read_bytes()
    path.write_bytes(content.replace((LARGEST + 2**20).to_bytes(4, "little"), (1000).to_bytes(4, "little")))
    assert "bomb.npz, a: " in refused(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 2**14


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_ways_of_packing_than_numpys_are_refused(tmp_path: Path, packing: int) -> None:
    write_members(tmp_path / "some.npz", packing, a=as_npy(bytes(8), "<f4", (2,)))
    assert "stored or deflated" in refused(tmp_path / "some.npz")


def test_an_archive_cut_off_or_damaged_anywhere_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "some.npz"
    np.savez(path, a=np.arange(40))
    whole = path.read_bytes()
    for end in range(0, len(whole), 7):
        path.write_bytes(whole[:end])
        assert "not a readable .npz file" in refused(path)
    middle = whole.index(np.arange(40).tobytes()) + 20
    path.write_bytes(whole[:middle] + b"\xff" + whole[middle + 1 :])
    assert "damaged: Bad CRC-32" in refused(path)


def test_what_was_saved_in_place_of_an_archive_is_named(tmp_path: Path) -> None:
    path = tmp_path / "some.npz"
    assert "cannot be read: No such file" in refused(path)
    path.write_bytes(b"<!doctype html><p>Sign in")
    assert "is a web page" in refused(path)
    np.save(tmp_path / "alone.npy", np.zeros(3))
    (tmp_path / "alone.npy").rename(path)
    assert "not a readable .npz file" in refused(path)


def test_numbers_are_no_dict_and_a_dict_no_numbers(tmp_path: Path) -> None:
    path = tmp_path / "some.npz"
    np.savez(path, a=np.arange(3))
    assert "a: expected a dict, which is an array of one object, found (3,) of int64" in refused(path, record=True)
    np.savez(path, a=np.array({}, dtype=object))
    assert "a: expected numbers, found object" in refused(path)
