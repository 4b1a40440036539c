"""SPRM+: a prior that knows a detector's score and a box's size, and that training adds to."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from bench.systems.prior import words_of_a_phrase
from bench.systems.registry import SYSTEMS
from bench.systems.system import Encoding, Task
from bench.systems.trained import TrainedSystem
from sprm.evaluation.scores import ScoresAre
from sprm.seeding import seed_of

if TYPE_CHECKING:
    from sprm.batches.encoding import EncodedSplit
    from sprm.model.sprm_plus import SPRMPlus

SCORE_WEIGHT, SIZE_WEIGHT = 0.15, 0.1
"""What they are where detections tell scores and a protocol does not say."""


@SYSTEMS.register
class SprmPlus(TrainedSystem):
    """SPRM+: the prior with score and size, and what training adds to it."""

    kind: Literal["sprm_plus"]
    scores_are: ClassVar[ScoresAre] = ScoresAre.probabilities
    score_weight: float | None = Field(None, ge=0, allow_inf_nan=False)
    """Weight of the logarithm of the detector's score in the prior. Left out, it is 0.15 where the source tells scores,
    and 0 elsewhere."""
    size_weight: float | None = Field(None, ge=0, allow_inf_nan=False)
    """Weight of the logarithm of a box's share of the image's area in the prior. Left out, it is 0.1 where the source
    tells scores, and 0 elsewhere."""
    temperature: float = Field(0.05, gt=0, allow_inf_nan=False)
    """Divides what the prior and the training say before the softmax over boxes."""
    distillation: float = Field(0.0, ge=0, allow_inf_nan=False)
    """Weight of the divergence from the prior in the loss."""
    heads: bool = True
    """Let the prior represent a phrase by its head words; otherwise by all its words."""
    locations: bool = True
    """Let location words in a phrase rule out boxes in the prior."""

    @property
    def description(self) -> str:
        """One line that tells what it is."""
        weights = (
            (self.score_weight, SCORE_WEIGHT, "log score"),
            (self.size_weight, SIZE_WEIGHT, "log share of the area"),
        )
        added = " and ".join(
            f"{default:g} {name}, if scores are known," if weight is None else f"{weight:g} {name}"
            for weight, default, name in weights
        ).removesuffix(",")
        words = words_of_a_phrase(self.heads, self.locations)
        held = f"It is held to the prior with weight {self.distillation:g}. " if self.distillation else ""
        return (
            "SPRM+, ours: the prior, and a residual that is zero before training. To the prior's similarity it adds "
            f"{added}. The prior uses {words}. {held}The start is among the epochs that selection chooses from. "
            "Negatives: every other image of the batch, by cross-entropy"
        )

    @property
    def encoding(self) -> Encoding:
        """How it reads the training split, and the other two alike."""
        by_default = self.score_weight is None or self.size_weight is None
        return Encoding("train", self.heads, self.locations, bool(self.score_weight), score_if_known=by_default)

    def model(self, task: Task, split: EncodedSplit) -> SPRMPlus:
        """Return the prior and what is added to it, which is zero."""
        import torch

        from sprm.files.mapped import shared_tensor
        from sprm.model.prior import BoxTerms
        from sprm.model.sprm_plus import Residual, SPRMPlus

        assert task.training is not None
        residual = Residual(
            task.lexicon,
            split.region_size,
            torch.Generator().manual_seed(seed_of("initial weights", task.seed)),
            mixed_precision=task.training.mixed_precision,
        )
        known = split.has_scores
        score, size = (
            (default if known else 0.0) if weight is None else weight
            for weight, default in ((self.score_weight, SCORE_WEIGHT), (self.size_weight, SIZE_WEIGHT))
        )
        terms = BoxTerms(score, size)
        return SPRMPlus(shared_tensor(split.concepts), residual, terms, self.temperature, self.distillation)
