from __future__ import annotations

import hashlib
import json
import pickle
import re
from pathlib import Path

import pytest
from PIL import Image

from sprm.corpus.build.prepare import prepare
from sprm.corpus.dataset import open_dataset
from sprm.corpus.sources.flickr30k.annotations import UNBOXED
from sprm.corpus.sources.flickr30k.source import Flickr30kSource
from sprm.corpus.sources.scenes.writer import write_scenes
from sprm.settings import Rules

SIZES = {"train": 12, "val": 3, "test": 4}
PHRASE = re.compile(r"\[/EN#(\d+)/([a-z/]+) ([^\]]+)\]")


def quiet(stage: str, done: int, total: int) -> None:
    pass


def hashes(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scenes")
    write_scenes(folder, seed=7, images=SIZES, progress=quiet, processes=1)
    return folder


def test_the_same_seed_gives_the_same_bytes_on_one_process_and_on_two(scenes: Path, tmp_path: Path) -> None:
    write_scenes(tmp_path / "again", seed=7, images=SIZES, progress=quiet, processes=2)
    assert hashes(tmp_path / "again") == hashes(scenes)


def test_another_seed_gives_other_pictures_and_captions(scenes: Path, tmp_path: Path) -> None:
    write_scenes(tmp_path / "other", seed=8, images={"train": 1, "val": 1, "test": 1}, progress=quiet, processes=1)
    ours, others = hashes(scenes), hashes(tmp_path / "other")
    for name in ("Images/3000000.png", "Flickr30kEntities/Sentences/3000000.txt", "test_features_compress.hdf5"):
        assert ours[name] != others[name]


def test_an_image_does_not_depend_on_how_many_others_there_are(scenes: Path, tmp_path: Path) -> None:
    write_scenes(tmp_path / "few", seed=7, images={"train": 2, "val": 1, "test": 1}, progress=quiet, processes=1)
    few, all_of_them = hashes(tmp_path / "few"), hashes(scenes)
    for name in few:
        if name.startswith(("Images/", "Flickr30kEntities/")):
            assert few[name] == all_of_them[name]


def test_no_image_is_in_two_splits_and_every_listed_image_has_all_its_files(scenes: Path) -> None:
    listed = {split: (scenes / f"{split}.txt").read_text().split() for split in SIZES}
    assert {split: len(ids) for split, ids in listed.items()} == SIZES
    assert len({image for ids in listed.values() for image in ids}) == sum(SIZES.values())
    for split, ids in listed.items():
        detections = json.loads((scenes / f"{split}_detection_dict.json").read_text())
        positions = pickle.loads((scenes / f"{split}_imgid2idx.pkl").read_bytes())
        assert list(detections) == ids
        assert positions == {int(image): i for i, image in enumerate(ids)}
        for image in ids:
            with Image.open(scenes / "Images" / f"{image}.png") as picture:
                sizes = json.loads((scenes / f"{split}_images_size.json").read_text())
                assert list(picture.size) == sizes[image]


def test_each_picture_has_five_captions_of_the_documented_form(scenes: Path) -> None:
    for path in (scenes / "Flickr30kEntities" / "Sentences").iterdir():
        lines = path.read_text().splitlines()
        assert len(lines) == 5
        for line in lines:
            assert line.endswith(" .")
            assert "[" not in PHRASE.sub("", line)
            assert 1 <= len(PHRASE.findall(line)) <= 6


def test_entity_numbers_are_not_shared_between_pictures(scenes: Path) -> None:
    seen: dict[str, str] = {}
    for path in (scenes / "Flickr30kEntities" / "Sentences").iterdir():
        for number, kinds, _ in PHRASE.findall(path.read_text()):
            assert (number == "0") == (kinds == "notvisual")
            assert number == "0" or seen.setdefault(number, path.name) == path.name


def test_the_reader_of_released_files_reads_it_without_leaving_an_image_out(scenes: Path, tmp_path: Path) -> None:
    source = Flickr30kSource(kind="flickr30k", root=scenes)
    dataset = open_dataset(prepare(source, Rules.corrected, tmp_path, progress=quiet))
    for corpus, split in ((dataset.train, "train"), (dataset.val, "val"), (dataset.test, "test")):
        assert len(corpus.images) == SIZES[split]
        assert corpus.info.left_out == []
        assert {warning.kind for warning in corpus.info.warnings} <= {"phrases left out for want of a box", UNBOXED}


def test_the_folder_says_whose_pictograms_it_shows_and_under_which_licence(scenes: Path) -> None:
    text = (scenes / "ATTRIBUTION.txt").read_text()
    assert "OpenMoji" in text
    assert "CC BY-SA 4.0" in text
    assert "synthetic" in text


def test_progress_counts_every_image_once(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    write_scenes(
        tmp_path / "few",
        seed=0,
        images={"train": 11, "val": 1, "test": 1},
        progress=lambda stage, done, total: told.append((stage, done, total)),
        processes=1,
    )
    assert [done for _, done, _ in told] == [10, 11, 12, 13]
    assert {total for _, _, total in told} == {13}
