"""Opening the detections of a corpus, of whatever kind they are, and fitting the projection of their features."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache as once
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from sprm.corpus.annotation import Annotations
from sprm.corpus.build.inputs import image_files, open_released
from sprm.corpus.detection import Detected, Detections
from sprm.corpus.detectors.bottom_up import BottomUpDetections
from sprm.corpus.detectors.coco_results import CocoResults
from sprm.corpus.detectors.feature_archives import FeatureArchives
from sprm.corpus.detectors.projection import ProjectedDetections, Projection, sample
from sprm.corpus.detectors.raw_images import check_image
from sprm.corpus.settings import FilesSource, Progress
from sprm.corpus.warnings import Tally
from sprm.files.atomic_folder import Building, discard, is_whole
from sprm.settings import Device

if TYPE_CHECKING:
    from sprm.corpus.detectors.regions import RegionExtractor

OpenSplit: TypeAlias = Callable[[str], Detections]
"""Given a split's name, opens its detections; those that all splits share are opened once."""


@dataclass(frozen=True)
class Opening:
    """A corpus whose detections are opened."""

    files: FilesSource
    ids: Mapping[str, Sequence[str]]
    """Image ids by split."""
    annotations: Annotations
    cache: Path
    progress: Progress

    @property
    def everything(self) -> list[str]:
        """Image ids of all splits."""
        return list(chain.from_iterable(self.ids.values()))

    @property
    def names(self) -> dict[str, str]:
        """Image ids by what files of the images' owners call them."""
        return {self.files.image_name(image): image for image in self.everything}


@dataclass(frozen=True)
class AllDetections:
    """The detections of all splits, and what their features are projected with."""

    whole: OpenSplit
    projection: Projection | None = None

    def open(self, split: str) -> Detections:
        """Open those of a split."""
        opened = self.whole(split)
        return opened if self.projection is None else ProjectedDetections(opened, self.projection)


def open_detections(opening: Opening) -> OpenSplit:
    """Return what opens the detections of a split.

    Raises:
        DataError: files are missing, malformed or contradict each other.
    """
    return _KINDS[opening.files.detections](opening)


def _released(opening: Opening) -> OpenSplit:
    everything = opening.everything
    return lambda split: open_released(opening.files, split, opening.ids[split], everything)


def _tables(opening: Opening) -> OpenSplit:
    scanned = partial(opening.progress, "looking through TSV files, MB")
    tables = once(lambda: BottomUpDetections(opening.files.root, opening.everything, scanned, opening.names))
    return lambda _: tables()


def _archives(opening: Opening) -> OpenSplit:
    archives = once(lambda: FeatureArchives(opening.files.root, opening.everything, opening.names))
    return lambda _: archives()


def _detected(opening: Opening) -> OpenSplit:
    _check_inputs(opening)
    # What everything else is read with takes a second less to import than torch.
    from sprm.corpus.detectors.detector import DetectorExtractor

    return _extracted(opening, DetectorExtractor(opening.files.detector))


def _pooled(opening: Opening) -> OpenSplit:
    files = opening.files
    assert files.backbone is not None
    from sprm.corpus.detectors.backbone import check_name
    from sprm.corpus.detectors.pooled_boxes import PooledBoxesExtractor

    check_name(files.backbone.name)
    opening.progress("reading results files", 0, 1)
    results = CocoResults(files.root, opening.everything, opening.names)
    opening.progress("reading results files", 1, 1)
    _check_inputs(opening)
    return _extracted(opening, PooledBoxesExtractor(files.backbone, results))


_KINDS: Mapping[str, Callable[[Opening], OpenSplit]] = {
    "maf": _released,
    "tsv": _tables,
    "npz": _archives,
    "extracted": _detected,
    "coco": _pooled,
}


def _check_inputs(opening: Opening) -> None:
    """Find what is wrong with annotations and images in seconds, and not after the network's hours."""
    progress, done, count = opening.progress, 0, sum(map(len, opening.ids.values()))
    for split, names in opening.ids.items():
        part = opening.annotations.part(split, names)
        for name in names:
            progress("checking annotations", done, count)
            part.read(name, Tally())
            done += 1
    progress("checking annotations", count, count)
    images = image_files(opening.files, opening.everything)
    for done, path in enumerate(images.values()):
        progress("checking images", done, len(images))
        check_image(path)
    progress("checking images", len(images), len(images))


def _extracted(opening: Opening, extractor: RegionExtractor) -> OpenSplit:
    """Extract the regions of the images of all splits, as far as they have not been."""
    import torch

    from sprm.corpus.detectors.extraction import extract
    from sprm.devices import settled

    images = image_files(opening.files, opening.everything)
    device = torch.device(settled(Device.auto).value)
    extracted = extract(images, extractor, opening.cache, device=device, progress=opening.progress)
    return lambda _: extracted


def fitted(
    detections: Callable[[], Detections], image_ids: Sequence[str], axes: int, folder: Path, progress: Progress
) -> Projection:
    """Return the projection of a corpus' features, fitted unless a folder holds it.

    Args:
        detections: opens those of the training split.
        image_ids: its images.
        axes: numbers that a feature is left.
        folder: named by everything that the projection follows from.
        progress: told how many images have been read.

    Raises:
        DataError: no image has a region, or their features have not so many axes.
    """
    if not is_whole(folder, verify=True):
        discard(folder)
        # It imports torch.
        from sprm.corpus.detectors.principal_axes import fit

        projection = fit(_regions(detections(), sample(image_ids), progress), axes)
        with Building(folder) as building:
            projection.save(building)
    return Projection.open(folder)


def _regions(detections: Detections, image_ids: Sequence[str], progress: Progress) -> Iterator[tuple[str, Detected]]:
    with detections.part(image_ids) as part:
        for done, image_id in enumerate(image_ids):
            progress("fitting the projection", done, len(image_ids))
            found = part.find(image_id, Tally())
            if found is not None:
                yield image_id, found
    progress("fitting the projection", len(image_ids), len(image_ids))
