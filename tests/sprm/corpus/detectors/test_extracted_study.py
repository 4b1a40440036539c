"""A corpus whose regions come from a detector that is run on its raw images."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from command_line import CommandLine
from flickr_folder import SIZE, image_id, write_flickr_folder
from PIL import Image
from random_detector import save_random
from raw_images import write_raw_images

from sprm.corpus.build.prepare import prepare
from sprm.corpus.dataset import Dataset, open_dataset
from sprm.corpus.sources.flickr30k.source import Flickr30kSource
from sprm.errors import DataError
from sprm.settings import Rules

DETECTOR = "ssdlite320_mobilenet_v3_large"


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights that nobody trained."""
    return save_random(DETECTOR, tmp_path_factory.mktemp("weights"))


@pytest.fixture
def flickr_images(flickr_folder: Path) -> Path:
    """The hand-made folder without any released detections, and with a picture of noise for each image."""
    write_raw_images(flickr_folder)
    return flickr_folder


@pytest.fixture(scope="module")
def built(weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of which a study has been built, and beside it the cache; not to be changed."""
    root = tmp_path_factory.mktemp("built") / "flickr"
    write_flickr_folder(root)
    write_raw_images(root)
    build(root, weights)
    return root


@pytest.fixture
def built_images(built: Path, tmp_path: Path) -> Path:
    """A copy of a folder of which a study has been built, with its cache: the detector has been run on all images."""
    shutil.copytree(built.parent, tmp_path / "copy")
    return tmp_path / "copy" / built.name


def build(root: Path, weights: Path, rules: Rules = Rules.corrected, told: list[str] | None = None) -> Dataset:
    detector = {"name": DETECTOR, "weights": weights, "at_least": 5, "at_most": 20, "threads": 1}
    fields: dict[str, Any] = {"kind": "flickr30k", "root": root, "detections": "extracted", "detector": detector}
    stages = [] if told is None else told
    source = Flickr30kSource.model_validate(fields)
    return open_dataset(
        prepare(source, rules, root.parent / "cache", progress=lambda stage, *_: stages.append(stage), workers=1)
    )


def test_regions_of_every_image_come_from_the_detector(flickr_images: Path, weights: Path) -> None:
    dataset = build(flickr_images, weights)
    for corpus, images in ((dataset.train, 12), (dataset.val, 4), (dataset.test, 4)):
        assert corpus.info.counts.images == images
        assert 5 * images <= corpus.info.counts.regions <= 20 * images
        assert f"torchvision {torch_vision()} {DETECTOR}, weights {DETECTOR}.pth" in corpus.info.origin.extractor
        means = [corpus.features[corpus.regions_of(row)].mean(axis=0) for row in range(images)]
        assert len({mean.tobytes() for mean in means}) == images
        assert (corpus.boxes >= 0).all()
        assert (corpus.boxes[:, 2] <= SIZE[0]).all()
        assert not any("size differs" in warning.kind for warning in corpus.info.warnings)


def torch_vision() -> str:
    import torchvision

    return str(torchvision.__version__).partition("+")[0]


def test_other_rules_read_the_annotations_anew_and_run_no_detector_again(built_images: Path, weights: Path) -> None:
    first = build(built_images, weights)
    stamps = {path: path.stat().st_mtime_ns for path in (built_images.parent / "cache" / "extracted").rglob("*.npy")}
    assert stamps
    second = build(built_images, weights, Rules.official)
    assert second.folder != first.folder
    assert second.train.info.files["features.npy"] == first.train.info.files["features.npy"]
    again = {path: path.stat().st_mtime_ns for path in (built_images.parent / "cache" / "extracted").rglob("*.npy")}
    assert again == stamps


def test_a_changed_image_is_extracted_anew(built_images: Path, weights: Path) -> None:
    first = build(built_images, weights)
    Image.new("RGB", SIZE, "white").save(built_images / "flickr30k_images" / f"{image_id(13)}.png")
    second = build(built_images, weights)
    assert second.val.info.files["features.npy"] != first.val.info.files["features.npy"]
    assert second.train.info.files["features.npy"] == first.train.info.files["features.npy"]


def test_a_missing_image_is_named_before_the_detector_is_run(flickr_images: Path, weights: Path) -> None:
    (flickr_images / "flickr30k_images" / f"{image_id(13)}.png").unlink()
    told: list[str] = []
    with pytest.raises(DataError, match=rf"flickr30k_images.{image_id(13)}\.jpg: this file is missing"):
        build(flickr_images, weights, told=told)
    assert "extracting regions" not in told


def test_a_broken_annotation_is_told_before_the_detector_is_run(flickr_images: Path, weights: Path) -> None:
    (flickr_images / "Flickr30kEntities" / "Annotations" / f"{image_id(19)}.xml").write_text("<annotation>")
    told: list[str] = []
    with pytest.raises(DataError, match=rf"{image_id(19)}\.xml: not well-formed XML"):
        build(flickr_images, weights, told=told)
    assert "extracting regions" not in told


def test_images_may_stand_in_folders_below_and_no_two_may_have_one_name(built_images: Path, weights: Path) -> None:
    first = build(built_images, weights)
    folder = built_images / "flickr30k_images"
    (folder / "07" / "images").mkdir(parents=True)
    moved = folder / "07" / "images" / f"{image_id(13)}.PNG"
    (folder / f"{image_id(13)}.png").rename(moved)
    assert build(built_images, weights).val.info.files["features.npy"] == first.val.info.files["features.npy"]
    Image.new("RGB", SIZE).save(folder / f"{image_id(13)}.jpg")
    with pytest.raises(DataError, match=rf"{image_id(13)}\.jpg is the same image, by its name|is the same image"):
        build(built_images, weights)


def test_other_weights_at_the_same_place_make_another_study(flickr_images: Path, weights: Path, tmp_path: Path) -> None:
    place = tmp_path / "weights.pth"
    shutil.copy(weights, place)
    first = build(flickr_images, place)
    state = torch.load(place, weights_only=True)
    state["backbone.features.0.0.0.weight"] *= 1.5
    torch.save(state, place)
    second = build(flickr_images, place)
    assert second.folder != first.folder
    assert second.fingerprint != first.fingerprint


@pytest.mark.slow
def test_a_run_on_extracted_regions_ends_in_a_report(flickr_images: Path, weights: Path) -> None:
    cli = CommandLine(flickr_images.parent)
    detector = {"name": DETECTOR, "weights": str(weights), "at_least": 5, "at_most": 20, "threads": 1}
    corpus = {"kind": "flickr30k", "root": str(flickr_images), "detections": "extracted", "detector": detector}
    systems = {"prior": {"kind": "prior"}, "sprm": {"kind": "sprm"}}
    training = {"epochs": 1, "batch": 4, "learning_rate": 1e-3}
    protocol = {"name": "raw", "corpus": corpus, "fractions": [1.0], "seeds": 1, "systems": systems}
    cli.write(json.dumps({**protocol, "training": training}))
    done = cli("run", "protocol.yaml", "--workers", "1")
    assert done.returncode == 0, done.stderr
    assert DETECTOR in (cli.folder / done.stdout.strip()).read_text(encoding="utf-8")
