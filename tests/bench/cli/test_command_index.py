from __future__ import annotations

import json
import shutil
from pathlib import Path

from command_line import CommandLine


def test_a_run_lists_its_report_in_the_index(finished: CommandLine) -> None:
    text = (finished.folder / "reports" / "index.html").read_text(encoding="utf-8")
    assert f'<a href="{finished.run_folder.name}/index.html">' in text


def test_the_index_is_written_anew_when_folders_were_removed_by_hand(copy: CommandLine) -> None:
    shutil.rmtree(copy.folder / "reports" / copy.run_folder.name)
    told = copy("index", "--json")
    assert told.returncode == 0
    page = copy.folder / json.loads(told.stdout)["index"]
    assert page == copy.folder / "reports" / "index.html"
    assert "There is no report yet." in page.read_text(encoding="utf-8")


def test_a_folder_that_is_not_there_is_told(finished: CommandLine, tmp_path: Path) -> None:
    told = finished("index", "--reports", str(tmp_path / "nowhere"))
    assert (told.returncode, told.stderr) == (3, f"error: {tmp_path / 'nowhere'}: is missing\n")
    assert not (tmp_path / "nowhere").exists()
