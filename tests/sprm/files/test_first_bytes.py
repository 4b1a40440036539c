"""Files that an archive, a pointer of git-lfs or a web page was saved in place of."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from sprm.corpus.detectors.bottom_up import BottomUpDetections
from sprm.corpus.detectors.vocabulary import read_vocabulary
from sprm.corpus.lines import read_text
from sprm.corpus.sources.flickr30k.annotations import read_annotation
from sprm.corpus.sources.flickr30k.reader import Flickr30kEntities, read_unrelated
from sprm.errors import DataError
from sprm.files.first_bytes import refuse_foreign_file
from sprm.files.hdf5 import opened
from sprm.files.json_stream import json_items, json_members
from sprm.files.pickles import load_plain
from sprm.settings import Rules
from sprm.text.glove_parser import blocks

CONTENT = b"dog 1 2\ncat 3 4\n"


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("inside.txt", CONTENT)
    return file.getvalue()


def tarred() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        info = tarfile.TarInfo("inside.txt")
        info.size = len(CONTENT)
        archive.addfile(info, io.BytesIO(CONTENT))
    return file.getvalue()


ARCHIVES = {
    "is a zip archive; unpack it and name the file in it": zipped(),
    "is a tar archive; unpack it": tarred(),
    "is packed with xz; unpack it": lzma.compress(CONTENT),
    "is packed with bzip2; unpack it": bz2.compress(CONTENT),
    "is a pointer of git-lfs and not the file itself; `git lfs pull`": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
    ),
    "is a web page, saved in place of the file": b"\n<!DOCTYPE html>\n<html><body>Sign in</body></html>",
    "is a web page": b"<HTML><head></head></HTML>",
    "is a web page, saved": b'<?xml version="1.0"?><!DOCTYPE html PUBLIC "x"><html/>',
}
PACKED = {"is packed with gzip; unpack it": gzip.compress(CONTENT), **ARCHIVES}


def detections(path: Path) -> object:
    (path.parent / "objects_vocab.txt").write_text("man\n")
    return BottomUpDetections(path.parent, ["7"])


def listed(path: Path) -> object:
    for name in ("Sentences", "Annotations"):
        (path.parent / "Flickr30kEntities" / name).mkdir(parents=True, exist_ok=True)
    return Flickr30kEntities(path.parent, Rules.corrected).image_ids("train")


READERS: dict[str, Callable[[Path], object]] = {
    "a.json": lambda path: list(json_members(path, {"7"})),
    "instances.json": lambda path: list(json_items(path, {"images"})),
    "a.pkl": load_plain,
    "a.hdf5": opened,
    "a.tsv": detections,
    "vocabulary.txt": read_vocabulary,
    "train.txt": listed,
    "captions.txt": read_text,
    "UNRELATED_CAPTIONS": read_unrelated,
    "7.xml": read_annotation,
    "words.txt": lambda path: list(blocks(path)),
}


@pytest.mark.parametrize(
    ("name", "problem"),
    [(name, problem) for name in READERS for problem in (ARCHIVES if name == "words.txt" else PACKED)],
)
def test_every_reader_names_what_stands_in_place_of_its_file(tmp_path: Path, name: str, problem: str) -> None:
    path = tmp_path / name
    path.write_bytes(PACKED[problem])
    with pytest.raises(DataError, match=problem) as caught:
        READERS[name](path)
    assert caught.value.path == path


@pytest.mark.parametrize("name", ["words.txt", "words", "words.gz"])
@pytest.mark.parametrize("content", [CONTENT, gzip.compress(CONTENT)], ids=["plain", "packed"])
def test_word_vectors_are_unpacked_by_what_they_are_and_not_by_their_name(
    tmp_path: Path, name: str, content: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert [line for block in blocks(path) for line in block.lines] == [b"dog 1 2", b"cat 3 4"]


def test_an_archive_within_gzip_is_named_too(tmp_path: Path) -> None:
    path = tmp_path / "words.tar.gz"
    path.write_bytes(gzip.compress(tarred()))
    with pytest.raises(DataError, match="is a tar archive"):
        list(blocks(path))


@pytest.mark.parametrize("read", [read_text, read_vocabulary, read_unrelated])
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_lists_in_utf_16_are_named(tmp_path: Path, read: Callable[[Path], object], encoding: str) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes(("\N{BYTE ORDER MARK}" * (encoding != "utf-16") + "man\nwoman\n").encode(encoding))
    with pytest.raises(DataError, match="is text in UTF-16; save it as UTF-8"):
        read(path)


def test_a_text_that_says_ustar_where_a_tar_archive_does_is_a_text(tmp_path: Path) -> None:
    path = tmp_path / "caption.txt"
    path.write_text("a" * 256 + "mustard on bread")
    refuse_foreign_file(path)
    assert read_text(path).endswith("mustard on bread")
