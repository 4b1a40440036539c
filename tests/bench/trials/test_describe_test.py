"""What a run's folder holds of the test split is what a report needs of it, without the corpus."""

from __future__ import annotations

import io
import shutil
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from committed_studies import STUDIES
from PIL import Image

from bench.protocol.schema import Protocol
from bench.store.manifest import manifest
from bench.store.test_split import TestSplit, flaw_of_test_split, read_test_split
from bench.subsets.draw import draw
from bench.subsets.draw import write as write_subsets
from bench.trials.describe_test import describe_test, has_noun
from bench.trials.example_pictures import LARGEST
from sprm.corpus.box_matches import match_boxes
from sprm.corpus.dataset import Dataset
from sprm.corpus.sources.flickr30k.source import Flickr30kSource
from sprm.settings import Rules


def protocol(root: Path, **more: object) -> Protocol:
    source = {"kind": "flickr30k", "root": str(root)}
    return Protocol.model_validate(
        {"name": "tiny", "corpus": source, "fractions": [0.5, 1], "seeds": 2, "systems": {"prior": {"kind": "prior"}}}
        | more
    )


@pytest.fixture
def run(dataset: Dataset, tmp_path: Path) -> Path:
    """A run that has begun."""
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "manifest.json").write_bytes(manifest("tiny", dataset).to_json())
    write_subsets(draw(protocol(tmp_path), dataset.train), folder)
    return folder


@pytest.fixture
def images(dataset: Dataset, tmp_path: Path) -> Path:
    """Folder of the raw images of the test split."""
    folder = tmp_path / "flickr30k_images"
    folder.mkdir()
    colours = np.random.default_rng(0).integers(0, 255, (375, 500, 3), dtype=np.uint8)
    for image_id in dataset.test.images["image_id"]:
        Image.fromarray(colours).save(folder / f"{image_id}.jpg", quality=95)
    return folder


def described(run: Path, dataset: Dataset) -> TestSplit:
    describe_test(run, protocol(run.parent), dataset)
    split = read_test_split(run)
    assert split is not None
    return split


def snapshot(folder: Path) -> dict[Path, tuple[int, bytes]]:
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.rglob("*") if path.is_file()}


def test_boxes_labels_and_targets_are_those_of_the_corpus(run: Path, dataset: Dataset) -> None:
    split, test = described(run, dataset), dataset.test
    assert split.images["image_id"].tolist() == test.images["image_id"].tolist()
    assert (split.offsets == test.offsets).all()
    assert (split.regions[["x1", "y1", "x2", "y2"]].to_numpy() == test.boxes).all()
    assert split.regions["label"].tolist() == [test.label_names[label] for label in test.labels]
    assert (
        split.phrases[["x1", "y1", "x2", "y2"]].to_numpy() == test.phrases[["x1", "y1", "x2", "y2"]].to_numpy()
    ).all()
    assert split.phrases["words"].tolist() == [len(text.split()) for text in test.phrases["text"]]
    assert split.phrases["head"].tolist() == test.phrases["head"].tolist()


def test_how_well_the_best_box_fits_and_how_many_share_its_label_is_told(run: Path, dataset: Dataset) -> None:
    split, matches = described(run, dataset), match_boxes(dataset.test, Rules.corrected)
    for row, (first, last) in enumerate(pairwise(matches.offsets)):
        iou, image = matches.iou[first:last], split.phrases["image"][row]
        labels = dataset.test.labels[dataset.test.regions_of(image)]
        assert split.phrases["best_iou"][row] == iou.max()
        assert split.phrases["same_label"][row] == (labels == labels[iou.argmax()]).sum()


@pytest.mark.parametrize(
    ("head", "has"),
    [
        ("dog", True), ("dogs", True), ("buses", True), ("puppies", True), ("signs", True), ("stop signs", True),
        ("stop", False), ("men", False), ("stop dog", False), ("big dog", False), ("do", False), ("", False),
    ],
)  # fmt: skip
def test_a_noun_is_in_the_label_set_as_it_stands_or_as_a_regular_plural(head: str, has: bool) -> None:
    assert has_noun([head], ["man,person", "dog", "bus", "puppy", "stop sign,stopsign"]) == [has]


def test_whether_the_label_set_has_each_head_is_told(run: Path, dataset: Dataset) -> None:
    phrases = described(run, dataset).phrases
    assert phrases["in_labels"].tolist() == has_noun(phrases["head"], dataset.test.label_names)
    assert phrases["in_labels"].nunique() == 2


def test_the_share_of_its_image_that_a_target_covers_is_told(run: Path, dataset: Dataset) -> None:
    split = described(run, dataset)
    for _, phrase in split.phrases.iterrows():
        image = split.images.iloc[phrase["image"]]
        covered = (phrase["x2"] - phrase["x1"]) * (phrase["y2"] - phrase["y1"])
        assert phrase["area"] == pytest.approx(covered / (image["width"] * image["height"]))


@pytest.mark.parametrize("study", STUDIES, ids=lambda path: path.name)
def test_boxes_of_images_that_are_no_examples_are_not_handed_on(study: Path) -> None:
    split = read_test_split(study)
    assert split is not None
    assert len(split.examples) < len(split.images)
    assert set(split.regions["image"]) == set(split.examples)
    assert set(split.phrases["image"][split.phrases["x1"].notna()]) == set(split.examples)


