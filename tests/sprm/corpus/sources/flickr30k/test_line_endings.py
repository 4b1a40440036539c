from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from bottom_up_files import LXMERT, write_bottom_up_files
from flickr_folder import image_id
from layouts import FLICKR30K

from sprm.corpus.build.prepare import prepare
from sprm.corpus.dataset import Dataset, open_dataset
from sprm.corpus.lines import CRLF
from sprm.corpus.sources.flickr30k.source import Flickr30kSource
from sprm.errors import DataError
from sprm.settings import Rules

CAPTIONS, UNRELATED = f"Flickr30kEntities/Sentences/{image_id(0)}.txt", "Flickr30kEntities/UNRELATED_CAPTIONS"
BOXES = f"Flickr30kEntities/Annotations/{image_id(0)}.xml"
LISTS = ("train.txt", "val.txt", "test.txt")
WORDS = "words.txt"

Change = Callable[[bytes], bytes]


@pytest.fixture
def root(flickr_folder: Path) -> Path:
    """A folder with every file that has lines."""
    write_bottom_up_files(flickr_folder, FLICKR30K, columns=LXMERT)
    (flickr_folder / UNRELATED).write_text(f"# format: <image> <number>\n{image_id(0)} 2\n{image_id(4)} 1\n")
    (flickr_folder / WORDS).write_text("man 1 0\nwoman 0.9 0.1\ndog 0 1\n")
    path = flickr_folder / BOXES
    path.write_text(path.read_text().replace("><", ">\n<"))
    return flickr_folder


def build(root: Path) -> Dataset:
    source = Flickr30kSource(kind="flickr30k", root=root, detections="tsv", words=root / WORDS)
    return open_dataset(prepare(source, Rules.corrected, root.parent / "cache", progress=lambda *_: None, workers=1))


def crlf(content: bytes) -> bytes:
    return content.replace(b"\n", b"\r\n")


def mixed(content: bytes) -> bytes:
    first, *others = content.split(b"\n")
    ends = [b"\r\n" if number % 2 else b"\n" for number in range(len(others))]
    return first + b"".join(end + line for end, line in zip(ends, others, strict=True))


def without_the_last(content: bytes) -> bytes:
    return content.removesuffix(b"\n")


@pytest.mark.parametrize("change", [crlf, mixed, without_the_last])
@pytest.mark.parametrize(
    "name", [CAPTIONS, UNRELATED, BOXES, *LISTS, "train.tsv", "objects_vocab.txt", WORDS, "train_detection_dict.json"]
)
def test_lines_may_end_in_either_way_in_every_file(root: Path, name: str, change: Change) -> None:
    before = build(root).fingerprint
    path = root / name
    path.write_bytes(change(path.read_bytes()))
    assert build(root).fingerprint == before


@pytest.mark.parametrize("name", [CAPTIONS, UNRELATED, *LISTS, "train.tsv", "objects_vocab.txt", WORDS])
def test_a_file_whose_lines_end_in_cr_lf_is_told_of_once(root: Path, name: str) -> None:
    path = root / name
    path.write_bytes(crlf(path.read_bytes()))
    told = [found for warnings in build(root).warnings.values() for found in warnings if found.kind == CRLF]
    assert [(found.count, found.examples) for found in told] == [(1, [path.name])]


@pytest.mark.parametrize(("name", "line"), [(CAPTIONS, 1), (UNRELATED, 2), ("train.txt", 1), ("val.txt", 1)])
def test_a_lone_carriage_return_is_an_error_with_its_line(root: Path, name: str, line: int) -> None:
    path = root / name
    lines = path.read_bytes().split(b"\n")
    # The line is joined with the next one.
    lines[line - 1 : line + 1] = [b"\r".join(lines[line - 1 : line + 1])]
    path.write_bytes(b"\n".join(lines))
    with pytest.raises(DataError, match="a carriage return without a line feed, so lines may be lost") as caught:
        build(root)
    assert (caught.value.path, caught.value.where) == (path, line)


@pytest.mark.parametrize("name", [CAPTIONS, "train.txt", "test.txt"])
def test_a_file_whose_lines_all_end_in_a_lone_carriage_return_is_an_error(root: Path, name: str) -> None:
    path = root / name
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r"))
    with pytest.raises(DataError, match="a carriage return without a line feed") as caught:
        build(root)
    assert (caught.value.path, caught.value.where) == (path, 1)
