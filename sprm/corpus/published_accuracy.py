"""An accuracy that somebody published, with what it was measured on."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class PublishedAccuracy(BaseModel):
    """An accuracy that somebody published."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    system: str = Field(min_length=1)
    """What answered."""
    source: str = Field(min_length=1)
    """Who published it where: authors, venue and year."""
    split: Literal["val", "test"]
    """The split that it was measured on."""
    accuracy: float = Field(gt=0, lt=1)
    """Share of phrases whose box meets the target with an IoU of at least 0.5."""
    trained: bool = True
    """Whether it needed training."""
    released_detections: bool = False
    """Whether it is known to be measured on the detections and features that go with this kind of source."""
    all_images: bool = False
    """Whether it is known to be trained on exactly the training split of this kind of source."""
    differs: str | None = None
    """What else is known to be different, in a few words."""

    @property
    def cited(self) -> str:
        """System and source, as a sentence names them: `MAF (Wang et al., EMNLP 2020)`."""
        return f"{self.system} ({self.source})"
