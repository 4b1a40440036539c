from __future__ import annotations

from pathlib import Path

import pytest

from sprm.errors import DataError
from sprm.files.paths import absence, expanded


def test_a_tilde_is_the_home_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert expanded("~/data") == tmp_path / "data"
    assert expanded(Path("data/~")) == Path("data/~")


def test_a_tilde_that_stands_for_nothing_is_told() -> None:
    with pytest.raises(DataError, match="~nobody-of-this-name/x: ~ cannot be expanded, because no home"):
        expanded("~nobody-of-this-name/x")


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("nothing", "is missing"),
        ("nothing/below", "is missing"),
        ("file", "is a file, where a folder is expected"),
        ("file/below", "cannot be reached, {folder}/file is a file"),
        ("link", "is a link to gone/there, which is not there"),
        ("link/below", "cannot be reached, {folder}/link is a link to gone/there, which is not there"),
    ],
)
def test_why_no_folder_stands_at_a_path_is_told(tmp_path: Path, place: str, told: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("gone/there")
    assert absence(tmp_path / place, folder=True) == told.format(folder=tmp_path)


def test_a_folder_in_the_place_of_a_file_is_told(tmp_path: Path) -> None:
    assert absence(tmp_path) == "is a folder, where a file is expected"
