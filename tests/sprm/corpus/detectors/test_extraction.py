from __future__ import annotations

import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from random_detector import save_random

from sprm.corpus.detectors.detector import DetectorExtractor
from sprm.corpus.detectors.extracted import ExtractedDetections
from sprm.corpus.detectors.extraction import CHUNK, extract
from sprm.corpus.detectors.raw_images import read_image
from sprm.corpus.settings import DetectorSource
from sprm.corpus.warnings import Tally
from sprm.errors import DataError, IntegrityError

NAME = "ssdlite320_mobilenet_v3_large"
COUNT = CHUNK + 5
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_random(NAME, tmp_path_factory.mktemp("weights"))


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("images")
    draw = np.random.default_rng(0)
    paths = {str(number): folder / f"{number}.png" for number in range(COUNT)}
    for number, path in enumerate(paths.values()):
        Image.fromarray(draw.integers(0, 256, (20 + number, 30, 3), dtype=np.uint8)).save(path)
    return paths


def ignore(stage: str, done: int, total: int) -> None:
    pass


def run(
    images: dict[str, Path],
    weights: Path,
    cache: Path,
    progress: Callable[[str, int, int], None] = ignore,
    **settings: float,
) -> ExtractedDetections:
    source = DetectorSource.model_validate({"name": NAME, "weights": weights, "at_least": 3, "threads": 1, **settings})
    return extract(images, DetectorExtractor(source), cache, device=CPU, progress=progress)


