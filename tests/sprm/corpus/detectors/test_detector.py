from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from random_detector import save_random
from torch.nn import functional

from sprm.corpus.detectors.detector import NO_CLASS, Detector
from sprm.corpus.detectors.detector_weights import fetch_weights, load_weights, weights_path, weights_url
from sprm.corpus.detectors.regions import Regions
from sprm.corpus.settings import DetectorSource
from sprm.errors import DataError

SSD = "ssdlite320_mobilenet_v3_large"
RCNN = "fasterrcnn_mobilenet_v3_large_320_fpn"
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def states(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of files of random weights, one a detector."""
    folder = tmp_path_factory.mktemp("states")
    for name in (SSD, RCNN):
        save_random(name, folder)
    return folder


def detector(name: str, states: Path, **settings: float) -> Detector:
    source = DetectorSource.model_validate({"name": name, "weights": states / f"{name}.pth", **settings})
    return Detector(source, fetch_weights(source), CPU)


def picture(number: int, width: int = 60, height: int = 40) -> Image.Image:
    pixels = np.random.default_rng(number).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def assert_same(one: Regions, other: Regions) -> None:
    for name in ("boxes", "labels", "scores", "features"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


@pytest.mark.parametrize(("name", "size"), [(SSD, 672), (RCNN, 1024)])
def test_an_image_gives_boxes_inside_it_with_a_feature_each_the_most_confident_first(
    states: Path, name: str, size: int
) -> None:
    found = detector(name, states, score=0, at_least=5, at_most=20).detect([picture(0)])[0]
    assert found.boxes.shape == (20, 4)
    assert found.features.shape == (20, size)
    assert [found.boxes.dtype, found.labels.dtype, found.scores.dtype] == [np.float32, np.int32, np.float32]
    assert found.features.dtype == np.float16
    assert np.isfinite(found.features).all()
    assert (np.diff(found.scores) <= 0).all()
    assert (found.boxes >= 0).all()
    assert (found.boxes <= [60, 40, 60, 40]).all()


@pytest.mark.parametrize("name", ["retinanet_resnet50_fpn", "fcos_resnet50_fpn", "maskrcnn_resnet50_fpn"])
def test_every_kind_of_detector_gives_regions(tmp_path: Path, name: str) -> None:
    save_random(name, tmp_path)
    # A flat image is a small one once it is resized.
    found = detector(name, tmp_path, at_least=3, at_most=3).detect([picture(0, 600, 20)])[0]
    assert found.boxes.shape == (3, 4)
    assert np.isfinite(found.features).all()


def test_what_an_image_gives_does_not_depend_on_the_images_before_it(states: Path) -> None:
    fresh, used = (detector(RCNN, states, at_least=10) for _ in range(2))
    used.detect([picture(1, 1000, 5)])
    assert_same(fresh.detect([picture(0)])[0], used.detect([picture(0)])[0])


def test_the_images_of_a_batch_keep_their_own_regions(states: Path) -> None:
    network = detector(SSD, states, at_least=10)
    pictures = [picture(0), picture(1, 30, 50)]
    for alone, together in zip([network.detect([one])[0] for one in pictures], network.detect(pictures), strict=True):
        np.testing.assert_allclose(alone.boxes, together.boxes, atol=1e-3)
        np.testing.assert_allclose(alone.features, together.features, rtol=1e-2, atol=1e-3)


def test_an_rcnn_features_are_what_its_box_head_makes_of_the_boxes(states: Path) -> None:
    image = picture(0, 100, 100)
    found = detector(RCNN, states, at_least=10).detect([image])[0]
    source = DetectorSource(name=RCNN, weights=states / f"{RCNN}.pth")
    model = load_weights(source, fetch_weights(source))
    pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1)[None] / 255
    mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    normal = (pixels - mean[:, None, None]) / deviation[:, None, None]
    with torch.inference_mode():
        maps = model.backbone(functional.interpolate(normal, size=(320, 320), mode="bilinear"))
        pooled = model.roi_heads.box_roi_pool(maps, [torch.from_numpy(found.boxes) * 3.2], [(320, 320)])
        expected = model.roi_heads.box_head(pooled).numpy()
    np.testing.assert_allclose(found.features, expected, rtol=2e-2, atol=2e-3)
    assert np.abs(expected).max() > 0.05


def test_an_ssd_feature_is_the_mean_of_the_first_map_in_the_box(states: Path) -> None:
    image = picture(0, 320, 320)
    found = detector(SSD, states, at_least=10).detect([image])[0]
    source = DetectorSource(name=SSD, weights=states / f"{SSD}.pth")
    pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1)[None] / 255
    with torch.inference_mode():
        first = load_weights(source, fetch_weights(source)).backbone((pixels - 0.5) / 0.5)["0"][0].numpy()
    whole = first.mean(axis=(1, 2))
    largest = np.argmax((found.boxes[:, 2:] - found.boxes[:, :2]).prod(axis=1))
    similarity = np.corrcoef(whole, found.features[largest].astype(np.float32))[0, 1]
    assert similarity > 0.9


def test_boxes_are_kept_by_score_at_least_so_many_and_at_most_so_many(states: Path) -> None:
    every = detector(RCNN, states, score=0, at_least=1, at_most=300).detect([picture(0)])[0]
    between = float(every.scores[30])
    above = int((every.scores >= between).sum())
    for at_least, at_most, expected in [(1, 100, above), (above + 7, 100, above + 7), (2, 5, 5)]:
        network = detector(RCNN, states, score=between, at_least=at_least, at_most=at_most)
        found = network.detect([picture(0)])[0]
        assert len(found.scores) == expected
        np.testing.assert_array_equal(found.boxes, every.boxes[:expected])
        np.testing.assert_array_equal(found.labels, every.labels[:expected])


def test_boxes_that_are_hardly_likely_make_up_what_is_missing_to_at_least_so_many(tmp_path: Path) -> None:
    path = save_random(RCNN, tmp_path)
    state = torch.load(path, weights_only=True)
    # Background takes nearly all of every box's probability.
    state["roi_heads.box_predictor.cls_score.bias"][0] = 30.0
    torch.save(state, path)
    found = detector(RCNN, tmp_path, score=0.5, at_least=4).detect([picture(0)])[0]
    assert len(found.scores) == 4
    assert found.scores[0] < 1e-6


def test_boxes_of_no_class_are_dropped(tmp_path: Path) -> None:
    path = save_random(RCNN, tmp_path)
    state = torch.load(path, weights_only=True)
    names = detector(RCNN, tmp_path).class_names
    state["roi_heads.box_predictor.cls_score.bias"][names.index("N/A")] = 20.0
    torch.save(state, path)
    found = detector(RCNN, tmp_path, at_least=200, at_most=200).detect([picture(0)])[0]
    assert len(found.labels) == 200
    assert not {names[label] for label in found.labels} & set(NO_CLASS)


def test_an_unknown_name_is_told_with_the_nearest_and_all_there_are() -> None:
    source = DetectorSource(name="fasterrcnn_resnet50_fpn_v3")
    for ask in (weights_path, weights_url, fetch_weights):
        with pytest.raises(DataError, match=r"did you mean 'fasterrcnn_resnet50_fpn_v2'.*retinanet_resnet50_fpn_v2"):
            ask(source)


def test_weights_learnt_on_coco_stand_in_the_cache_of_torch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    source = DetectorSource(name=SSD)
    url = weights_url(source)
    assert url == "https://download.pytorch.org/models/ssdlite320_mobilenet_v3_large_coco-a79551df.pth"
    path = weights_path(source)
    assert path == tmp_path / "hub" / "checkpoints" / "ssdlite320_mobilenet_v3_large_coco-a79551df.pth"
    path.parent.mkdir(parents=True)
    save_random(SSD, tmp_path).rename(path)
    assert len(Detector(source, fetch_weights(source), CPU).detect([picture(0)])[0].boxes) == 10


def test_weights_that_cannot_be_downloaded_are_told_where_to_put(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    for name in ("no_proxy", "NO_PROXY", "https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "" if name.lower() == "no_proxy" else "http://127.0.0.1:9")
    source = DetectorSource(name=SSD)
    with pytest.raises(DataError, match=r"could not be downloaded .* put https://download\.pytorch\.org/") as told:
        fetch_weights(source)
    assert told.value.path == weights_path(source)
    assert not weights_path(source).exists()


def test_a_missing_file_of_weights_is_told(tmp_path: Path) -> None:
    source = DetectorSource(name=SSD, weights=tmp_path / "none.pth")
    assert weights_url(source) is None
    with pytest.raises(DataError, match=r"none\.pth: the file of the detector's weights is missing"):
        fetch_weights(source)


class Trap:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("weights", ["file", "coco"])
def test_code_in_a_file_of_weights_is_not_run(tmp_path: Path, weights: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    source = DetectorSource(name=SSD, weights="coco" if weights == "coco" else tmp_path / "trap.pth")
    path = weights_path(source)
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"weight": Trap(tmp_path / "sprung")}, path)
    with pytest.raises(DataError, match="not a file of weights alone"):
        load_weights(source, path)
    path.write_bytes(pickle.dumps(Trap(tmp_path / "sprung")))
    with pytest.raises(DataError, match=path.name):
        load_weights(source, path)
    assert not (tmp_path / "sprung").exists()


def test_the_weights_of_another_detector_are_refused(states: Path) -> None:
    source = DetectorSource(name=SSD, weights=states / f"{RCNN}.pth")
    with pytest.raises(DataError, match=rf"{RCNN}\.pth: not the state of a {SSD} with 91 classes: Missing key"):
        load_weights(source, fetch_weights(source))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and nothing", b"\x80\x02", b"some text\n" * 10])
def test_a_file_that_holds_no_weights_is_refused(tmp_path: Path, content: bytes) -> None:
    source = DetectorSource(name=SSD, weights=tmp_path / "broken.pth")
    (tmp_path / "broken.pth").write_bytes(content)
    with pytest.raises(DataError, match=r"broken\.pth: "):
        load_weights(source, fetch_weights(source))


def test_a_truncated_file_of_weights_is_refused(tmp_path: Path) -> None:
    path = save_random(SSD, tmp_path)
    path.write_bytes(path.read_bytes()[:100_000])
    with pytest.raises(DataError, match=r"\.pth: the detector's weights cannot be read"):
        load_weights(DetectorSource(name=SSD, weights=path), path)


@pytest.mark.parametrize("content", [{"model": {}, "epoch": 3}, [1, 2], {1: torch.zeros(1)}])
def test_a_file_of_something_else_than_a_state_is_refused(tmp_path: Path, content: object) -> None:
    path = tmp_path / "other.pth"
    torch.save(content, path)
    with pytest.raises(DataError, match=r"other\.pth: expected a detector's state, a tensor for each name"):
        load_weights(DetectorSource(name=SSD, weights=path), path)
