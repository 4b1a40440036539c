"""SPRM, and its refinement evaluated without the prior."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from bench.systems.box_weights import BoxWeights
from bench.systems.prior import words_of_a_phrase
from bench.systems.region_inputs import RegionInputs, nothing_is_left_out
from bench.systems.registry import SYSTEMS
from bench.systems.system import Encoding, Task
from bench.systems.trained import AuthorsValues, TrainedSystem
from sprm.evaluation.scores import ScoresAre
from sprm.seeding import seed_of
from sprm.settings import Negatives, Words

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


class RefinementInputs(RegionInputs):
    """What the refinement is given of a box beside its coordinates."""

    features: bool = True
    """Its visual features."""
    labels: bool = True
    """Its label."""

    @field_validator("labels")
    @classmethod
    def _what_a_box_shows_is_given(cls, labels: bool, info: ValidationInfo) -> bool:
        if not labels and info.data.get("features") is False:
            raise PydanticCustomError("inputs", "expected true where features are left out, too")
        return labels


class Mixture(BoxWeights, TrainedSystem):
    """A refinement that is trained together with the prior."""

    scores_are: ClassVar[ScoresAre] = ScoresAre.probabilities
    authors: ClassVar[AuthorsValues | None] = AuthorsValues(
        epochs=25,
        batch=16,
        learning_rate=1e-5,
        selection="the best accuracy on the boxes of the validation split",
        source="Rigoni et al., BMVC 2023, and the authors' public code",
    )
    negatives: Negatives = Negatives.most_similar
    """Which other example of the batch a sentence is contrasted with."""
    omega: float = Field(0.4, gt=0, le=1)
    """Weight of the refinement; the prior has the rest."""
    heads: bool = True
    """Let the prior represent a phrase by its head words; otherwise by all its words."""
    locations: bool = True
    """Let location words in a phrase rule out boxes in the prior."""
    inputs: Annotated[RefinementInputs | None, AfterValidator(nothing_is_left_out)] = None
    """What the refinement is given of a box; features, coordinates and label, as published, when left out."""
    words: Words | None = None
    """Whether the refinement's word vectors are trained, as published and when left out, or frozen."""

    @model_validator(mode="after")
    def _what_the_prior_goes_by_is_given(self) -> Self:
        # Both read one encoding of a box.
        if self.score_weight is not None and not self.given.score:
            raise PydanticCustomError("inputs", "expected inputs {score: true} beside a score_weight")
        if not self.has_prior and self.box_terms_in_words:
            raise PydanticCustomError(
                "omega", "expected no score_weight and no size_weight, as omega 1 leaves no prior"
            )
        return self

    @field_validator("words")
    @classmethod
    def _trained_words_are_left_out(cls, words: Words | None) -> Words | None:
        return None if words is Words.trained else words

    @property
    def identity(self) -> dict[str, Any]:
        """What of its own settings its outcome depends on; of the inputs, those that are not as published."""
        inputs = {} if self.inputs is None else {"inputs": self.inputs.model_dump(exclude_defaults=True)}
        return {**super().identity, **inputs}

    @property
    def settings_in_words(self) -> str:
        """What of its settings a reader has to know, from within a sentence on."""
        prior, terms = words_of_a_phrase(self.heads, self.locations), self.box_terms_in_words
        return ". ".join(
            [
                f"the weight of the refinement (omega) is {self.omega:g}",
                f"Negatives: {self.negatives}, {NEGATIVES[self.negatives]}",
                *([f"The prior uses {prior}"] if self.has_prior else []),
                *([f"The prior's score of a box is the similarity{terms}"] if self.has_prior and terms else []),
                *(["The refinement also uses the log score of a box"] if self.given.score else []),
                *([] if self.given.features else ["The refinement does not use the visual features of a box"]),
                *([] if self.given.labels else ["The refinement does not use the label of a box"]),
                *(["Its word vectors are frozen"] if self.words is Words.frozen else []),
            ]
        )

    @property
    def description(self) -> str:
        """One line that tells what it is."""
        return f"the refinement without the prior, in training, too: {self.settings_in_words}"

    @property
    def has_prior(self) -> bool:
        """Whether the prior has any weight in training."""
        return self.omega < 1

    @property
    def given(self) -> RefinementInputs:
        """What the refinement is given of a box."""
        return self.inputs or RefinementInputs()

    @property
    def encoding(self) -> Encoding:
        """How it reads the training split, and the other two alike."""
        return Encoding("train", self.heads, self.locations, self.given.score)

    @property
    def training_identity(self) -> Hashable | None:
        """What decides how it is trained: all of its settings, but not what it is asked in the end."""
        # A kind that derives from these may train otherwise.
        if type(self) not in (Sprm, RefinementAlone):
            return None
        prior = self.heads, self.locations, self.score_weight, self.size_weight
        return self.negatives, self.omega, prior, self.given, self.words

    def model(self, task: Task, split: EncodedSplit) -> SPRM:
        """Return prior and refinement, mixed as they are trained."""
        import torch

        from sprm.files.mapped import shared_tensor
        from sprm.model.refinement import Refinement
        from sprm.model.sprm import SPRM

        assert task.training is not None
        start = torch.Generator().manual_seed(seed_of("initial weights", task.seed))
        refinement = Refinement(
            task.lexicon,
            split.region_size,
            start,
            unseen=0 if self.given.features else split.features.shape[1],
            labels=self.given.labels,
            words=self.words or Words.trained,
            mixed_precision=task.training.mixed_precision,
        )
        return SPRM(shared_tensor(split.concepts), refinement, self.omega, self.box_terms, self.negatives)


@SYSTEMS.register
class Sprm(Mixture):
    """The full model: a weighted sum of prior and refinement."""

    kind: Literal["sprm"]

    @property
    def description(self) -> str:
        """One line that tells what it is."""
        if not self.has_prior:
            return super().description
        return f"the full model, a weighted sum of prior and refinement. In this sum, {self.settings_in_words}"


@SYSTEMS.register
class RefinementAlone(Mixture):
    """The refinement evaluated without the prior: it is trained as in the full model."""

    kind: Literal["refinement"]

    @property
    def description(self) -> str:
        """One line that tells what it is."""
        if not self.has_prior:
            return super().description
        return (
            "the refinement evaluated without the prior, that is, with omega 1. It is trained together with the "
            f"prior. In training, {self.settings_in_words}"
        )

    def answering(self, model: TrainableModel) -> SPRM:
        """Return the refinement without the prior."""
        from sprm.model.sprm import SPRM

        assert isinstance(model, SPRM)
        return model.weighing(1.0)
