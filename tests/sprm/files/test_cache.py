from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from sprm.errors import DataError, SideIssue
from sprm.files.cache import cache_folder


@pytest.fixture(autouse=True)
def nothing_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("BENCH_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()


def test_the_folder_lies_in_the_users_cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cache_folder() == tmp_path / "home" / ".cache" / "sprm-bench"
    monkeypatch.setenv("XDG_CACHE_HOME", "~/elsewhere")
    assert cache_folder() == tmp_path / "home" / "elsewhere" / "sprm-bench"


@pytest.mark.parametrize("named", ["~/built", "{folder}/built", "built"])
def test_the_folder_that_is_named_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BENCH_CACHE", named.format(folder=tmp_path))
    assert cache_folder() == (tmp_path / "home" if "~" in named else tmp_path) / "built"


def file_as_home(home: Path) -> None:
    home.write_text("no folder")


def dangling_home(home: Path) -> None:
    home.symlink_to("gone")


def dangling_cache(home: Path) -> None:
    (home / ".cache").mkdir(parents=True)
    (home / ".cache" / "sprm-bench").symlink_to("gone/further")


@pytest.mark.parametrize("spoil", [file_as_home, dangling_home, dangling_cache])
def test_where_the_home_folder_takes_nothing_the_temporary_one_does_and_a_note_says_what_helps(
    tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    spoil(tmp_path / "home")
    with pytest.warns(SideIssue, match=r"home.*; what is built goes to .*temporary.*, and BENCH_CACHE names"):
        folder = cache_folder()
    assert folder == tmp_path / "temporary" / f"sprm-bench-{os.getuid()}"
    assert folder.stat().st_mode & 0o777 == 0o700


def test_so_it_is_for_a_user_without_a_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    # The system is asked for the home of a user who is not there, as it is for one without an entry and without HOME.
    monkeypatch.setenv("XDG_CACHE_HOME", "~nobody-of-this-name/.cache")
    with pytest.warns(SideIssue, match="there is no home folder; what is built goes to"):
        assert cache_folder().parent.name == "temporary"


def test_a_temporary_folder_of_somebody_elses_is_not_used(tmp_path: Path) -> None:
    file_as_home(tmp_path / "home")
    (tmp_path / "theirs").mkdir()
    (tmp_path / "temporary" / f"sprm-bench-{os.getuid()}").symlink_to(tmp_path / "theirs")
    with (
        warnings.catch_warnings(),
        pytest.raises(DataError, match="another user; BENCH_CACHE names a folder"),
    ):
        cache_folder()


def test_where_nothing_can_be_written_the_error_says_what_helps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_as_home(tmp_path / "home")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(DataError, match=r"no temporary folder either.*BENCH_CACHE names a folder"):
        cache_folder()
