"""What building the built-in corpus costs, stage by stage, in CPU time and memory; run by hand.

    python tests/manual/building_scenes.py [IMAGES]

prints the table of docs/performance.md; 1,000 images take a minute or two. The stages run one after the other in this
process, so their CPU time says little about what else the machine does; `prepare` runs as it always does.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import numpy as np
import psutil
import typer
from full_size import LOOK_EVERY, REPOSITORY, Peaks

from bench.cli.speed_table import duration, table
from bench.cli.terminal import console
from sprm.corpus.build.inputs import open_released
from sprm.corpus.build.prepare import prepare
from sprm.corpus.sources.flickr30k.source import Flickr30kSource
from sprm.corpus.sources.scenes.captions import Entities, Narrator
from sprm.corpus.sources.scenes.drawing import draw
from sprm.corpus.sources.scenes.features import extract
from sprm.corpus.sources.scenes.flickr_layout import annotation_file, sentence_file
from sprm.corpus.sources.scenes.layout import compose
from sprm.corpus.sources.scenes.noise import NoiseModel, detect
from sprm.corpus.sources.scenes.png import png
from sprm.corpus.sources.scenes.writer import FIRST_IMAGE_ID, IMAGES_A_TASK, DetectedImage, SplitFiles, write_scenes
from sprm.corpus.warnings import Tally
from sprm.seeding import generator
from sprm.settings import Rules

WARM = 800
"""Pictures that are drawn before anything is timed, so that most pictograms are known, as in a large corpus."""
OTHERS = {"val": 1, "test": 1}
"""Images of the splits that nothing is measured on."""


class Stopwatch:
    """CPU seconds of this process by stage."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count what is done in a block."""
        began = time.process_time()
        yield
        self.seconds[name] += time.process_time() - began


def main(images: Annotated[int, typer.Argument(min=20, help="Images of the training split.")] = 1000) -> None:
    """Time every stage on some images, then `prepare` on as many, and print both."""
    watch = Stopwatch()
    with TemporaryDirectory(prefix="sprm-bench-scenes-") as scratch:
        _time_making(images, Path(scratch, "made"), watch)
        _time_reading(images, Path(scratch), watch)
        out = console()
        stages = table("stage", "CPU an image")
        for name, seconds in watch.seconds.items():
            stages.add_row(name, duration(seconds / images))
        stages.add_row("all stages", duration(sum(watch.seconds.values()) / images))
        out.print(stages)
        out.print(_prepared(images, Path(scratch, "cache")), soft_wrap=True)


def _time_making(images: int, folder: Path, watch: Stopwatch) -> None:
    """Make pictures as `write_scenes` does, in this process."""
    folder.mkdir()
    model, first = NoiseModel(), FIRST_IMAGE_ID["train"]
    for number in range(WARM):
        rng = generator("building scenes", number)
        extract(draw(compose(rng), rng), np.ones((1, 4), dtype=np.float32))
    made: list[DetectedImage] = []
    with SplitFiles(folder, "train") as files:
        for image_id in range(first, first + images):
            with watch.stage("composing"):
                scene = compose(generator("scenes", 0, image_id, "layout"))
            with watch.stage("drawing"):
                picture = draw(scene, generator("scenes", 0, image_id, "texture"))
            entities = Entities(first=1)
            with watch.stage("captions"):
                captions = Narrator(scene, generator("scenes", 0, image_id, "captions"), entities).captions()
            with watch.stage("detections"):
                found = detect(scene, generator("scenes", 0, image_id, "detections"), model)
            boxes = np.array([detection.box for detection in found], dtype=np.float32)
            labels = tuple(detection.label for detection in found)
            with watch.stage("files of captions and annotations"):
                (folder / f"{image_id}.txt").write_text(sentence_file(captions), encoding="utf-8")
                text = annotation_file(image_id, scene.width, scene.height, entities)
                (folder / f"{image_id}.xml").write_text(text, encoding="utf-8")
            with watch.stage("file of the picture"):
                (folder / f"{image_id}.png").write_bytes(png(picture))
            with watch.stage("features"):
                features = extract(picture, boxes)
            made.append(DetectedImage(image_id, scene.width, scene.height, boxes, labels, features))
            if len(made) == IMAGES_A_TASK:
                with watch.stage("files of detections"):
                    files.add(made)
                made = []


def _time_reading(images: int, folder: Path, watch: Stopwatch) -> None:
    """Convert pictures that are drawn already, in this process; two stages are timed apart from the rest."""
    root, rules = folder / "scenes", Rules.corrected
    write_scenes(root, seed=0, images={"train": images, **OTHERS}, progress=_told_nothing)
    source = Flickr30kSource(kind="flickr30k", root=root)
    # The first corpus of a process takes seconds of imports that a large one does not notice.
    write_scenes(folder / "first", seed=1, images={"train": 1, **OTHERS}, progress=_told_nothing)
    first = Flickr30kSource(kind="flickr30k", root=folder / "first")
    prepare(first, rules, folder / "read", progress=_told_nothing, workers=1)
    apart = Stopwatch()
    annotations, ids = source.annotations(rules), [str(FIRST_IMAGE_ID["train"] + i) for i in range(images)]
    with apart.stage("reading boxes and classes"):
        open_released(source, "train", ids)
    with apart.stage("reading captions and annotations"):
        for name in ids:
            annotations.part("train", [name]).read(name, Tally())
    with watch.stage("reading features, writing the corpus"):
        prepare(source, rules, folder / "read", progress=_told_nothing, workers=1)
    watch.seconds["reading features, writing the corpus"] -= sum(apart.seconds.values())
    watch.seconds.update(apart.seconds)


def _prepared(images: int, cache: Path) -> str:
    """Run `prepare` on as many images and say what it took."""
    settings = [f"corpus.images.{split}={count}" for split, count in {"train": images, **OTHERS}.items()]
    overrides = [word for setting in settings for word in ("--set", setting)]
    before, began, peaks, ended = _cpu_of_children(), time.perf_counter(), Peaks(), threading.Event()
    with subprocess.Popen(
        [sys.executable, "-m", "bench", "prepare", "protocols/paper_scale.yaml", *overrides],
        cwd=REPOSITORY,
        env={**os.environ, "BENCH_CACHE": str(cache)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        watch = threading.Thread(target=_watch, args=(psutil.Process(process.pid), peaks, ended))
        watch.start()
        code = process.wait()
        ended.set()
        watch.join()
    if code:
        raise SystemExit(f"prepare ended with {code}")
    wall, cpu = time.perf_counter() - began, _cpu_of_children() - before
    main, worker = (f"{size / 2**20:,.0f} MiB" for size in (peaks.main, peaks.worker))
    return (
        f"`prepare` on {images:,} images: {wall:.0f} s, {cpu:.0f} s of CPU; private memory at most {main} in the main "
        f"process and {worker} in a worker"
    )


def _watch(root: psutil.Process, peaks: Peaks, ended: threading.Event) -> None:
    while not ended.wait(LOOK_EVERY):
        peaks.look(root)


def _cpu_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _told_nothing(stage: str, done: int, total: int) -> None:
    pass


if __name__ == "__main__":
    typer.run(main)
