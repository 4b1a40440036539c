"""The hand-made corpus as the harness meets it: as a prepared study, and beside the command line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from command_line import CommandLine

from sprm.corpus.study import Study


@pytest.fixture(scope="session")
def study_folder(study: Study) -> Path:
    """Folder of the hand-made study; its splits have 12, 4 and 4 images."""
    return study.train.folder.parent


@pytest.fixture
def cli(tmp_path: Path) -> CommandLine:
    """The command line in a fresh folder with `protocol.yaml` and its corpus."""
    return CommandLine.at(tmp_path)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    """The command line in a folder where `protocol.yaml` has been run; not to be changed."""
    cli = CommandLine.at(tmp_path_factory.mktemp("finished"))
    done = cli("run", "protocol.yaml")
    assert done.returncode == 0, done.stderr
    return cli


@pytest.fixture
def copy(finished: CommandLine, tmp_path: Path) -> CommandLine:
    """A copy of the finished folder that may be changed."""
    shutil.copytree(finished.folder, tmp_path / "copy", dirs_exist_ok=True)
    return CommandLine(tmp_path / "copy")
