from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from sprm.files import contents
from sprm.files.contents import Contents, quick_hash

LONG_AGO = 1_000_000_000


def of(path: Path, cache: Path) -> str:
    with Contents(cache) as known:
        return known.of(path)


def write(path: Path, content: bytes) -> Path:
    """Write a file whose time of change says nothing."""
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    os.utime(path, ns=(LONG_AGO, LONG_AGO))
    return path


def test_files_that_agree_in_name_size_and_time_are_told_apart(tmp_path: Path) -> None:
    first, second = (write(tmp_path / name / "words.txt", name.encode()) for name in "ab")
    assert first.stat().st_mtime_ns == second.stat().st_mtime_ns
    assert of(first, tmp_path / "cache") != of(second, tmp_path / "cache")


def test_a_file_that_was_touched_or_copied_elsewhere_is_the_same(tmp_path: Path) -> None:
    file = write(tmp_path / "a" / "words.txt", b"word 1")
    before = of(file, tmp_path / "cache")
    file.touch()
    assert of(file, tmp_path / "cache") == before
    assert of(write(tmp_path / "b" / "words.txt", b"word 1"), tmp_path / "cache") == before


def test_a_change_in_place_is_seen_though_size_and_time_stay(tmp_path: Path) -> None:
    file = write(tmp_path / "a" / "words.txt", b"word 1")
    before = of(file, tmp_path / "cache")
    assert of(write(file, b"word 2"), tmp_path / "cache") != before


@pytest.mark.parametrize("place", [0, 500, 999])
def test_of_a_large_file_the_beginning_the_end_and_samples_count_its_size_and_its_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: int
) -> None:
    for name, value in (("WHOLE", 100), ("SAMPLES", 3), ("SAMPLE", 10)):
        monkeypatch.setattr(contents, name, value)
    file = write(tmp_path / "large", bytes(1000))
    before = quick_hash(file)
    changed = bytearray(1000)
    changed[place] = 1
    assert quick_hash(write(file, bytes(changed))) != before
    assert quick_hash(write(file, bytes(1001))) != before
    assert quick_hash(write(file, bytes(1000))) == before
    between = bytearray(1000)
    between[250] = 1
    file.write_bytes(between)
    assert quick_hash(file) != before


def test_what_is_no_file_is_missing(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("gone")
    for name in ("folder", "link", "nothing"):
        assert of(tmp_path / name, tmp_path / "cache") == f"{name} missing"


def save_protocol(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let files that were written a moment ago be remembered."""
    monkeypatch.setattr(contents, "SETTLED", -1.0)


def remembered(cache: Path) -> Path:
    (path,) = (cache / "contents").iterdir()
    return path


def test_a_file_is_read_once_as_long_as_nothing_of_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_protocol(monkeypatch)
    file, cache = write(tmp_path / "a" / "words.txt", b"word 1"), tmp_path / "cache"
    of(file, cache)
    stored = json.loads(remembered(cache).read_text())
    stored["words.txt"][1] = "what was remembered"
    remembered(cache).write_text(json.dumps(stored))
    assert of(file, cache) == "words.txt what was remembered"
    file.touch()
    assert of(file, cache) == f"words.txt {quick_hash(file)}"


def test_a_file_that_has_just_changed_is_not_remembered(tmp_path: Path) -> None:
    of(write(tmp_path / "a" / "words.txt", b"word 1"), tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def cut(path: Path) -> None:
    path.write_text(path.read_text()[:10])


def nest(path: Path) -> None:
    path.write_text("[" * 100_000)


def mistake(path: Path) -> None:
    path.write_text('{"words.txt": 3}')


@pytest.mark.parametrize("spoil", [cut, nest, mistake, Path.unlink])
def test_a_spoiled_memory_is_read_past(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Path], None]
) -> None:
    save_protocol(monkeypatch)
    file, cache = write(tmp_path / "a" / "words.txt", b"word 1"), tmp_path / "cache"
    before = of(file, cache)
    spoil(remembered(cache))
    assert of(file, cache) == before


def test_a_cache_that_cannot_be_written_to_costs_the_memory_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_protocol(monkeypatch)
    (tmp_path / "cache").write_text("a file")
    file = write(tmp_path / "a" / "words.txt", b"word 1")
    assert of(file, tmp_path / "cache") == f"words.txt {quick_hash(file)}"
