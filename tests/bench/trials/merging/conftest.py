"""Runs of one protocol that several machines might have made."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from simulated_run import SimulatedRun

SMALL = SimulatedRun(fractions=(0.1, 1.0), seeds=2, images=20)


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run; not to be changed."""
    return SMALL.write(tmp_path_factory.mktemp("runs") / "simulated-whole")


@pytest.fixture
def here(whole: Path, tmp_path: Path) -> Path:
    """A copy of the finished run."""
    return Path(shutil.copytree(whole, tmp_path / "here"))


@pytest.fixture
def there(whole: Path, tmp_path: Path) -> Path:
    """Another one."""
    return Path(shutil.copytree(whole, tmp_path / "there"))
