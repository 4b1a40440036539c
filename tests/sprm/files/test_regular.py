"""A file that may never end is not read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sprm.files.regular import content_of


def test_a_file_is_read_also_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    (tmp_path / "link").symlink_to("file")
    assert content_of(tmp_path / "link") == b"content"


def test_pipes_devices_folders_and_what_is_missing_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "endless").symlink_to("/dev/zero")
    (tmp_path / "nowhere").symlink_to("missing")
    for path in (tmp_path / "pipe", tmp_path / "endless", tmp_path / "nowhere", tmp_path):
        with pytest.raises(OSError):
            content_of(path)
