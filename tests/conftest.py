from __future__ import annotations

from pathlib import Path

import one_thread  # noqa: F401
import pytest
from flickr_folder import write_flickr_folder
from hypothesis import settings

from sprm.corpus.build.prepare import prepare
from sprm.corpus.dataset import Dataset, open_dataset
from sprm.corpus.sources.flickr30k.source import Flickr30kSource
from sprm.settings import Rules

# How long an example takes says what else the machine does. All else is as the profile of CI or of a person has it.
settings.register_profile("untimed", parent=settings(), deadline=None)
settings.load_profile("untimed")


@pytest.fixture
def flickr_folder(tmp_path: Path) -> Path:
    """A fresh hand-made folder that a test may spoil."""
    folder = tmp_path / "flickr"
    write_flickr_folder(folder)
    return folder


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """The hand-made folder, read by the corrected rules; shared, so not to be changed."""
    folder, cache = tmp_path_factory.mktemp("flickr"), tmp_path_factory.mktemp("cache")
    write_flickr_folder(folder)
    source = Flickr30kSource(kind="flickr30k", root=folder)
    return open_dataset(prepare(source, Rules.corrected, cache, progress=lambda stage, done, total: None))
