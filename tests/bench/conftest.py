"""A study of a few images in real files, and the command line beside a hand-made corpus."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from command_line import CommandLine

from sprm.corpus.prepare import Study, open_study
from sprm.corpus.writer import CorpusWriter, ImageRecord, PhraseRecord, SentenceRecord
from sprm.lexicon import Lexicon
from sprm.seeding import generator
from sprm.settings import Rules

THINGS = {"man": "people", "woman": "people", "dog": "animals", "car": "vehicles", "hat": "clothing"}
IMAGES = {"train": 24, "val": 6, "test": 8}
FEATURES = 12


@pytest.fixture(scope="session")
def study_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a study as `prepare` would leave it."""
    folder = tmp_path_factory.mktemp("study")
    for split, images in IMAGES.items():
        _write_split(folder / split, split, images)
    rng = generator("words")
    vectors = rng.normal(size=(len(THINGS), 8)).astype(np.float32)
    lexicon = Lexicon(("", "", *THINGS), np.vstack([np.zeros((2, 8), np.float32), vectors]))
    (folder / "lexicon").mkdir()
    lexicon.save(folder / "lexicon")
    return folder


@pytest.fixture(scope="session")
def study(study_folder: Path) -> Study:
    """The study, opened."""
    return open_study(study_folder)


def _write_split(folder: Path, split: str, images: int) -> None:
    rng = generator("study", split)
    about = {"source": "hand-made", "split": split, "rules": Rules.corrected, "extractor": "random numbers"}
    with CorpusWriter(folder, **about) as writer:
        for image in range(images):
            writer.add(_image(f"{split}{image}", rng))
        writer.finish()


def _image(image_id: str, rng: np.random.Generator) -> ImageRecord:
    shown = rng.choice(list(THINGS), size=3, replace=False).tolist()
    corners = rng.uniform(0, 50, size=(3, 2))
    boxes = np.hstack([corners, corners + 40])
    phrases = [
        PhraseRecord(f"a {thing}", THINGS[thing], thing, 0, tuple(box))
        for thing, box in zip(shown, boxes.tolist(), strict=True)
    ]
    captions = [SentenceRecord(f"{image_id}#{i}", chosen) for i, chosen in enumerate((phrases[:2], phrases[1:]))]
    return ImageRecord(image_id, 100, 100, boxes, shown, rng.normal(size=(3, FEATURES)), captions)


@pytest.fixture
def cli(tmp_path: Path) -> CommandLine:
    """The command line in a fresh folder with `protocol.yaml` and its corpus."""
    return CommandLine.at(tmp_path)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    """The command line in a folder where `protocol.yaml` has been run; not to be changed."""
    cli = CommandLine.at(tmp_path_factory.mktemp("finished"))
    done = cli("run", "protocol.yaml")
    assert done.returncode == 0, done.stderr
    return cli