def contents(cache: Path) -> dict[str, bytes]:
    files = (path for path in (cache / "extracted").rglob("*") if path.is_file())
    return {str(path.relative_to(cache)): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def whole(images: dict[str, Path], weights: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What an uninterrupted extraction writes."""
    cache = tmp_path_factory.mktemp("whole")
    run(images, weights, cache)
    return contents(cache)


def restore(whole: dict[str, bytes], cache: Path) -> None:
    for name, content in whole.items():
        (cache / name).parent.mkdir(parents=True, exist_ok=True)
        (cache / name).write_bytes(content)


def test_regions_come_back_with_their_image(
    images: dict[str, Path], weights: Path, whole: dict[str, bytes], tmp_path: Path
) -> None:
    restore(whole, tmp_path)
    found = run(images, weights, tmp_path)
    tally = Tally()
    with found.part(list(images)) as part:
        for number, image_id in enumerate(images):
            regions = part.find(image_id, tally)
            assert regions is not None
            assert (regions.width, regions.height) == (30, 20 + number)
            assert regions.boxes.shape == (3, 4)
            assert regions.features.shape == (3, 672)
            assert regions.features.dtype == np.float16
            assert len(regions.class_names) == 3
            assert (regions.boxes <= [30, 20 + number, 30, 20 + number]).all()
    assert len({Path(name).parent for name in whole}) == 2


def test_the_extractor_names_library_detector_and_weights(
    images: dict[str, Path], weights: Path, whole: dict[str, bytes], tmp_path: Path
) -> None:
    restore(whole, tmp_path)
    extractor = run(images, weights, tmp_path).extractor
    assert extractor.startswith("torchvision ")
    assert f"{NAME}, weights ssdlite320_mobilenet_v3_large.pth, sha256 " in extractor


def test_a_part_can_be_sent_to_a_worker(
    images: dict[str, Path], weights: Path, whole: dict[str, bytes], tmp_path: Path
) -> None:
    restore(whole, tmp_path)
    sent = pickle.dumps(run(images, weights, tmp_path).part(["3", "35"]))
    assert len(sent) < 2000
    with pickle.loads(sent) as part:
        assert part.find("35", Tally()).height == 20 + 35
        assert part.find("3", Tally()).height == 20 + 3
        assert part.find("4", Tally()) is None


@pytest.mark.parametrize("stop", [3, CHUNK + 1])
def test_an_interrupted_extraction_goes_on_where_it_was(
    images: dict[str, Path], weights: Path, whole: dict[str, bytes], tmp_path: Path, stop: int
) -> None:
    def interrupt(stage: str, done: int, total: int) -> None:
        if done >= stop:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(images, weights, tmp_path, interrupt)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "extracted").rglob("*.npy")}
    assert bool(before) == (stop > CHUNK)
    told: list[int] = []
    run(images, weights, tmp_path, lambda stage, done, total: told.append(done))
    assert told[0] == (CHUNK if before else 0)
    assert told[-1] == COUNT
    assert contents(tmp_path) == whole
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_a_chunk_that_was_deleted_is_extracted_anew_to_the_same_bytes(
    images: dict[str, Path], weights: Path, whole: dict[str, bytes], tmp_path: Path
) -> None:
    restore(whole, tmp_path)
    shutil.rmtree(run(images, weights, tmp_path).places["36"].folder)
    run(images, weights, tmp_path)
    assert contents(tmp_path) == whole


def test_when_nothing_is_missing_no_network_is_built(
    images: dict[str, Path], whole: dict[str, bytes], weights: Path, tmp_path: Path
) -> None:
    restore(whole, tmp_path)
    told: list[tuple[int, int]] = []
    state = torch.get_rng_state()
    run(images, weights, tmp_path, lambda stage, done, total: told.append((done, total)))
    assert told == [(COUNT, COUNT)]
    # Building a network draws its first weights.
    assert torch.equal(torch.get_rng_state(), state)


def test_other_settings_weights_or_images_are_extracted_anew(
    images: dict[str, Path], weights: Path, tmp_path: Path
) -> None:
    few = {name: images[name] for name in ("0", "1")}
    other = tmp_path / "other.pth"
    state = torch.load(weights, weights_only=True)
    torch.save({name: value * 0.5 for name, value in state.items()}, other)
    changed = tmp_path / "0.png"
    Image.open(images["0"]).transpose(Image.Transpose.ROTATE_180).save(changed)
    state_of_first = images["0"].stat()
    os.utime(changed, ns=(state_of_first.st_atime_ns, state_of_first.st_mtime_ns))
    variants = (
        run(few, weights, tmp_path),
        run(few, other, tmp_path),
        run(few, weights, tmp_path, at_most=4),
        run({**few, "0": changed}, weights, tmp_path),
        run(dict(reversed(few.items())), weights, tmp_path),
    )
    assert len({found.places["0"].folder for found in variants}) == len(variants)


def test_weights_that_were_only_moved_are_the_same(
    images: dict[str, Path], weights: Path, whole: dict[str, bytes], tmp_path: Path
) -> None:
    restore(whole, tmp_path)
    (tmp_path / "moved.pth").write_bytes(weights.read_bytes())
    run(images, tmp_path / "moved.pth", tmp_path)
    assert contents(tmp_path) == whole


def test_an_image_in_which_nothing_is_found_has_no_regions(
    images: dict[str, Path], weights: Path, tmp_path: Path
) -> None:
    state = torch.load(weights, weights_only=True)
    for name, value in state.items():
        if name.startswith("head.classification_head") and name.endswith("bias"):
            # Background takes all of every box's probability, in the precision of 32 bits.
            value[::91] = 1000.0 if len(value) % 91 == 0 else 0.0
    blind = tmp_path / "blind.pth"
    torch.save(state, blind)
    found = run({name: images[name] for name in ("0", "1")}, blind, tmp_path)
    with found.part(["0", "1"]) as part:
        assert part.find("0", Tally()) is None
        assert part.find("1", Tally()) is None


def test_the_threads_of_torch_are_as_before(images: dict[str, Path], weights: Path, tmp_path: Path) -> None:
    before = torch.get_num_threads()
    source = DetectorSource(name=NAME, weights=weights, threads=before + 1)
    during: list[int] = []

    def ask(stage: str, done: int, total: int) -> None:
        during.append(torch.get_num_threads())

    extract({"0": images["0"]}, DetectorExtractor(source), tmp_path, device=CPU, progress=ask)
    assert during == [before, before + 1]
    assert torch.get_num_threads() == before


def test_a_missing_image_is_told_before_anything_is_extracted(
    images: dict[str, Path], weights: Path, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=r"none\.jpg, image last: the image's file is missing"):
        run({**images, "last": tmp_path / "none.jpg"}, weights, tmp_path)
    assert not (tmp_path / "extracted").exists()


def test_a_broken_image_costs_nothing_that_was_extracted_before_it(
    images: dict[str, Path], weights: Path, whole: dict[str, bytes], tmp_path: Path
) -> None:
    broken = tmp_path / "36.png"
    broken.write_bytes(images["36"].read_bytes()[:-200])
    with pytest.raises(DataError, match=r"36\.png: the image cannot be read"):
        run({**images, "36": broken}, weights, tmp_path)
    assert len(contents(tmp_path)) == len(whole) / 2
    assert contents(tmp_path).items() < whole.items()


def test_a_damaged_chunk_is_told(
    images: dict[str, Path], weights: Path, whole: dict[str, bytes], tmp_path: Path
) -> None:
    restore(whole, tmp_path)
    found = run(images, weights, tmp_path)
    folder = found.places["0"].folder
    for name, gone in [("features.npy", False), ("chunk.json", False), ("boxes.npy", True), ("chunk.json", True)]:
        good = (folder / name).read_bytes()
        (folder / name).unlink()
        if not gone:
            (folder / name).write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
        with found.part(["0", "36"]) as part:
            with pytest.raises(IntegrityError, match=name):
                part.find("0", Tally())
            assert part.find("36", Tally()) is not None
        (folder / name).write_bytes(good)


def test_an_image_is_read_as_it_is_stored_though_it_says_that_it_is_to_be_turned(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (30, 20), "red").save(tmp_path / "turned.jpg", exif=exif)
    assert read_image(tmp_path / "turned.jpg").size == (30, 20)


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK", "1"])
def test_an_image_of_other_colours_is_read_as_rgb(tmp_path: Path, mode: str) -> None:
    suffix = "tif" if mode == "CMYK" else "png"
    Image.new("RGB", (30, 20), "red").convert(mode).save(tmp_path / f"image.{suffix}")
    assert read_image(tmp_path / f"image.{suffix}").mode == "RGB"


def test_a_file_that_is_no_usable_image_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.new("RGB", (600, 1)).save(tmp_path / "narrow.png")
    Image.new("RGB", (40, 30)).save(tmp_path / "bomb.png")
    (tmp_path / "text.jpg").write_text("no image")
    (tmp_path / "empty.jpg").touch()
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    for name, problem in [
        ("text.jpg", "the image cannot be read"),
        ("empty.jpg", "the image cannot be read"),
        ("none.jpg", "the image cannot be read"),
        ("bomb.png", "the image cannot be read .*1200 pixels"),
        ("narrow.png", "600 by 1 pixels are too narrow"),
    ]:
        with pytest.raises(DataError, match=problem) as told:
            read_image(tmp_path / name)
        assert told.value.path == tmp_path / name
