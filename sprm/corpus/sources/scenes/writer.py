"""Writing the whole corpus: pictures, captions and annotations, detections and features."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from joblib import delayed
from joblib.externals.loky.process_executor import TerminatedWorkerError
from numpy.typing import NDArray

from sprm.corpus.sources.scenes.captions import Entities, Narrator
from sprm.corpus.sources.scenes.drawing import draw
from sprm.corpus.sources.scenes.flickr_layout import annotation_file, sentence_file
from sprm.corpus.sources.scenes.layout import compose
from sprm.corpus.sources.scenes.noise_models import NOISE_MODELS, Detector
from sprm.corpus.sources.scenes.png import png
from sprm.errors import WorkerError
from sprm.seeding import generator
from sprm.workers import on_workers, usable_cpus

Progress = Callable[[str, int, int], None]
FIRST_IMAGE_ID = {"train": 1_000_000, "val": 2_000_000, "test": 3_000_000}
"""Image ids of a split count up from here, so no image can lie in two splits."""
ENTITIES_AN_IMAGE = 100
"""Entity numbers kept for each image; no two images share one."""
IMAGES_A_TASK = 10
PICKLE_PROTOCOL = 3
FOLDERS = ("Flickr30kEntities/Sentences", "Flickr30kEntities/Annotations", "Images")
ATTRIBUTION = """\
Scenes is a synthetic corpus. Its pictures are composed from the pictograms of OpenMoji
(https://openmoji.org), the open-source emoji and icon project, licensed CC BY-SA 4.0
(https://creativecommons.org/licenses/by-sa/4.0/). They were scaled, mirrored and recoloured.
The pictures in this folder are under the same licence.
"""


@dataclass(frozen=True)
class DetectedImage:
    """What the detection files say of one image."""

    image_id: int
    width: int
    height: int
    boxes: NDArray[np.float32]
    """(n, 4) xyxy pixels."""
    labels: tuple[str, ...]
    features: NDArray[np.float32]
    """(n, F)."""
    scores: tuple[float, ...] | None = None
    """(n,) in [0, 1]; None from a detector that has none."""


def write_scenes(
    folder: Path,
    *,
    seed: int,
    images: Mapping[str, int],
    progress: Progress,
    processes: int | None = None,
    detector: Detector = "fine",
) -> None:
    """Write the built-in corpus in the layout of Flickr30k Entities with MAF detection files.

    The same seed gives the same bytes, with any number of processes.

    Args:
        folder: an empty folder, or one that does not exist yet.
        seed: which corpus; an image depends on the seed, its split and its number only.
        images: number of images of the splits train, val and test.
        progress: called with stage, images done and images in all.
        processes: worker processes; by default one a core.
        detector: which noise model makes the detections; pictures and captions are the same for all.

    Raises:
        WorkerError: the system ended a worker.
    """
    for name in FOLDERS:
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "ATTRIBUTION.txt").write_text(ATTRIBUTION, encoding="utf-8")
    total, done = sum(images.values()), 0
    for split, count in images.items():
        ids = [FIRST_IMAGE_ID[split] + i for i in range(count)]
        (folder / f"{split}.txt").write_text("".join(f"{i}\n" for i in ids), encoding="utf-8")
        tasks = [ids[i : i + IMAGES_A_TASK] for i in range(0, count, IMAGES_A_TASK)]
        jobs = (delayed(_make_images)(folder, seed, task, detector) for task in tasks)
        with SplitFiles(folder, split) as files:
            try:
                for batch in on_workers(jobs, processes or usable_cpus(), ordered=True):
                    files.add(batch)
                    done += len(batch)
                    progress("scenes", done, total)
            except TerminatedWorkerError as error:
                problem = "drawing scenes: a worker was killed by the operating system, perhaps because memory ran out"
                raise WorkerError(problem) from error


class SplitFiles:
    """The detection files of one split, boxes, classes and features written as they come."""

    def __init__(self, folder: Path, split: str) -> None:
        self._stem = folder / split
        self._sizes: dict[str, list[int]] = {}
        self._ends: list[int] = [0]

    def __enter__(self) -> SplitFiles:
        self._file = h5py.File(self._path("features_compress.hdf5"), "w")
        self._detections = self._path("detection_dict.json").open("w", encoding="utf-8")
        return self

    def __exit__(self, kind: type[BaseException] | None, *exception: object) -> None:
        if kind is None:
            spans = np.array([self._ends[:-1], self._ends[1:]], dtype=np.int32).T
            self._file.create_dataset("pos_bboxes", data=spans, track_times=False)
            self._write_index()
        self._file.close()
        self._detections.close()

    def _write_index(self) -> None:
        positions = {int(image_id): i for i, image_id in enumerate(self._sizes)}
        self._path("imgid2idx.pkl").write_bytes(pickle.dumps(positions, protocol=PICKLE_PROTOCOL))
        self._path("images_size.json").write_text(json.dumps(self._sizes), encoding="utf-8")
        self._detections.write("}" if self._sizes else "{}")

    def add(self, images: Sequence[DetectedImage]) -> None:
        """Append some images, at least one."""
        self._append("features", np.concatenate([image.features for image in images]))
        self._append("bboxes", np.concatenate([image.boxes for image in images]))
        for image in images:
            boxes = [[round(edge, 2) for edge in box] for box in image.boxes.tolist()]
            scores = {} if image.scores is None else {"scores": [round(score, 3) for score in image.scores]}
            entry = json.dumps({"bboxes": boxes, "classes": image.labels, **scores})
            self._detections.write(f'{", " if self._sizes else "{"}"{image.image_id}": {entry}')
            self._sizes[str(image.image_id)] = [image.width, image.height]
            self._ends.append(self._ends[-1] + len(boxes))

    def _append(self, name: str, rows: NDArray[np.float32]) -> None:
        if name not in self._file:
            shape = (0, rows.shape[1])
            self._file.create_dataset(
                name, shape, np.float32, maxshape=(None, shape[1]), chunks=(64, shape[1]), track_times=False
            )
        data = self._file[name]
        data.resize(self._ends[-1] + len(rows), axis=0)
        data[self._ends[-1] :] = rows

    def _path(self, name: str) -> Path:
        return self._stem.with_name(f"{self._stem.name}_{name}")


def _make_images(folder: Path, seed: int, image_ids: list[int], detector: Detector) -> list[DetectedImage]:
    return [_make_image(folder, seed, image_id, detector) for image_id in image_ids]


def _make_image(folder: Path, seed: int, image_id: int, detector: Detector) -> DetectedImage:
    """Make one picture, write what is a file of its own, and return the rest."""
    # The features need torch, which takes seconds to import: only where pictures are made.
    from sprm.corpus.sources.scenes.features import extract

    scene = compose(generator("scenes", seed, image_id, "layout"))
    picture = draw(scene, generator("scenes", seed, image_id, "texture"))
    entities = Entities(first=image_id * ENTITIES_AN_IMAGE + 1)
    captions = Narrator(scene, generator("scenes", seed, image_id, "captions"), entities).captions()
    detections = NOISE_MODELS[detector](scene, generator("scenes", seed, image_id, "detections"))
    boxes = np.array([detection.box for detection in detections], dtype=np.float32)
    entries = folder / "Flickr30kEntities"
    (entries / "Sentences" / f"{image_id}.txt").write_text(sentence_file(captions), encoding="utf-8")
    (entries / "Annotations" / f"{image_id}.xml").write_text(
        annotation_file(image_id, scene.width, scene.height, entities), encoding="utf-8"
    )
    (folder / "Images" / f"{image_id}.png").write_bytes(png(picture))
    labels = tuple(detection.label for detection in detections)
    scores = tuple(detection.score for detection in detections if detection.score is not None) or None
    return DetectedImage(image_id, scene.width, scene.height, boxes, labels, extract(picture, boxes), scores)
