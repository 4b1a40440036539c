"""SPRM, and its refinement evaluated without the prior."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field, field_validator

from bench.systems.prior import words_of_a_phrase
from bench.systems.registry import SYSTEMS
from bench.systems.system import Encoding, Task
from bench.systems.trained import TrainedSystem
from sprm.evaluation.scores import ScoresAre
from sprm.seeding import seed_of
from sprm.settings import Negatives, Settings

if TYPE_CHECKING:
    from sprm.batches.encoding import EncodedSplit
    from sprm.model.sprm import SPRM
    from sprm.model.trainable import TrainableModel

NEGATIVES = {
    Negatives.most_similar: "the example of the batch whose sentence is most similar",
    Negatives.least_similar: "the example of the batch whose sentence is least similar",
    Negatives.next: "the following example of the batch",
    Negatives.all: "every other example of the batch",
    Negatives.cross_entropy: "every other image of the batch, by cross-entropy",
}


class RegionInputs(Settings):
    """What the refinement is given of a box beside its features, coordinates and label."""

    score: bool = False
    """The logarithm of the detector's score; the source has to tell it."""


class Mixture(TrainedSystem):
    """A refinement that is trained together with the prior."""

    scores_are: ClassVar[ScoresAre] = ScoresAre.probabilities
    negatives: Negatives = Negatives.most_similar
    """Which other example of the batch a sentence is contrasted with."""
    omega: float = Field(0.4, gt=0, le=1)
    """Weight of the refinement; the prior has the rest."""
    heads: bool = True
    """Let the prior represent a phrase by its head words; otherwise by all its words."""
    locations: bool = True
    """Let location words in a phrase rule out boxes in the prior."""
    inputs: RegionInputs | None = None
    """What else the refinement is given of a box; nothing, as published, when left out."""

    @field_validator("inputs")
    @classmethod
    def _nothing_is_left_out(cls, inputs: RegionInputs | None) -> RegionInputs | None:
        # Two ways of writing one system must not be two trials.
        return None if inputs == RegionInputs() else inputs

    @property
    def settings_in_words(self) -> str:
        """What of its settings a reader has to know, from within a sentence on."""
        return (
            f"the weight of the refinement (omega) is {self.omega:g}. Negatives: {self.negatives}, "
            f"{NEGATIVES[self.negatives]}. The prior uses {words_of_a_phrase(self.heads, self.locations)}"
            f"{'. The refinement also uses the log score of a box' if self.reads_score else ''}"
        )

    @property
    def reads_score(self) -> bool:
        """Whether the refinement is given the detector's scores."""
        return self.inputs is not None and self.inputs.score

    @property
    def encoding(self) -> Encoding:
        """How it reads the training split, and the other two alike."""
        return Encoding("train", self.heads, self.locations, self.reads_score)

    @property
    def training_identity(self) -> Hashable | None:
        """What decides how it is trained: all of its settings, but not what it is asked in the end."""
        # A kind that derives from these may train otherwise.
        if type(self) not in (Sprm, RefinementAlone):
            return None
        return self.negatives, self.omega, self.heads, self.locations, self.reads_score

    def model(self, task: Task, split: EncodedSplit) -> SPRM:
        """Return prior and refinement, mixed as they are trained."""
        import torch

        from sprm.files.mapped import shared_tensor
        from sprm.model.refinement import Refinement
        from sprm.model.sprm import SPRM

        assert task.training is not None
        start = torch.Generator().manual_seed(seed_of("initial weights", task.seed))
        mixed = task.training.mixed_precision
        refinement = Refinement(task.lexicon, split.region_size, start, mixed_precision=mixed)
        return SPRM(shared_tensor(split.concepts), refinement, self.omega, negatives=self.negatives)


@SYSTEMS.register
class Sprm(Mixture):
    """The full model: a weighted sum of prior and refinement."""

    kind: Literal["sprm"]

    @property
    def description(self) -> str:
        """One line that tells what it is."""
        return f"the full model, a weighted sum of prior and refinement. In this sum, {self.settings_in_words}"


@SYSTEMS.register
class RefinementAlone(Mixture):
    """The refinement evaluated without the prior: it is trained as in the full model."""

    kind: Literal["refinement"]

    @property
    def description(self) -> str:
        """One line that tells what it is."""
        return (
            "the refinement evaluated without the prior, that is, with omega 1. It is trained together with the "
            f"prior. In training, {self.settings_in_words}"
        )

    def answering(self, model: TrainableModel) -> SPRM:
        """Return the refinement without the prior."""
        from sprm.model.sprm import SPRM

        assert isinstance(model, SPRM)
        return model.weighing(1.0)
