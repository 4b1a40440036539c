"""Phrases answered with what a trial has learnt: on the corpus that it was trained on, or on another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.store.records import TrialRecord
from bench.systems.system import BOUNDS, System, Task
from bench.systems.trained import TrainedSystem
from bench.trials.answering import scores_of
from bench.trials.computing import compute_on
from sprm.corpus.corpus import Corpus
from sprm.corpus.dataset import Dataset
from sprm.devices import settled
from sprm.errors import ProtocolError
from sprm.evaluation.metric import ACCURACY
from sprm.settings import Device, Rules, TrainingSettings

if TYPE_CHECKING:
    from sprm.model.trained_weights import TrainedWeights, WordMatch


@dataclass(frozen=True)
class Answered:
    """The phrases of a split and the boxes that were chosen for them.

    Attributes:
        table: one row a phrase in the corpus' order: image_id, sentence_id, phrase; box, the index of the chosen one
            among its image's; x1, y1, x2, y2, the box in pixels; score; and, where every phrase of the split has a
            target, correct, in [0, 1], a share where tied boxes share an answer.
        words: how the words of the split's phrases and labels fare with the weights; None without weights.
    """

    table: pd.DataFrame
    words: WordMatch | None

    @property
    def accuracy(self) -> float | None:
        """Share of phrases answered right, in [0, 1]; None where nobody has said what is right."""
        return float(self.table[ACCURACY].mean()) if ACCURACY in self.table else None


def as_chosen(system: System, record: TrialRecord | None) -> System:
    """Return a system with the values that a trial of it chose, where it was tuned."""
    if record is None or record.candidates is None or not isinstance(system, TrainedSystem):
        return system
    (values,) = (candidate.values for candidate in record.candidates if candidate.chosen)
    return system.with_values(values)


def answer(
    system: System,
    training: TrainingSettings | None,
    rules: Rules,
    device: Device,
    dataset: Dataset,
    split: str,
    weights: TrainedWeights | None,
    initialisation: int = 0,
) -> Answered:
    """Answer the phrases of a split.

    Args:
        system: as it was run, with the rule for ties that it answers by.
        training: how it was trained; None for a system that is not.
        rules: how boxes are compared and phrases read.
        device: what it was trained on; without a GPU here, the CPU answers in its place.
        dataset: any that is read by the same rules.
        split: train, val or test.
        weights: what its training left; None for a system that is not trained.
        initialisation: which draw of initial weights it answers with, where it is not trained but has weights.

    Raises:
        DataError: the weights do not fit the dataset's regions.
        PluginError: the system does other than it has to.
        ProtocolError: the system chooses no boxes.
        TrainingError: a score is not finite.
    """
    from sprm.evaluation.outcomes import chosen_boxes, judge

    if system.role in BOUNDS:
        raise ProtocolError(f"a system of kind {system.kind} chooses no boxes, so `predict` cannot use it")
    device = device if device is Device.cpu else settled(Device.auto)
    compute_on(device, 1 if training is None else training.threads)
    task, corpus = Task(dataset, rules, training, seed=initialisation, device=device), getattr(dataset, split)
    scores = scores_of(system, task, split, {} if weights is None else weights.for_words_of(dataset.lexicon))
    first, highest = _first_regions(corpus), scores.highest
    judging = replace(task, withheld=None)
    outcomes = judge(judging.matches(split), scores, system.tie_rule) if corpus.has_targets else None
    tied = np.asarray(corpus.boxes[np.repeat(first, highest.tied) + highest.boxes], dtype=np.float64)
    boxes = chosen_boxes(highest, (tied[:, 2:] - tied[:, :2]).prod(axis=1), system.tie_rule)
    chosen = np.asarray(corpus.boxes[first + boxes])
    sentences, sentence = corpus.sentences, corpus.phrases["sentence"].to_numpy()
    table = pd.DataFrame(
        {
            "image_id": corpus.images["image_id"].to_numpy()[sentences["image"].to_numpy()[sentence]],
            "sentence_id": sentences["sentence_id"].to_numpy()[sentence],
            "phrase": corpus.phrases["text"].to_numpy(),
            "box": boxes.astype(np.int32),
            **{name: chosen[:, place] for place, name in enumerate(("x1", "y1", "x2", "y2"))},
            "score": highest.scores,
            **({} if outcomes is None else {ACCURACY: outcomes.values[ACCURACY].astype(np.float32)}),
        }
    )
    return Answered(table, None if weights is None else weights.match(dataset.lexicon, _words(system, task, split)))


def _first_regions(corpus: Corpus) -> NDArray[np.int64]:
    """Return the first region of each phrase's image, (phrases,)."""
    image = corpus.sentences["image"].to_numpy()[corpus.phrases["sentence"].to_numpy()]
    first: NDArray[np.int64] = np.asarray(corpus.offsets)[image]
    return first


def _words(system: System, task: Task, split: str) -> NDArray[np.int64]:
    """Return the distinct words of a split's phrases and labels, as rows of its lexicon."""
    encoded = task.encoded(system.reads()[0]._replace(split=split))
    return np.union1d(encoded.texts.words, encoded.labels.words)
