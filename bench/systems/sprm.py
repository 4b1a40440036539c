"""SPRM, and its refinement evaluated without the prior."""

from __future__ import annotations

import time
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import Field, field_validator

from bench.systems.prior import words_of_a_phrase
from bench.systems.registry import SYSTEMS
from bench.systems.system import Encoding, Outcome, System, Task, TrainedSystem
from sprm.seeding import seed_of
from sprm.settings import Negatives, Settings

if TYPE_CHECKING:
    from sprm.batches.encoding import EncodedSplit
    from sprm.evaluation.outcomes import Prediction
    from sprm.model.refinement import Refinement
    from sprm.model.sprm import SPRM
    from sprm.model.trained_weights import TrainedWeights
    from sprm.text.word_vectors import Lexicon
    from sprm.training.learner import Learner

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
    def omega_of_answers(self) -> float:
        """Weight of the refinement in an answer."""
        return self.omega

    def reads(self) -> tuple[Encoding, ...]:
        """List what it reads."""
        from sprm.corpus.corpus import SPLITS

        return tuple(self._encoding(split) for split in SPLITS)

    def learner(self, task: Task) -> Learner:
        """Return what takes optimiser steps on the task's images, before its first."""
        from sprm.training.learner import Learner
        from sprm.training.loop import steps_per_epoch

        assert task.training is not None
        assert task.images is not None
        train = task.encoded(self._encoding("train"))
        model = self._model(task, train, self._refinement(task, train, task.dataset.lexicon), self.omega)
        length = steps_per_epoch(len(train.sentence_images), task.training.batch)
        return Learner(model, train, task.images, task.training, length)

    @property
    def training_identity(self) -> Hashable | None:
        """What decides how it is trained: all of its settings, but not what it is asked in the end."""
        # A kind that derives from these may train otherwise.
        if type(self) not in (Sprm, RefinementAlone):
            return None
        return self.negatives, self.omega, self.heads, self.locations, self.reads_score

    def run(self, task: Task) -> Outcome:
        """Train a refinement beside the prior, and answer the test split."""
        (outcome,) = self.run_together([self], task)
        return outcome

    @classmethod
    def run_together(cls, systems: Sequence[System], task: Task) -> list[Outcome]:
        """Train one refinement beside the prior, and answer the test split as each of some systems."""
        from sprm.corpus.corpus import SPLITS
        from sprm.evaluation.outcomes import items, judge
        from sprm.evaluation.prediction import predict
        from sprm.training.loop import train
        from sprm.training.selection import Validation

        assert task.training is not None
        assert task.images is not None
        mixtures = [system for system in systems if isinstance(system, Mixture)]
        first = mixtures[0]
        learnt, val, test = (task.encoded(first._encoding(split)) for split in SPLITS)
        matches = task.matches("test")
        val_matches = task.matches("val") if task.dataset.val.has_targets else None
        refinement = first._refinement(task, learnt, task.dataset.lexicon)
        # Epochs are compared by what is asked in the end.
        validations = [
            Validation(val, val_matches, each._model(task, val, refinement, each.omega_of_answers), each.tie_rule)
            for each in mixtures
        ]
        model = first._model(task, learnt, refinement, first.omega)
        trainings = train(
            model,
            learnt,
            task.images,
            task.training,
            validations,
            task.seed,
            task.report,
            task.checkpoints,
        )
        outcomes = []
        for each, training in zip(mixtures, trainings, strict=True):
            started = time.perf_counter()
            refinement.load_state_dict(training.weights)
            answering = each._model(task, test, refinement, each.omega_of_answers)
            answers = items(task.dataset.test, judge(matches, predict(answering, test), each.tie_rule))
            outcomes.append(Outcome(answers, training, time.perf_counter() - started))
        return outcomes

    def predict(self, task: Task, split: str, weights: TrainedWeights | None) -> Prediction:
        """Choose boxes as a training left it."""
        from sprm.errors import DataError
        from sprm.evaluation.prediction import predict
        from sprm.model.trained_weights import WORDS

        assert weights is not None
        encoded = task.encoded(self._encoding(split))
        learnt = weights.lexicon(task.dataset.lexicon)
        refinement = self._refinement(task, encoded, learnt)
        own = {name: tuple(tensor.shape) for name, tensor in refinement.state_dict().items() if name != WORDS}
        kept = {name: tuple(tensor.shape) for name, tensor in weights.tensors.items() if name != WORDS}
        if own != kept:
            numbers = (0, *kept.get("visual.weight", ()))[-1]
            problem = f"its regions have {encoded.region_size} numbers, features and coordinates among them, and the "
            raise DataError(f"{problem}weights were trained on {numbers}", path=task.dataset.folder / split)
        words = refinement.words.weight.detach()
        refinement.load_state_dict({**weights.tensors, WORDS: words})
        return predict(self._model(task, encoded, refinement, self.omega_of_answers), encoded)

    def _encoding(self, split: str) -> Encoding:
        return Encoding(split, self.heads, self.locations, self.reads_score)

    def _refinement(self, task: Task, split: EncodedSplit, lexicon: Lexicon) -> Refinement:
        import torch

        from sprm.model.refinement import Refinement

        assert task.training is not None
        start = torch.Generator().manual_seed(seed_of("initial weights", task.seed))
        mixed = task.training.mixed_precision
        # Weights are drawn on the CPU, so that they start the same on every device.
        refinement = Refinement(lexicon, split.region_size, start, mixed_precision=mixed)
        return refinement.to(torch.device(task.device.value))

    def _model(self, task: Task, split: EncodedSplit, refinement: Refinement, omega: float) -> SPRM:
        """One refinement, seen through a split's own concepts."""
        import torch

        from sprm.files.mapped import shared_tensor
        from sprm.model.sprm import SPRM

        model = SPRM(shared_tensor(split.concepts), refinement, omega, negatives=self.negatives)
        return model.to(torch.device(task.device.value))


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

    @property
    def omega_of_answers(self) -> float:
        """Weight of the refinement in an answer."""
        return 1.0
