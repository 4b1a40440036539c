"""A part of a split: some hundred images, read by one worker and kept until the split is whole.

What interrupts a conversion, a broken file or Ctrl-C, costs the shards that were at work; those on disk are taken up by
the next call, as long as the files that they were read from are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sprm.corpus.annotation import AnnotatedImage, AnnotationsPart
from sprm.corpus.corpus import LeftOut, Origin, Warnings
from sprm.corpus.detection import DetectionsPart, tally_boxes, tally_features
from sprm.corpus.warnings import Tally
from sprm.corpus.writer import CorpusWriter, ImageRecord
from sprm.errors import DataError
from sprm.files.atomic_folder import Building, discard, is_whole
from sprm.files.cache_keys import short_hash
from sprm.text.heads import HeadFinder, head_finder

IMAGES = 512
"""Images in a shard: 36 regions of 2048 features each make 76 MB, which go to disk as they come."""
_SAME_SIZE = 0.05
"""Share by which an image's sides may differ between two sources; beyond, boxes and targets have other scales."""


@dataclass(frozen=True)
class Shard:
    """Some images of a split, and the folder that they are written to."""

    folder: Path
    image_ids: tuple[str, ...]


@dataclass(frozen=True)
class ShardJob:
    """All that a worker needs to write a shard."""

    shard: Shard
    origin: Origin
    heads: str
    """How head words are found, as a protocol states it."""
    annotations: AnnotationsPart
    detections: DetectionsPart
    passed_over: Sequence[Warnings] = ()
    """What the files hold beyond any image; told with a split's first shard."""


def divide(
    folder: Path,
    split: str,
    image_ids: Sequence[str],
    contents: Callable[[Sequence[str]], Sequence[str]],
    about: Sequence[str],
) -> list[Shard]:
    """Divide a split into shards, each named by what it is made from.

    Args:
        folder: where shards are kept.
        split: train, val or test.
        image_ids: the split's images.
        contents: describes what the files hold that some images are read from.
        about: everything else that decides what a shard holds.
    """
    shards = []
    for start in range(0, len(image_ids), IMAGES):
        ids = tuple(image_ids[start : start + IMAGES])
        shards.append(Shard(folder / f"{split}-{short_hash([*about, split, *ids, *contents(ids)])}", ids))
    return shards


def is_written(shard: Shard) -> bool:
    """Tell whether a shard is there as it was written; what a crash of the system left of one is removed."""
    if is_whole(shard.folder, verify=True):
        return True
    discard(shard.folder)
    return False


def write_shard(job: ShardJob) -> Shard:
    """Read the images of a shard and write them.

    Raises:
        DataError: a file is missing or malformed, or contradicts another.
    """
    tally, left_out = Tally(), []
    tally.merge(job.passed_over)
    with (
        Building(job.shard.folder) as building,
        job.detections as detections,
        CorpusWriter(building, job.origin) as writer,
    ):
        annotated = {name: job.annotations.read(name, tally) for name in job.shard.image_ids}
        heads = _heads(job.heads, annotated.values())
        for image_id, annotation in annotated.items():
            image = _image(image_id, annotation, detections, tally)
            if isinstance(image, LeftOut):
                left_out.append(image)
            else:
                writer.add(image, heads)
        writer.finish(warnings=tally.warnings(), left_out=left_out)
    return job.shard


def _heads(setting: str, images: Iterable[AnnotatedImage]) -> dict[str, list[str]]:
    texts = {phrase.text for image in images for sentence in image.sentences for phrase in sentence.phrases}
    ordered = sorted(texts)
    return dict(zip(ordered, _finder(setting).heads(ordered), strict=True))


@cache
def _finder(setting: str) -> HeadFinder:
    # A pipeline takes a second to load, and a worker writes many parts.
    return head_finder(setting)


def _image(
    image_id: str, annotation: AnnotatedImage, detections: DetectionsPart, tally: Tally
) -> ImageRecord | LeftOut:
    if not annotation.sentences:
        return LeftOut(image_id=image_id, reason=annotation.wanting)
    detected = detections.find(image_id, tally)
    if detected is None:
        return LeftOut(image_id=image_id, reason="detections")
    width, height = detected.width or annotation.width, detected.height or annotation.height
    if width is None or height is None:
        problem = "neither its detections nor its annotations give its width and height"
        raise DataError(problem, path=detected.path, where=f"image {image_id}")
    if annotation.width and annotation.height and (annotation.width, annotation.height) != (width, height):
        if max(abs(annotation.width / width - 1), abs(annotation.height / height - 1)) > _SAME_SIZE:
            problem = f"is {width} by {height} pixels, and {annotation.width} by {annotation.height} in its annotations"
            raise DataError(problem, path=detected.path, where=f"image {image_id}")
        tally.add("images whose size differs between annotations and detections", image_id)
    tally_boxes(image_id, width, height, detected.boxes, tally)
    tally_features(image_id, detected.features, tally)
    return ImageRecord(
        image_id,
        width,
        height,
        detected.boxes,
        detected.class_names,
        detected.features,
        annotation.sentences,
        detected.path,
        detected.scores,
    )
