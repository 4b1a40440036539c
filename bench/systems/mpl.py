"""MPL, the rival with the highest published accuracy on the inputs that are used here."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from bench.systems.registry import SYSTEMS
from bench.systems.rival import Rival
from bench.systems.system import Task
from bench.systems.trained import AuthorsValues
from sprm.seeding import seed_of
from sprm.settings import Rules

if TYPE_CHECKING:
    from sprm.batches.encoding import EncodedSplit
    from sprm.model.mpl import MPL


class Caption(StrEnum):
    """What a phrase is read in."""

    phrases = "phrases"
    """The words of its sentence's phrases, joined in order: the nearest to a caption that a corpus has."""
    phrase = "phrase"
    """Its own words alone, as its authors have it for RefCOCO."""


@SYSTEMS.register
class Mpl(Rival):
    """MPL: phrases matched with the boxes of a whole batch, towards what a slow copy of the model says."""

    kind: Literal["mpl"]
    authors: ClassVar[AuthorsValues | None] = AuthorsValues(
        epochs=45,
        batch=256,
        learning_rate=1e-3,
        selection="the best accuracy on the boxes of the validation split",
        source="Kuangdd01/MPL, commit 7dc99c0",
    )
    caption: Caption = Caption.phrases
    """What the words of a phrase are read in."""
    dropout: float = Field(0.1, ge=0, lt=1)
    """How likely a number is dropped in training."""
    momentum: float = Field(0.99, ge=0, lt=1)
    """Share of itself that the copy keeps in a step; 0 for no copy but the model. For RefCOCO its authors have 0.9."""
    first_temperature: float = Field(0.3, gt=0, allow_inf_nan=False)
    """Temperature of the copy's targets in the first epoch. For RefCOCO its authors have 0.5."""
    last_temperature: float = Field(0.1, gt=0, allow_inf_nan=False)
    """Temperature towards which it falls until the last epoch. For RefCOCO its authors have 0.01."""

    @property
    def description(self) -> str:
        """One line that tells what it is."""
        caption = {
            Caption.phrases: "the words of a sentence's phrases, joined in order, for a caption",
            Caption.phrase: "each phrase for a caption of its own, as its authors have it for RefCOCO",
        }
        return (
            "MPL (AAAI 2025). Before any training, it compares the words of a phrase with the labels of boxes. It "
            "learns from what a slow copy of itself says of the boxes of a whole batch. As published, it reads whole "
            f"captions; here it has {caption[self.caption]}. Its authors take the last word of a label for the label, "
            f"which is not done here. Dropout {self.dropout:g}, momentum {self.momentum:g}, temperature "
            f"{self.first_temperature:g} to {self.last_temperature:g}, by parts of the training. Negatives: all boxes "
            "of the batch, by cross-entropy. It is trained by gradient descent without momentum"
            f"{self.more_in_words}"
        )

    def model(self, task: Task, split: EncodedSplit) -> MPL:
        """Return the model; by the official rules, the authors' padding takes part."""
        import torch

        from sprm.model.captions import phrase_as_caption, phrases_as_caption
        from sprm.model.mpl import MPL, Padding, PseudoLabels

        assert task.training is not None
        return MPL(
            task.lexicon,
            split.features.shape[1] + self.encoding.score,
            torch.Generator().manual_seed(seed_of("initial weights", task.seed)),
            captions=phrases_as_caption if self.caption is Caption.phrases else phrase_as_caption,
            padding=Padding() if task.rules is Rules.official else None,
            dropout=self.dropout,
            seed=seed_of("dropout", task.seed),
            pseudo_labels=PseudoLabels(self.momentum, self.first_temperature, self.last_temperature),
            mixed_precision=task.training.mixed_precision,
        )
