"""Which epoch's weights are kept."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sprm.batches.batch import BatchReader, sentences_of, shuffled
from sprm.batches.encoding import EncodedSplit
from sprm.batches.packing import ranges
from sprm.corpus.box_matches import BoxMatches
from sprm.errors import DataError
from sprm.evaluation.outcomes import accuracy_of
from sprm.evaluation.scoring import score
from sprm.model.trainable import Moment, TrainableModel
from sprm.settings import Selection, Ties, TrainingSettings
from sprm.training.checkpoint import Selected
from sprm.training.history import EpochRecord


@dataclass(frozen=True)
class Validation:
    """The validation split, in what form a selection needs it; a training may serve several."""

    split: EncodedSplit
    matches: BoxMatches | None
    """None where its phrases have no boxes, so that accuracy on it is unknown."""
    model: TrainableModel
    """What is trained, seen through the validation split, as it will be asked."""
    ties: Ties
    """What settles a tie."""
    images: NDArray[np.int64]
    """(n,) indices of the images that epochs are compared on, ascending."""

    @property
    def sentences(self) -> NDArray[np.int64]:
        """The sentences of these images, ascending."""
        return sentences_of(self.split, self.images)

    def matches_of_its_images(self) -> BoxMatches | None:
        """Return how the boxes of these images match the targets of their phrases."""
        if self.matches is None or len(self.images) == self.split.images:
            return self.matches
        return self.matches.of_phrases(ranges(self.split.phrase_offsets, self.sentences))


class Selector:
    """Compares epochs by one validation and keeps a copy of the weights of the best so far; of equals, the first."""

    def __init__(self, validation: Validation, settings: TrainingSettings) -> None:
        if validation.matches is None and settings.selection is Selection.val_accuracy:
            raise DataError("selection: val_accuracy needs a validation split with boxes; expected val_loss or last")
        self._validation = validation
        self._matches = validation.matches_of_its_images()
        self._settings = settings
        self.history: list[EpochRecord] = []
        self.weights: dict[str, Tensor] = {}
        """State of the trained module after the epoch that is the best so far."""
        self.seconds = 0.0

    @property
    def epoch(self) -> int:
        """The best so far; 0 before the first, too."""
        return max(self.history, key=self._value).epoch if self.history else 0

    @property
    def boxes(self) -> int:
        """Phrases whose annotated boxes decide at each look; 0 where something else does."""
        if self._matches is None or self._settings.selection is not Selection.val_accuracy:
            return 0
        return len(self._matches.offsets) - 1

    def look(self, epoch: EpochRecord, trained: torch.nn.Module) -> None:
        """Measure the epoch that has just ended, and keep its weights when none was better.

        Where there are boxes, accuracy is measured whatever decides, so that it is known what the decision costs.
        """
        started = time.perf_counter()
        validation = self._validation
        if self._matches is not None:
            scores = score(validation.model, validation.split, validation.images)
            accuracy = accuracy_of(self._matches, scores, validation.ties)
            epoch = epoch.model_copy(update={"val_accuracy": accuracy})
        if self._settings.selection is Selection.val_loss:
            moment = Moment(epoch.steps, epoch.epoch, self._settings.epochs)
            loss = _validation_loss(validation, self._settings.batch, moment)
            epoch = epoch.model_copy(update={"val_loss": loss})
        self.history.append(epoch)
        if self.epoch == epoch.epoch:
            self.weights = {name: tensor.clone() for name, tensor in trained.state_dict().items()}
        self.seconds += time.perf_counter() - started

    def go_on(self, selected: Selected, weights: dict[str, Tensor]) -> None:
        """Take over what another has seen, and the weights that it kept."""
        self.history, self.weights, self.seconds = list(selected.history), weights, selected.seconds

    def _value(self, epoch: EpochRecord) -> float:
        """What epochs are compared by; more is better."""
        match self._settings.selection:
            case Selection.val_accuracy:
                assert epoch.val_accuracy is not None
                return epoch.val_accuracy
            case Selection.val_loss:
                assert epoch.val_loss is not None
                return -epoch.val_loss
            case Selection.last:
                return epoch.epoch


def _validation_loss(validation: Validation, size: int, moment: Moment) -> float:
    # Neighbours in the file describe one image and would be each other's negatives, so the order is mixed, once.
    model, reader = validation.model, BatchReader(validation.split, validation.model.device, validation.images)
    with torch.inference_mode():
        losses = [
            model.loss(reader.read(chosen, model.negatives, model.siblings), moment)
            for chosen in shuffled(validation.sentences, size, "validation order")
        ]
    return float(torch.stack(losses).mean())
