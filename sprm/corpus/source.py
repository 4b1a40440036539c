"""Where a corpus comes from, as a protocol states it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field


class _Source(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class ScenesSize(_Source):
    """How many images each split of the built-in corpus has."""

    train: int = Field(1000, ge=1)
    val: int = Field(100, ge=1)
    test: int = Field(300, ge=1)


class ScenesSource(_Source):
    """The built-in synthetic corpus."""

    kind: Literal["scenes"] = "scenes"
    seed: int = Field(0, ge=0)
    """Names the pictures, captions and detections; the same seed gives the same bytes."""
    images: ScenesSize = ScenesSize()
    """Images in each split."""


class Flickr30kSource(_Source):
    """Files in the layout of Flickr30k Entities, with detections."""

    kind: Literal["flickr30k"]
    root: Path
    """Folder that holds `Flickr30kEntities/`, the id lists and the detections."""
    detections: Literal["maf"] = "maf"
    """Which files hold boxes and features: those that the authors of MAF released."""
    words: Path | Literal["built-in"] = "built-in"
    """GloVe text file, or the small table that ships with the package."""
    heads: Literal["rule"] = "rule"
    """How head words are found: by the rules in `sprm.phrases`."""


CorpusSource: TypeAlias = Annotated[ScenesSource | Flickr30kSource, Field(discriminator="kind")]
