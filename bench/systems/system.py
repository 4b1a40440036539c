"""What every kind of system has: its settings in a protocol, its role in a study, and three methods.

`reads` names what it reads, `fit` trains it on a subset of the images, `score` says how well every box fits every
phrase. All else, from the choice of a box to the verdicts, is the harness's part and the same for all.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from sprm.errors import PluginError
from sprm.evaluation.scores import ScoresAre
from sprm.settings import Device, Rules, Settings, Ties, TrainingSettings
from sprm.training.progress import Report, unreported

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from sprm.batches.encoding import EncodedSplit
    from sprm.corpus.box_matches import BoxMatches
    from sprm.corpus.dataset import Dataset
    from sprm.evaluation.scores import Scores
    from sprm.text.word_vectors import Lexicon
    from sprm.training.checkpoint import Checkpoints
    from sprm.training.course import Training


class Role(StrEnum):
    """What a system stands for in figures, tables and sentences."""

    chance = "chance"
    """What guessing gives."""
    upper_bound = "upper bound"
    """The most that the proposals allow."""
    prior = "prior"
    """What needs no training and training has to beat."""
    trained = "trained"
    """What is trained on fractions of the data."""


BOUNDS = (Role.chance, Role.upper_bound)
"""What lies below and above whatever can be learnt."""


class Encoding(NamedTuple):
    """What a system reads: one split, in one of the ways in which the prior can be asked."""

    split: str
    heads: bool = True
    """Whether the prior compares head words; otherwise all words of a phrase."""
    locations: bool = True
    """Whether location words restrict the prior."""
    score: bool = False
    """Whether the detector's scores are read, too."""
    score_if_known: bool = False
    """Whether they are read where the source tells them."""

    def settings_for(self, dataset: Dataset) -> dict[str, Any]:
        """Return what a split of a dataset is encoded with, by name; see `encoding_cache.encoded`."""
        asked = self._asdict()
        if asked.pop("score_if_known"):
            asked["score"] = self.score or getattr(dataset, self.split).scores is not None
        return asked


@dataclass(frozen=True)
class Task:
    """One trial, as a system sees it.

    Attributes:
        dataset: the three splits and the word vectors; systems read it by the methods below.
        rules: how boxes are compared and phrases read.
        training: training values; None for a system that is not trained.
        images: (n,) indices of the training images it may learn from; None for a system that is not trained.
        seed: names the initial weights and the order of the batches.
        device: what a trained system computes on, `cpu` or `cuda`.
        report: is called while it trains, every few steps.
        checkpoints: where its training goes on from, and writes what it needs for that; None to start anew and keep
            nothing.
        withheld: the split whose targets no system may see but one that is a bound: the one that it is judged on.
    """

    dataset: Dataset
    rules: Rules
    training: TrainingSettings | None = None
    images: NDArray[np.int64] | None = None
    seed: int = 0
    device: Device = Device.cpu
    report: Report = unreported
    checkpoints: Checkpoints | None = None
    withheld: str | None = "test"

    @property
    def lexicon(self) -> Lexicon:
        """The word vectors of the dataset's vocabulary."""
        return self.dataset.lexicon

    def encoded(self, encoding: Encoding) -> EncodedSplit:
        """Open a split as a system reads it; it has no targets."""
        return _encoded(self.dataset, encoding, self.rules)

    def has_targets(self, split: str) -> bool:
        """Whether the phrases of a split have targets, by which answers can be judged."""
        return bool(getattr(self.dataset, split).has_targets)

    def matches(self, split: str) -> BoxMatches:
        """How the boxes of a split match its targets.

        Raises:
            PluginError: the split is the one that the system is judged on.
        """
        if split == self.withheld:
            raise PluginError(f"it reads the targets of the {split} split, which it is judged on")
        return _matches(self.dataset, split, self.rules)


class System(Settings):
    """A kind of system: its fields are what a protocol may set, and `kind` is a `Literal` with its name."""

    kind: str
    role: ClassVar[Role]
    chooses: ClassVar[bool] = True
    """Whether its scores choose a box; if not, it is worth what a box drawn at random gives on average."""
    scores_are: ClassVar[ScoresAre] = ScoresAre.ranks
    """What its scores are beside an order of the boxes; anything else lets reports say how far they can be believed."""
    ties: Ties | None = None
    """Which box answers where several share the highest score; the protocol's rule when left out."""

    @property
    def identity(self) -> dict[str, Any]:
        """What of its own settings its outcome depends on, training values aside; what is left out is not named.

        The rule for ties is no part: a trial states the one that it was run with, its own or the protocol's.
        """
        apart = {*TrainingSettings.model_fields, "ties"}
        return self.model_dump(mode="json", exclude=apart, exclude_none=True)

    @property
    def stands_for(self) -> Role:
        """What it stands for, as it is set: that of its kind."""
        return self.role

    @property
    def tie_rule(self) -> Ties:
        """The rule for ties that it answers by."""
        return self.ties or Ties.first

    @property
    def description(self) -> str:
        """One line that tells a reader of a report what it is, as the end of a sentence."""
        summary = (self.__doc__ or "").strip().partition("\n")[0].rstrip(".")
        return summary[:1].lower() + summary[1:]

    def reads(self) -> tuple[Encoding, ...]:
        """List what it reads, which is encoded once for all trials."""
        return ()

    def fit(self, task: Task) -> Training | None:
        """Train on the task's images; None where there is nothing to train.

        A pure function of settings and task: the same ones give the same weights, whatever ran before.
        """
        return None

    @abstractmethod
    def score(self, task: Task, split: str, weights: Mapping[str, Tensor]) -> Scores:
        """Say how well every box of a phrase's image fits the phrase, for every phrase of a split.

        Args:
            task: the one that it was trained on, or another dataset's.
            split: train, val or test.
            weights: what `fit` left; nothing where nothing was trained.

        Raises:
            DataError: the weights are of other regions than the dataset has.
        """


# The trials of a worker share one dataset; what is derived from it and no trial changes is derived once.
@lru_cache(maxsize=8)
def _encoded(dataset: Dataset, encoding: Encoding, rules: Rules) -> EncodedSplit:
    from sprm.batches.encoding_cache import encoded

    return encoded(dataset, rules=rules, **encoding.settings_for(dataset))


@lru_cache(maxsize=8)
def _matches(dataset: Dataset, split: str, rules: Rules) -> BoxMatches:
    from sprm.corpus.box_matches import match_boxes

    return match_boxes(getattr(dataset, split), rules)
