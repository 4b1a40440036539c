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
from sprm.settings import Contrast

if TYPE_CHECKING:
    from sprm.batches.encoding import EncodedSplit
    from sprm.model.sprm_plus import SPRMPlus

SCORE_WEIGHT, SIZE_WEIGHT = 0.15, 0.1
"""What they are where detections tell scores and a protocol does not say."""
TEMPERATURE, DROPOUT = 0.05, 0.5
CONTRASTS = {
    Contrast.evidence: "the evidence of a sentence",
    Contrast.attention: "the attention-weighted logits of a sentence",
    Contrast.phrases: "the evidence of each phrase",
    Contrast.phrases_alike: "the evidence of each phrase, only among images with a label as similar to its head",
}


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
    temperature: float = Field(TEMPERATURE, gt=0, le=10, allow_inf_nan=False)
    """Divides what the prior and the training say before the softmax over boxes."""
    contrast: Contrast = Contrast.evidence
    """What a sentence's own image is told from the others of a batch by."""
    distillation: float = Field(0.0, ge=0, allow_inf_nan=False)
    """Weight of the divergence from the prior in the loss."""
    entropy: float = Field(0.0, ge=0, allow_inf_nan=False)
    """Weight of the entropy of the answers in the loss: training towards what the model is sure of already."""
    sharing: float = Field(0.0, ge=0, allow_inf_nan=False)
    """Weight in the loss of what the phrases of a sentence share of their boxes."""
    dropout: float = Field(DROPOUT, ge=0, lt=1, allow_inf_nan=False)
    """Share of the features and coordinates that each training step sets to 0, the same ones for all boxes."""
    context: bool = False
    """Let the residual read a phrase with the other phrases of its sentence."""
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
        terms = {
            "the divergence from the prior": self.distillation,
            "the entropy of an answer": self.entropy,
            "what the phrases of a sentence share of their boxes": self.sharing,
        }
        named = [f"Added to the loss: {weight:g} times {name}" for name, weight in terms.items() if weight]
        read = ["The residual reads a phrase with the other phrases of its sentence"] if self.context else []
        dropped = f"Each step sets {100 * self.dropout:g} % of the features and coordinates to 0 (dropout)"
        return ". ".join(
            [
                "SPRM+, ours: the prior, and a residual that is zero before training. To the prior's similarity it "
                f"adds {added}. The prior uses {words}",
                f"Prior and residual are divided by {self.temperature:g} (tau)",
                *read,
                f"Negatives: every other image of the batch, by cross-entropy of {CONTRASTS[self.contrast]}",
                *named,
                *([dropped] if self.dropout else []),
                "The start is among the epochs that selection chooses from",
            ]
        )

    @property
    def encoding(self) -> Encoding:
        """How it reads the training split, and the other two alike."""
        return Encoding("train", self.heads, self.locations, bool(self.score_weight), score_if_known=True)

    def model(self, task: Task, split: EncodedSplit) -> SPRMPlus:
        """Return the prior and what is added to it, which is zero."""
        import torch

        from sprm.files.mapped import shared_tensor
        from sprm.model.prior import BoxTerms
        from sprm.model.sprm_plus import Residual, SPRMPlus
        from sprm.model.sprm_plus_loss import PlusLoss

        assert task.training is not None
        residual = Residual(
            task.lexicon,
            split.region_size,
            torch.Generator().manual_seed(seed_of("initial weights", task.seed)),
            context=self.context,
            mixed_precision=task.training.mixed_precision,
        )
        known = split.has_scores
        score, size = (
            (default if known else 0.0) if weight is None else weight
            for weight, default in ((self.score_weight, SCORE_WEIGHT), (self.size_weight, SIZE_WEIGHT))
        )
        loss = PlusLoss(
            self.contrast,
            self.distillation,
            self.entropy,
            self.sharing,
            self.dropout,
            seed_of("dropout", task.seed),
        )
        return SPRMPlus(shared_tensor(split.concepts), residual, BoxTerms(score, size), self.temperature, loss)
