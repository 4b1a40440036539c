"""The hand-made corpus as the harness meets it: as a prepared study, and beside the command line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from command_line import CommandLine
from filelock import FileLock

from sprm.corpus.dataset import Dataset


@pytest.fixture(scope="session")
def dataset_folder(dataset: Dataset) -> Path:
    """Folder of the hand-made study; its splits have 12, 4 and 4 images."""
    return dataset.train.folder.parent


@pytest.fixture
def cli(tmp_path: Path) -> CommandLine:
    """The command line in a fresh folder with `protocol.yaml` and its corpus."""
    return CommandLine.at(tmp_path)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> CommandLine:
    """The command line in a folder where `protocol.yaml` has been run; not to be changed."""
    # Below the base folders of all test processes, which run it once between them.
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "finished"
    with FileLock(folder.with_suffix(".lock")):
        if not folder.with_suffix(".done").exists():
            done = CommandLine.at(folder)("run", "protocol.yaml")
            assert done.returncode == 0, done.stderr
            folder.with_suffix(".done").touch()
    return CommandLine(folder)


@pytest.fixture
def copy(finished: CommandLine, tmp_path: Path) -> CommandLine:
    """A copy of the finished folder that may be changed."""
    shutil.copytree(finished.folder, tmp_path / "copy", dirs_exist_ok=True)
    return CommandLine(tmp_path / "copy")
