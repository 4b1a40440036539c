"""Where a corpus comes from, as a protocol states it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from sprm.settings import Settings


def _heads(setting: str) -> str:
    if setting != "rule" and not (setting.startswith("spacy:") and setting != "spacy:"):
        raise PydanticCustomError("heads", "expected 'rule', or 'spacy:' and the name of a pipeline")
    return setting


Heads: TypeAlias = Annotated[str, AfterValidator(_heads)]


class ScenesSize(Settings):
    """How many images each split of the built-in corpus has."""

    train: int = Field(1000, ge=1)
    val: int = Field(100, ge=1)
    test: int = Field(300, ge=1)


class ScenesSource(Settings):
    """The built-in synthetic corpus."""

    kind: Literal["scenes"] = "scenes"
    seed: int = Field(0, ge=0)
    """Names the pictures, captions and detections; the same seed gives the same bytes."""
    images: ScenesSize = ScenesSize()
    """Images in each split."""


class DetectorSource(Settings):
    """A detector of torchvision that regions are extracted with."""

    name: str = "fasterrcnn_resnet50_fpn_v2"
    """A builder in `torchvision.models.detection`."""
    weights: Path | Literal["coco"] = "coco"
    """File of the detector's state, or torchvision's own weights, learnt on COCO."""
    score: float = Field(0.2, ge=0, le=1)
    """Boxes below this confidence are dropped, as far as `at_least` allows."""
    at_least: int = Field(10, ge=1)
    """The most confident boxes of an image that are kept whatever their score."""
    at_most: int = Field(100, ge=1)
    """No image keeps more boxes than this."""
    batch: int = Field(1, ge=1)
    """Images in a forward pass; more need more memory, and pay on a GPU."""
    threads: int = Field(2, ge=1)
    """CPU threads; they change how sums are rounded, so they are part of what features are made from."""

    @model_validator(mode="after")
    def _least_before_most(self) -> DetectorSource:
        if self.at_least > self.at_most:
            found = {"least": self.at_least, "most": self.at_most}
            message = "expected at_least to be no more than at_most, found {least} and {most}"
            raise PydanticCustomError("at_least", message, found)
        return self


class FilesSource(Settings):
    """What the corpora read from files have in common."""

    kind: str
    root: Path
    """Folder that the owners' files stand in, as docs/data.md lays them out."""
    detections: Literal["maf", "tsv", "extracted"] = "maf"
    """Where boxes and features come from: the released files of MAF's and SPRM's authors, the TSV files of bottom-up
    attention, or a detector run on the raw images."""
    images: Path | None = None
    """Folder of the raw images when regions are extracted; by default a folder under `root`."""
    detector: DetectorSource = DetectorSource()
    """What regions are extracted with."""
    words: Path | Literal["built-in"] = "built-in"
    """GloVe text file, or the small table that ships with the package."""
    heads: Heads = "rule"
    """How head words are found: `rule`, or `spacy:` and the name of an installed pipeline."""


class Flickr30kSource(FilesSource):
    """Files in the layout of Flickr30k Entities, with detections."""

    kind: Literal["flickr30k"]


class ReferitSource(FilesSource):
    """Files in the layout of ReferIt (refclef, berkeley split), with detections."""

    kind: Literal["referit"]


CorpusSource: TypeAlias = Annotated[ScenesSource | Flickr30kSource | ReferitSource, Field(discriminator="kind")]