def test_heads_are_counted_in_the_phrases_of_each_subset(run: Path, dataset: Dataset, tmp_path: Path) -> None:
    split, train = described(run, dataset), dataset.train
    subsets, image = draw(protocol(tmp_path), train).images, train.sentences["image"].to_numpy()
    of_phrase = image[train.phrases["sentence"].to_numpy()]
    for head in split.phrases["head"].unique():
        for (seed, label), chosen in subsets.items():
            rows = split.heads[
                (split.heads["head"] == head) & (split.heads["seed"] == seed) & (split.heads["fraction"] == label)
            ]
            expected = int(((train.phrases["head"] == head) & np.isin(of_phrase, chosen)).sum())
            assert rows["phrases"].sum() == expected
            assert len(rows) == (expected > 0)


def test_without_image_files_there_are_no_pictures_but_examples(run: Path, dataset: Dataset) -> None:
    split = described(run, dataset)
    assert split.examples == tuple(range(len(dataset.test.images)))
    assert split.pictures == {}


def test_pictures_are_small_copies_named_by_number(run: Path, dataset: Dataset, images: Path) -> None:
    split = described(run, dataset)
    assert tuple(split.pictures) == split.examples
    assert {path.name for path in (run / "test" / "pictures").iterdir()} == {f"{row}.jpg" for row in split.examples}
    for picture in split.pictures.values():
        with Image.open(io.BytesIO(picture)) as image:
            assert (image.format, max(image.size)) == ("JPEG", 360)
    assert sum(map(len, split.pictures.values())) <= LARGEST


def test_a_picture_that_cannot_be_decoded_is_left_out(run: Path, dataset: Dataset, images: Path) -> None:
    first, second, *_ = sorted(images.iterdir())
    first.write_bytes(first.read_bytes()[:900])
    second.write_bytes(b"no image")
    assert len(described(run, dataset).pictures) == len(dataset.test.images) - 2


def test_what_is_current_is_not_written_again(run: Path, dataset: Dataset, images: Path) -> None:
    described(run, dataset)
    before = snapshot(run / "test")
    described(run, dataset)
    assert snapshot(run / "test") == before


def test_pictures_that_were_not_at_hand_are_added_later_and_then_stay(
    run: Path, dataset: Dataset, images: Path, tmp_path: Path
) -> None:
    away = images.rename(tmp_path / "away")
    assert not described(run, dataset).pictures
    away.rename(images)
    assert len(described(run, dataset).pictures) == len(dataset.test.images)
    shutil.rmtree(images)
    assert len(described(run, dataset).pictures) == len(dataset.test.images)


def test_several_commands_may_describe_it_at_once(run: Path, dataset: Dataset, images: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        ended = [pool.submit(describe_test, run, protocol(run.parent), dataset) for _ in range(8)]
        assert [each.exception() for each in ended] == [None] * 8
    assert flaw_of_test_split(run) is None
    assert {path.name for path in run.iterdir()} == {"manifest.json", "subsets", "test"}


def test_what_a_killed_command_left_is_removed(run: Path, dataset: Dataset) -> None:
    left = run / ".test.building-0"
    left.mkdir(parents=True)
    (left / "images.parquet").write_bytes(b"PAR1")
    described(run, dataset)
    assert [path.name for path in run.glob(".*")] == []


def test_of_other_subsets_it_is_written_anew(run: Path, dataset: Dataset, tmp_path: Path) -> None:
    described(run, dataset)
    more = protocol(tmp_path, seeds=3)
    write_subsets(draw(more, dataset.train), run)
    describe_test(run, more, dataset)
    split = read_test_split(run)
    assert split is not None
    assert set(split.heads["seed"]) == {0, 1, 2}


def test_a_run_of_an_earlier_version_has_none(run: Path) -> None:
    assert read_test_split(run) is None
    assert flaw_of_test_split(run) is None


@pytest.mark.parametrize(
    "name", ["index.json", "images.parquet", "regions.parquet", "phrases.parquet", "pictures/0.jpg"]
)
def test_what_was_changed_is_not_believed_and_written_again(
    name: str, run: Path, dataset: Dataset, images: Path
) -> None:
    described(run, dataset)
    whole = (run / "test" / name).read_bytes()
    (run / "test" / name).write_bytes(whole[: len(whole) // 2])
    assert read_test_split(run) is None
    flaw = flaw_of_test_split(run)
    assert flaw is not None
    assert flaw.startswith(f"test/{name}: ")
    described(run, dataset)
    assert (run / "test" / name).read_bytes() == whole


def test_that_of_another_test_split_is_not_believed(run: Path, dataset: Dataset) -> None:
    described(run, dataset)
    path = run / "manifest.json"
    path.write_text(path.read_text().replace(dataset.test.fingerprint, "0" * 64))
    assert read_test_split(run) is None
    assert flaw_of_test_split(run) == "test/index.json: it describes another test split than that of the run"


def test_scenes_have_their_pictures(tmp_path: Path) -> None:
    source = Protocol.model_validate({"name": "s", "fractions": [1], "systems": {"prior": {"kind": "prior"}}}).corpus
    files = source.files(tmp_path)
    assert isinstance(files, Flickr30kSource)
    assert files.images_folder == files.root / "Images"
