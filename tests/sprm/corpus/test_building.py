from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sprm.corpus.building import Building


def test_a_folder_takes_its_name_when_it_is_whole(tmp_path: Path) -> None:
    with Building(tmp_path / "a" / "house") as folder:
        (folder / "door").touch()
        assert not (tmp_path / "a" / "house").exists()
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["house"]
    assert (tmp_path / "a" / "house" / "door").exists()


def test_what_was_half_built_goes(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), Building(tmp_path / "house"):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_the_folder_of_a_faster_process_stays(tmp_path: Path) -> None:
    with Building(tmp_path / "house") as folder:
        (folder / "slow").touch()
        (tmp_path / "house").mkdir()
        (tmp_path / "house" / "fast").touch()
    assert [path.name for path in (tmp_path / "house").iterdir()] == ["fast"]
    assert [path.name for path in tmp_path.iterdir()] == ["house"]


def test_what_a_killed_process_left_goes_when_the_folder_is_built(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left, own = tmp_path / f".made.building-{dead.pid}", tmp_path / f".made.building-{os.getppid()}"
    for folder in (left, own):
        folder.mkdir()
        (folder / "half").write_text("built")
    with Building(tmp_path / "made") as building:
        (building / "file").write_text("whole")
    assert not left.exists()
    # Another process may be at work on the same folder.
    assert own.exists()
