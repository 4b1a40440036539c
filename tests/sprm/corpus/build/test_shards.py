from __future__ import annotations

import gc
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from bottom_up_files import LXMERT, write_bottom_up_files
from flickr_folder import image_id
from layouts import FLICKR30K

import sprm.corpus.build.shards
from sprm.corpus.build.prepare import prepare
from sprm.corpus.build.shards import divide
from sprm.corpus.corpus import verify_corpus
from sprm.corpus.dataset import open_dataset
from sprm.corpus.sources.flickr30k.source import Flickr30kSource
from sprm.errors import DataError
from sprm.settings import Rules

PARTS = {"train": 4, "val": 2, "test": 2}
"""How many parts of three images each split has."""
MIDDLE = image_id(13)
"""An image of the first part of val."""

Listen = Callable[[str, int, int], None]


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sprm.corpus.build.shards, "IMAGES", 3)


def build(root: Path, cache: Path, *, workers: int = 1, listen: Listen = lambda *_: None) -> Path:
    return prepare(
        Flickr30kSource(kind="flickr30k", root=root), Rules.corrected, cache, progress=listen, workers=workers
    )


def interrupt_at(stage: str, done: int = 0) -> Listen:
    def listen(at: str, how_far: int, total: int) -> None:
        if at == stage and how_far >= done:
            raise KeyboardInterrupt

    return listen


def interrupted(root: Path, cache: Path, stage: str, done: int = 0, *, workers: int = 1) -> dict[str, int]:
    """Build up to a stage and return the parts that are there then."""
    with pytest.raises(KeyboardInterrupt):
        build(root, cache, workers=workers, listen=interrupt_at(stage, done))
    return stamps(cache)


def stamps(cache: Path) -> dict[str, int]:
    """When each part that is whole was written."""
    return {path.parent.name: path.stat().st_mtime_ns for path in (cache / "parts").glob("*/[!.]*/corpus.json")}


def count(shards: dict[str, int]) -> dict[str, int]:
    return {split: sum(name.startswith(split) for name in shards) for split in PARTS}


def caption(root: Path, image: str) -> Path:
    return root / "Flickr30kEntities" / "Sentences" / f"{image}.txt"


