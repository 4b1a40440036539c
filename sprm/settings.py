"""What a user may set about the model and its training; every field changes the numbers."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """Settings that cannot change and that know their own keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Rules(StrEnum):
    """Which reading of the method is computed."""

    corrected = "corrected"
    """The method as described, with the known defects of the authors' code mended."""
    official = "official"
    """The authors' code, with its defects reproduced."""


class Ties(StrEnum):
    """Which box answers a phrase where several share the highest score."""

    first = "first"
    """The first of them in the file, as in the code of SPRM's authors; detectors list boxes by their own score."""
    largest = "largest"
    """The one with the largest area, as in the code of MAF's authors; of equal ones, the first."""
    shared = "shared"
    """All of them, each with an equal share: what the answer is worth on average if the order tells nothing."""


class Negatives(StrEnum):
    """Which other example of the batch a sentence is contrasted with."""

    most_similar = "most_similar"
    """The example whose sentence is most similar (the paper's choice, `neg1_max`)."""
    least_similar = "least_similar"
    """The example whose sentence is least similar (`neg1_min`)."""
    next = "next"
    """The following example of the batch, the last one's being the first (`neg1`)."""
    all = "all"
    """Every other example of the batch (`negN`)."""
    cross_entropy = "cross_entropy"
    """Cross-entropy over the images of the batch (`ce`)."""


class Contrast(StrEnum):
    """What SPRM+ tells a sentence's own image from the others of a batch by."""

    evidence = "evidence"
    """The mean over its phrases of their evidence for an image."""
    attention = "attention"
    """The mean over its phrases of the attention-weighted logits of an image's boxes, the prior's among them."""
    phrases = "phrases"
    """Each phrase for itself by its evidence, and not the sentence."""
    phrases_alike = "phrases_alike"
    """Each phrase for itself, among those images alone that have a label as similar to its head as its own image has:
    what tells them apart is which box it is, and not whether there is one."""


class Words(StrEnum):
    """What becomes of the word vectors in training."""

    trained = "trained"
    """They start from the pretrained ones and are trained (the paper's choice)."""
    frozen = "frozen"
    """They stay the pretrained ones."""


class Siblings(StrEnum):
    """What becomes of the other sentences of a batch that describe the image of the sentence at hand."""

    contrasted = "contrasted"
    """They are contrasted with it like all others, as in the authors' code of every method here: false negatives."""
    excluded = "excluded"
    """They are left out. A sentence whose batch shows no other image adds nothing to the loss, and counts in its mean.
    """


class Teacher(StrEnum):
    """What stands in for the detector whose knowledge KD+CL distils; the corpora hold no class probabilities."""

    none = "none"
    """Nothing: the contrastive loss alone, which is the authors' own ablation."""
    one_hot = "one_hot"
    """1 for a box whose label is the class that the phrase's head words name, or the class nearest to them."""
    soft = "soft"
    """The cosine of the frozen vectors of the phrase's head words and the box's label."""


class Budget(StrEnum):
    """What is held equal between fractions of the training set."""

    epochs = "epochs"
    """Passes over the subset: a small subset gets few optimiser steps. Systems of the same epochs see the same number
    of sentences, whatever their batches."""
    steps = "steps"
    """Optimiser steps: every subset gets the steps that the full set would get."""


class Selection(StrEnum):
    """Which epoch's weights are kept."""

    val_accuracy = "val_accuracy"
    """The epoch with the best accuracy on the validation split's annotated boxes (the paper's)."""
    val_loss = "val_loss"
    """The epoch with the lowest contrastive loss on the validation split; needs no boxes."""
    last = "last"
    """The last epoch, whatever the validation split says."""


class ValidationImages(StrEnum):
    """Which images of the validation split epochs are compared on."""

    whole = "whole"
    """All of them, at every fraction of the training set (the paper's)."""
    scaled = "scaled"
    """A random part of them, in the proportion that the subset has of the training set, at least 2: what is annotated
    there to choose an epoch grows with the data, as part of it."""


class Device(StrEnum):
    """What trained systems compute on. It changes floating-point sums, so it is part of what a result is made from."""

    auto = "auto"
    """A CUDA GPU when there is one, else the CPU."""
    cpu = "cpu"
    """The CPU."""
    cuda = "cuda"
    """A CUDA GPU; a subset's features stay in its memory when they fit."""


class TrainingSettings(BaseModel):
    """How the trained module is trained."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    epochs: int = Field(25, ge=1, description="passes over the training set, or looks at the validation split")
    batch: int = Field(16, ge=2, description="sentences in a batch; the last one of a pass has 2 or more")
    learning_rate: float = Field(1e-5, gt=0, allow_inf_nan=False, description="the optimiser's step size")
    budget: Budget = Field(Budget.epochs, description="held equal between fractions: epochs or steps")
    steps: int | None = Field(
        None,
        ge=1,
        description=(
            "optimiser steps in all, whatever the budget, subset and batch say; an epoch has its share of them, rounded"
        ),
    )
    siblings: Siblings = Field(
        Siblings.contrasted, description="whether a sentence is contrasted with others of its own image"
    )
    selection: Selection = Field(Selection.val_accuracy, description="which epoch's weights are kept")
    validation: ValidationImages = Field(
        ValidationImages.whole, description="which validation images epochs are compared on"
    )
    threads: int = Field(1, ge=1, description="CPU threads of one trial; they change floating-point sums")
    mixed_precision: bool = Field(
        False, description="compute the visual map in bfloat16: faster where a processor has it"
    )

    @property
    def steps_of_epoch(self) -> int | None:
        """Optimiser steps of each epoch where their number is given, rounded half to even; None where it is not."""
        return None if self.steps is None else max(1, round(self.steps / self.epochs))
