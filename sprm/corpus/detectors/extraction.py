"""Extracting regions of raw images, a chunk of them at a time, so that what is done stays done.

A chunk is a folder that appears when it is whole, named by its images, what their files hold, and everything else that
it is made from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import numpy as np
import torch

from sprm.corpus.corpus import SPLITS
from sprm.corpus.detectors.extracted import ARRAYS, LIBRARIES, ChunkImage, ChunkInfo, ExtractedDetections, Place
from sprm.corpus.detectors.raw_images import read_image
from sprm.corpus.detectors.regions import RegionExtractor, RegionNetwork, Regions
from sprm.errors import DataError
from sprm.files.atomic_folder import Building, discard, is_whole, sweep
from sprm.files.cache_keys import library_versions, short_hash
from sprm.files.contents import Contents
from sprm.files.hashes import file_hash
from sprm.files.leases import leased
from sprm.threads import torch_threads

VERSION = 1
"""Raised whenever other regions, or other files of them, come of the same images: they are extracted again."""
CHUNK = 32
"""Images in a chunk: what an interruption costs at most."""
STAGE = "extracting regions"
"""Its name in the progress."""


@dataclass(frozen=True)
class _Chunk:
    images: Mapping[str, Path]
    """File by image id."""
    folder: Path


def extract(
    images: Mapping[str, Path],
    extractor: RegionExtractor,
    cache: Path,
    *,
    device: torch.device,
    progress: Callable[[str, int, int], None],
) -> ExtractedDetections:
    """Extract the regions of images, as far as the cache folder does not hold them.

    Interrupted, it goes on where it was. Nothing is built of the network when nothing is missing.

    Args:
        images: file of each image by its id; the order decides which are extracted together.
        extractor: what regions are extracted with.
        cache: the cache folder; regions go to `extracted` in it.
        device: what the network runs on.
        progress: told the stage, the images that are done, and how many there are.

    Raises:
        DataError: an image or the weights are missing or cannot be read.
    """
    for image_id, path in images.items():
        if not path.is_file():
            raise DataError("the image's file is missing", path=path, where=f"image {image_id}")
    if not extractor.weights.is_file():
        progress("fetching the network's weights", 0, 1)
    extractor.fetch_weights()
    digest = file_hash(extractor.weights)
    folder = cache / "extracted" / _key(extractor, digest, device)
    with Contents(cache) as contents:
        chunks = list(_chunks(images, extractor, folder, contents))

    with leased(folder, lambda holder: progress(holder.at_work("extracts regions"), 0, 1)):
        sweep(folder)
        missing = [chunk for chunk in chunks if not is_whole(chunk.folder, verify=True)]
        done = len(images) - sum(len(chunk.images) for chunk in missing)
        progress(STAGE, done, len(images))
        if missing:
            with torch_threads(extractor.threads):
                network = extractor.network(device)
                for chunk in missing:
                    for more in _extract_chunk(chunk, network, extractor.batch):
                        done += more
                        progress(STAGE, done, len(images))
    return ExtractedDetections(
        extractor=f"{extractor.title}, weights {extractor.weights.name}, sha256 {digest[:16]}",
        places={image_id: Place(chunk.folder, row) for chunk in chunks for row, image_id in enumerate(chunk.images)},
        unlisted={split: extractor.passed_over(split) for split in SPLITS},
    )


def _key(extractor: RegionExtractor, digest: str, device: torch.device) -> str:
    """Name what decides any image's regions, to the last digit."""
    return short_hash([f"regions {VERSION}", *extractor.settings, digest, device.type, *library_versions(*LIBRARIES)])


def _chunks(
    images: Mapping[str, Path], extractor: RegionExtractor, folder: Path, contents: Contents
) -> Iterator[_Chunk]:
    rest = iter(images.items())
    while chunk := dict(islice(rest, CHUNK)):
        about = ((image_id, contents.of(path), *extractor.about(image_id)) for image_id, path in chunk.items())
        yield _Chunk(chunk, folder / short_hash(chain.from_iterable(about)))


def _extract_chunk(chunk: _Chunk, network: RegionNetwork, batch: int) -> Iterator[int]:
    """Extract a chunk, telling of each batch how many images it had."""
    sizes: list[tuple[int, int]] = []
    regions: list[Regions] = []
    rest = iter(chunk.images.items())
    while some := dict(islice(rest, batch)):
        pictures = {image_id: read_image(path) for image_id, path in some.items()}
        sizes += [picture.size for picture in pictures.values()]
        found = network.regions(pictures)
        for path, own in zip(some.values(), found, strict=True):
            if not np.isfinite(own.features).all():
                raise DataError("the network gives a feature that is not finite, or too large for 16 bits", path=path)
        regions += found
        yield len(some)
    discard(chunk.folder)
    with Building(chunk.folder) as building:
        _write(building, list(chunk.images), sizes, regions, network.class_names)


def _write(
    folder: Path,
    image_ids: Sequence[str],
    sizes: Sequence[tuple[int, int]],
    regions: Sequence[Regions],
    class_names: Sequence[str],
) -> None:
    arrays = {
        name: np.concatenate([getattr(own, name) for own in regions])
        for name in ("features", "boxes", "labels", "scores")
    }
    arrays["offsets"] = np.cumsum([0, *(len(own.boxes) for own in regions)])
    for name, kind in ARRAYS.items():
        np.save(folder / f"{name}.npy", arrays[name].astype(kind, copy=False))
    info = ChunkInfo(
        images=[
            ChunkImage(image_id=image_id, width=width, height=height)
            for image_id, (width, height) in zip(image_ids, sizes, strict=True)
        ],
        class_names=list(class_names),
        files={f"{name}.npy": file_hash(folder / f"{name}.npy") for name in ARRAYS},
    )
    (folder / "chunk.json").write_text(info.model_dump_json(indent=2), encoding="utf-8")