def test_a_split_is_written_in_parts_which_go_when_the_study_is_whole(flickr_folder: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    assert count(interrupted(flickr_folder, cache, "joining train")) == PARTS
    folder = build(flickr_folder, cache)
    assert stamps(cache) == {}
    assert open_dataset(folder).train.info.counts.images == 12


def test_parts_and_workers_do_not_change_the_study(
    flickr_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [open_dataset(build(flickr_folder, tmp_path / f"cache-{workers}", workers=workers)) for workers in (1, 3)]
    monkeypatch.setattr(sprm.corpus.build.shards, "IMAGES", 256)
    found.append(open_dataset(build(flickr_folder, tmp_path / "cache-whole")))
    arrays = ("features.npy", "boxes.npy", "labels.npy", "offsets.npy", "labels.json")
    for split in PARTS:
        infos = [dataset.corpus(split).info for dataset in found]
        assert infos[0] == infos[1]
        assert infos[0].warnings == infos[2].warnings
        assert [infos[0].files[name] for name in arrays] == [infos[2].files[name] for name in arrays]
        assert found[0].corpus(split).phrases.equals(found[2].corpus(split).phrases)


@pytest.mark.parametrize("workers", [1, 2])
def test_what_was_read_before_an_interruption_is_not_read_again(
    flickr_folder: Path, tmp_path: Path, workers: int
) -> None:
    cache = tmp_path / "cache"
    before = interrupted(flickr_folder, cache, "reading val", done=3, workers=workers)
    assert count(before)["train"] == 4
    assert count(before)["val"] >= 1
    assert count(before)["test"] == 0
    after = interrupted(flickr_folder, cache, "joining train", workers=workers)
    assert count(after) == PARTS
    assert before.items() <= after.items()


def test_an_interruption_of_workers_that_are_at_work_is_told_by_itself_alone(
    flickr_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sprm.corpus.build.shards, "IMAGES", 1)
    interrupted(flickr_folder, tmp_path / "cache", "reading train", done=1, workers=2)
    # What is said of jobs that nobody waits for would be said now, and warnings are errors here.
    gc.collect()


def test_progress_goes_on_from_what_was_read(flickr_folder: Path, tmp_path: Path) -> None:
    cache, told = tmp_path / "cache", []
    interrupted(flickr_folder, cache, "reading train", done=6)
    build(flickr_folder, cache, listen=lambda stage, done, total: told.append((stage, done, total)))
    assert [(done, total) for stage, done, total in told if stage == "reading train"] == [(6, 12), (9, 12), (12, 12)]


@pytest.mark.parametrize("workers", [1, 2])
def test_what_was_read_before_a_broken_file_is_not_read_again(
    flickr_folder: Path, tmp_path: Path, workers: int
) -> None:
    cache, path = tmp_path / "cache", caption(flickr_folder, MIDDLE)
    good = path.read_bytes()
    path.write_text("[/EN#1/people A man\n")
    with pytest.raises(DataError, match=rf"{MIDDLE}\.txt, line 1: a phrase's bracket is broken") as caught:
        build(flickr_folder, cache, workers=workers)
    assert (caught.value.path, caught.value.where) == (path, 1)
    before = stamps(cache)
    assert count(before)["train"] == 4
    path.write_bytes(good)
    after = interrupted(flickr_folder, cache, "joining train", workers=workers)
    assert count(after) == PARTS
    assert before.items() <= after.items()


def test_a_changed_file_of_an_image_is_read_again_with_its_part_alone(flickr_folder: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    before = interrupted(flickr_folder, cache, "joining train")
    caption(flickr_folder, MIDDLE).write_text("[/EN#1/people Somebody else ] stands there .\n")
    after = interrupted(flickr_folder, cache, "joining train")
    (new,) = after.keys() - before.keys()
    assert new.startswith("val-")
    assert before.items() <= after.items()
    texts = open_dataset(build(flickr_folder, cache)).val.phrases["text"]
    assert "Somebody else" in set(texts)


def test_changed_detections_are_read_again_with_their_split_alone(flickr_folder: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    before = interrupted(flickr_folder, cache, "joining train")
    path = flickr_folder / "val_detection_dict.json"
    path.write_text(json.dumps(json.loads(path.read_text()), indent=1))
    after = interrupted(flickr_folder, cache, "joining train")
    assert count({name: 0 for name in after.keys() - before.keys()}) == {"train": 0, "val": 2, "test": 0}
    assert before.items() <= after.items()


def test_a_changed_list_of_ids_keeps_the_parts_before_the_change(flickr_folder: Path, tmp_path: Path) -> None:
    cache, path = tmp_path / "cache", flickr_folder / "train.txt"
    before = interrupted(flickr_folder, cache, "joining train")
    names = path.read_text().split()
    path.write_text("\n".join(names[:-1]))
    after = interrupted(flickr_folder, cache, "joining train")
    assert count({name: 0 for name in after.keys() - before.keys()}) == {"train": 1, "val": 0, "test": 0}


def test_an_id_too_long_for_the_name_of_a_file_is_named(flickr_folder: Path, tmp_path: Path) -> None:
    path = flickr_folder / "val.txt"
    path.write_text(path.read_text() + "7" * 300 + "\n")
    with pytest.raises(DataError, match=r"val\.txt, line 5: .* is not an image id"):
        build(flickr_folder, tmp_path / "cache")


KILLED = """
import os, pathlib, signal, sys
import sprm.corpus.build.shards
from sprm.corpus.build.prepare import prepare
from sprm.corpus.sources.flickr30k.source import Flickr30kSource
from sprm.settings import Rules

def listen(stage, done, total):
    if stage == "reading val":
        os.kill(os.getpid(), signal.SIGKILL)

sprm.corpus.build.shards.IMAGES = 3
root, cache = map(pathlib.Path, sys.argv[1:])
prepare(Flickr30kSource(kind="flickr30k", root=root), Rules.corrected, cache, progress=listen, workers=1)
"""


def test_the_parts_of_a_killed_process_are_taken_up_and_its_half_built_ones_go(
    flickr_folder: Path, tmp_path: Path
) -> None:
    everything = interrupted(flickr_folder, tmp_path / "other", "joining train")
    cache = tmp_path / "cache"
    with subprocess.Popen([sys.executable, "-c", KILLED, flickr_folder, cache]) as killed:
        assert killed.wait() == -signal.SIGKILL
    before = stamps(cache)
    assert count(before) == {"train": 4, "val": 0, "test": 0}
    # It might as well have been killed while it wrote a part.
    (store,) = (cache / "parts").glob("[!.]*")
    halves = [store / f".{name}.building-{killed.pid}" for name in everything.keys() - before.keys()]
    for half in halves:
        half.mkdir()
        (half / "features.npy").write_bytes(b"half")
    after = interrupted(flickr_folder, cache, "joining train")
    assert after.keys() == everything.keys()
    assert before.items() <= after.items()
    assert not any(half.exists() for half in halves)
    assert open_dataset(build(flickr_folder, cache)).fingerprint


def test_a_part_that_a_crash_of_the_system_left_damaged_is_read_again(flickr_folder: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    before = interrupted(flickr_folder, cache, "joining train")
    path = sorted((cache / "parts").glob("*/val-*/features.npy"))[0]
    path.write_bytes(path.read_bytes()[:-1] + b"\x7f")
    after = interrupted(flickr_folder, cache, "joining train")
    assert after.keys() == before.keys()
    assert [name for name in before if after[name] != before[name]] == [path.parent.name]
    path.write_bytes(b"")
    stages: list[str] = []
    folder = build(flickr_folder, cache, listen=lambda stage, done, total: stages.append(stage))
    assert open_dataset(folder).val.info.counts.images == 4
    assert [stage for stage in stages if "damaged" in stage] == ["reading damaged parts of val again"]


def test_a_build_of_the_same_files_in_another_way_does_not_take_the_parts_away(
    flickr_folder: Path, tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    write_bottom_up_files(flickr_folder, FLICKR30K, columns=LXMERT)
    other = Flickr30kSource(kind="flickr30k", root=flickr_folder, detections="tsv")

    def meanwhile(stage: str, done: int, total: int) -> None:
        if stage == "joining train" and done == 0:
            prepare(other, Rules.corrected, cache, progress=lambda *_: None, workers=1)

    assert open_dataset(build(flickr_folder, cache, listen=meanwhile)).train.info.counts.images == 12


def test_images_left_out_in_one_part_are_left_out_of_the_split(flickr_folder: Path, tmp_path: Path) -> None:
    path = flickr_folder / "train_detection_dict.json"
    found = json.loads(path.read_text())
    gone = [image_id(number) for number in (3, 4, 5, 11)]
    path.write_text(json.dumps({name: entry for name, entry in found.items() if name not in gone}))
    # The second part holds no image at all.
    info = open_dataset(build(flickr_folder, tmp_path / "cache")).train.info
    assert [left.image_id for left in info.left_out] == gone
    assert info.counts.images == 8


def files_of(ids: object) -> list[Path]:
    return []


def test_a_division_keeps_the_order_and_leaves_no_image_out(tmp_path: Path) -> None:
    ids = [str(number) for number in range(8)]
    shards = divide(tmp_path, "val", ids, files_of, [])
    assert [shard.image_ids for shard in shards] == [("0", "1", "2"), ("3", "4", "5"), ("6", "7")]
    assert len({shard.folder for shard in shards}) == 3
    assert divide(tmp_path, "val", [], files_of, []) == []


def test_a_part_is_named_by_all_that_it_is_made_from(tmp_path: Path) -> None:
    def name(
        split: str = "val", ids: tuple[str, ...] = ("1", "2"), about: tuple[str, ...] = ("rule",), content: str = "a"
    ) -> str:
        (shard,) = divide(tmp_path, split, ids, lambda _: [content], about)
        return shard.folder.name

    names = [name(), name("test"), name(ids=("2", "1")), name(ids=("12",)), name(about=()), name(about=("rule", "x"))]
    names.append(name(content="b"))
    assert len(set(names)) == len(names)
    assert name() == name()


def test_every_part_is_a_corpus_of_its_own(flickr_folder: Path, tmp_path: Path) -> None:
    interrupted(flickr_folder, tmp_path / "cache", "joining train")
    infos = [verify_corpus(path) for path in (tmp_path / "cache" / "parts").glob("*/*")]
    assert sorted(info.counts.images for info in infos) == [1, 1, 3, 3, 3, 3, 3, 3]
