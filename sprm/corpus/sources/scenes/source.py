"""Scenes as a source: its settings, and where its files are drawn."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from sprm.corpus.settings import FilesSource, Progress, Source
from sprm.corpus.sources.flickr30k.source import Flickr30kSource
from sprm.corpus.sources.registry import SOURCES
from sprm.corpus.sources.scenes.noise_models import Detector
from sprm.files.atomic_folder import build
from sprm.files.cache_keys import short_hash
from sprm.settings import Settings

VERSION = 1
"""Raised whenever the same settings give other files, so that they are drawn again."""


class ScenesSize(Settings):
    """How many images each split of the built-in corpus has."""

    train: int = Field(1000, ge=1)
    val: int = Field(100, ge=1)
    test: int = Field(300, ge=1)


@SOURCES.register
class ScenesSource(Source):
    """The built-in synthetic corpus."""

    kind: Literal["scenes"] = "scenes"
    seed: int = Field(0, ge=0)
    """Names the pictures, captions and detections; the same seed gives the same bytes."""
    images: ScenesSize = ScenesSize()
    """Images in each split."""
    detector: Detector = "fine"
    """What detects: `fine` has hundreds of classes and no scores, as the detections that the paper uses; `coarse` the
    eighty of COCO, boxes in the order of their scores and many ties, as those that most people have."""
    title: ClassVar[str] = "Scenes (synthetic)"
    corpus: ClassVar[str] = "Scenes"
    synthetic: ClassVar[str | None] = (
        "Scenes is a synthetic corpus: pictograms on backgrounds, captions from a grammar, detections from a noise "
        "model."
    )
    features: ClassVar[str | None] = (
        "from the pictures' pixels, by RoIAlign over the stem of a ResNet-18 with fixed random weights"
    )
    attributions: ClassVar[tuple[str, ...]] = ("Pictograms of Scenes: OpenMoji (openmoji.org), CC BY-SA 4.0.",)

    def files(self, cache: Path) -> FilesSource:
        """Return where its files are drawn, there or not yet."""
        # Files that were drawn before there was a choice keep their name.
        settings = self.model_dump_json(exclude={"detector"} if self.detector == "fine" else None)
        folder = cache / "scenes" / short_hash([settings, f"scenes {VERSION}"])
        return Flickr30kSource(kind="flickr30k", root=folder, images=folder / "Images")

    def make(self, files: FilesSource, progress: Progress) -> None:
        """Draw its files unless they are there."""
        # Drawing needs libraries that reading the files does not.
        from sprm.corpus.sources.scenes.writer import write_scenes

        build(
            files.root,
            lambda folder: write_scenes(
                folder,
                seed=self.seed,
                images=self.images.model_dump(),
                progress=progress,
                detector=self.detector,
            ),
            waiting=lambda holder: progress(holder.at_work("draws these pictures"), 0, 1),
        )
