"""What the coarse noise model promises of every picture."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from sprm.corpus.build.prepare import prepare
from sprm.corpus.dataset import open_dataset
from sprm.corpus.sources.scenes import tables
from sprm.corpus.sources.scenes.coarse import CoarseModel, detect
from sprm.corpus.sources.scenes.layout import compose
from sprm.corpus.sources.scenes.noise import Detection
from sprm.corpus.sources.scenes.scene import Scene
from sprm.corpus.sources.scenes.source import ScenesSize, ScenesSource
from sprm.corpus.sources.scenes.writer import write_scenes
from sprm.seeding import generator
from sprm.settings import Rules

PICTURES = 150
FEW = {"train": 2, "val": 1, "test": 2}


def quiet(stage: str, done: int, total: int) -> None:
    pass


def looked_at(number: int, model: CoarseModel) -> list[Detection]:
    return detect(scene(number), generator("coarse", number), model)


def scene(number: int) -> Scene:
    return compose(generator("scenes of coarse", number))


@pytest.fixture(scope="module")
def pictures() -> list[tuple[Scene, list[Detection]]]:
    return [(scene(number), looked_at(number, CoarseModel())) for number in range(PICTURES)]


def test_boxes_come_in_the_order_of_their_scores(pictures: list[tuple[Scene, list[Detection]]]) -> None:
    for _, found in pictures:
        scores = [detection.score for detection in found if detection.score is not None]
        assert len(scores) == len(found)
        assert scores == sorted(scores, reverse=True)
        assert scores[-1] >= 0
        assert scores[0] <= 1


def test_every_box_lies_in_its_picture_and_has_an_area(pictures: list[tuple[Scene, list[Detection]]]) -> None:
    for picture, found in pictures:
        for detection in found:
            assert 0 <= detection.box.left < detection.box.right <= picture.width
            assert 0 <= detection.box.top < detection.box.bottom <= picture.height
            assert min(detection.box.width, detection.box.height) >= 5 - 1e-9


def test_an_image_has_12_to_30_boxes_and_those_beyond_12_score_at_least_the_threshold(
    pictures: list[tuple[Scene, list[Detection]]],
) -> None:
    model = CoarseModel()
    for _, found in pictures:
        assert model.boxes_least <= len(found) <= model.boxes_most
        assert all((detection.score or 0) >= model.score_least for detection in found[model.boxes_least :])
    assert max(len(found) for _, found in pictures) == model.boxes_most


def test_labels_are_among_the_eighty_and_boxes_of_one_label_overlap_little(
    pictures: list[tuple[Scene, list[Detection]]],
) -> None:
    known = {label.name for label in tables.coarse_labels()}
    for _, found in pictures:
        assert {detection.label for detection in found} <= known
        for i, one in enumerate(found):
            for other in found[:i]:
                overlap = one.box.overlap(other.box)
                iou = overlap / (one.box.area + other.box.area - overlap)
                assert one.label != other.label or iou <= CoarseModel().same + 1e-6


def test_the_same_seed_gives_the_same_detections() -> None:
    assert looked_at(3, CoarseModel()) == looked_at(3, CoarseModel())


def test_a_picture_in_which_next_to_nothing_is_found_has_12_boxes_all_the_same() -> None:
    blind = CoarseModel(seen=0, noticed=0, pieces=0, group=0, clutter=1.0)
    assert len(looked_at(1, blind)) == blind.boxes_least


def test_better_boxes_score_higher(pictures: list[tuple[Scene, list[Detection]]]) -> None:
    fits, scores = [], []
    for picture, found in pictures:
        for detection in found:
            overlaps = [detection.box.overlap(thing.box) for thing in picture.objects]
            areas = [detection.box.area + thing.box.area for thing in picture.objects]
            fits.append(max(both / (area - both) for both, area in zip(overlaps, areas, strict=True)))
            scores.append(detection.score or 0.0)
    assert np.corrcoef(fits, scores)[0, 1] > 0.3


def test_whoever_it_is_is_a_person(pictures: list[tuple[Scene, list[Detection]]]) -> None:
    for picture, found in pictures:
        people = [thing for thing in picture.objects if thing.category.kind == "people"]
        if len(people) > 2:
            assert "person" in {detection.label for detection in found[:5]}


def test_the_files_hold_scores_and_the_same_pictures_and_captions_as_those_of_the_fine_detector(
    tmp_path: Path,
) -> None:
    write_scenes(tmp_path / "fine", seed=7, images=FEW, progress=quiet, processes=1)
    write_scenes(tmp_path / "coarse", seed=7, images=FEW, progress=quiet, processes=1, detector="coarse")
    for name in ("Images/3000001.png", "Flickr30kEntities/Sentences/3000001.txt"):
        assert (tmp_path / "coarse" / name).read_bytes() == (tmp_path / "fine" / name).read_bytes()
    fine, coarse = (
        json.loads((tmp_path / kind / "test_detection_dict.json").read_text()) for kind in ("fine", "coarse")
    )
    assert list(fine) == list(coarse)
    assert all("scores" not in entry for entry in fine.values())
    for entry in coarse.values():
        assert len(entry["scores"]) == len(entry["bboxes"]) == len(entry["classes"])
        assert entry["scores"] == sorted(entry["scores"], reverse=True)


def test_the_corpus_keeps_the_scores(tmp_path: Path) -> None:
    source = ScenesSource(seed=7, images=ScenesSize(**FEW), detector="coarse")
    dataset = open_dataset(prepare(source, Rules.corrected, tmp_path, progress=quiet, workers=1))
    assert dataset.test.scores is not None
    assert len(dataset.test.scores) == len(dataset.test.boxes)


def test_only_another_detector_than_the_default_gives_the_files_another_name(tmp_path: Path) -> None:
    # The name that the default has had since before there was a choice.
    name = ScenesSource().files(tmp_path).root.name
    assert name == ScenesSource(detector="fine").files(tmp_path).root.name == "845731c08861b1ed"
    assert name != ScenesSource(detector="coarse").files(tmp_path).root.name
