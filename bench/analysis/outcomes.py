"""Outcomes of single phrases, arranged for statistics: by seed and image."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.store.ledger import Ledger
from bench.store.records import TEXT_COLUMNS, TrialKey
from sprm.errors import ResultsError
from sprm.evaluation.metric import ACCURACY, CONFIDENCE, DEFAULT_METRICS, TIED, under
from sprm.settings import Ties


@dataclass(frozen=True, eq=False)
class TestSet:
    """The phrases that every trial answered.

    Attributes:
        image: (phrases,) index of the image that each phrase stands in.
        images: number of images.
        sentences: number of sentences.
        members: by entity type, (phrases,) whether a phrase is of that type; some are of several. The most
            frequent type comes first.
    """

    image: NDArray[np.int64]
    images: int
    sentences: int
    members: Mapping[str, NDArray[np.bool_]]

    @property
    def phrases(self) -> int:
        """Number of phrases."""
        return len(self.image)

    def sizes(self, entity_type: str | None = None) -> NDArray[np.int64]:
        """Count the phrases in each image, (images,), of one entity type or of all."""
        image = self.image if entity_type is None else self.image[self.members[entity_type]]
        return np.bincount(image, minlength=self.images)

    def by_image(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum values (seeds, phrases) over the phrases of each image, (seeds, images)."""
        rows = [np.bincount(self.image, weights=row, minlength=self.images) for row in values]
        return np.array(rows, dtype=np.float64).reshape(len(rows), self.images)


@dataclass(frozen=True, eq=False)
class TiedAnswers:
    """How far the answers of a trial hang on what settles ties.

    Attributes:
        boxes: (phrases,) how many boxes share the highest score, at least 1.
        under: by rule, (phrases,) in [0, 1], what the answer is worth, by the metric that decides, where ties are
            settled by it.
    """

    boxes: NDArray[np.int64]
    under: Mapping[Ties, NDArray[np.float64]]


@dataclass(frozen=True, eq=False)
class Outcomes:
    """What became of each phrase in each trial of a run that is complete.

    Attributes:
        test: the phrases.
        answers: by trial and metric, (phrases,) outcomes in [0, 1].
        ties: by trial, its ties; of those that chose boxes and recorded them.
        deciding: the metric that counts where none is named, and that claims are about.
        confidence: by trial, (phrases,) in [0, 1], the probability that the system gives to its answer; of those that
            recorded it.
    """

    test: TestSet
    answers: Mapping[TrialKey, Mapping[str, NDArray[np.float64]]]
    ties: Mapping[TrialKey, TiedAnswers] = field(default_factory=dict)
    deciding: str = ACCURACY
    confidence: Mapping[TrialKey, NDArray[np.float64]] = field(default_factory=dict)

    def seeds(self, system: str, fraction: str) -> tuple[int, ...]:
        """Return the seeds for which a system's trial on a fraction is complete, ascending."""
        return tuple(sorted(key.seed for key in self.answers if (key.system, key.fraction) == (system, fraction)))

    def common_seeds(self, cells: Iterable[tuple[str, str]]) -> tuple[int, ...]:
        """Return the seeds that are complete in each of some cells, ascending; a cell without any is passed over.

        Args:
            cells: each a system and a fraction.
        """
        started = [set(seeds) for system, fraction in cells if (seeds := self.seeds(system, fraction))]
        return tuple(sorted(set.intersection(*started))) if started else ()

    def counts(
        self,
        system: str,
        fraction: str,
        seeds: Sequence[int],
        *,
        metric: str | None = None,
        entity_type: str | None = None,
    ) -> NDArray[np.float64]:
        """Count what a system got right in each image, (seeds, images), by a metric, or by the one that decides.

        A trial that is not complete has a row of NaN.
        """
        rows = [self._row(TrialKey(system, fraction, seed), metric or self.deciding, entity_type) for seed in seeds]
        return np.array(rows, dtype=np.float64).reshape(len(seeds), self.test.images)

    def correct(self, keys: Sequence[TrialKey]) -> NDArray[np.float64]:
        """Return how right answers of complete trials are by the deciding metric, (trials, phrases) in [0, 1]."""
        rows = [self.answers[key][self.deciding] for key in keys]
        return np.array(rows, dtype=np.float64).reshape(len(keys), self.test.phrases)

    def under(self, rule: Ties, keys: Iterable[TrialKey]) -> Outcomes:
        """Return the same outcomes with the ties of some trials settled by a rule; only the deciding metric changes."""
        settled = {key: {**self.answers[key], self.deciding: self.ties[key].under[rule]} for key in keys}
        return replace(self, answers={**self.answers, **settled})

    def _row(self, key: TrialKey, metric: str, entity_type: str | None) -> NDArray[np.float64]:
        if key not in self.answers:
            return np.full(self.test.images, np.nan)
        image, outcomes = self.test.image, self.answers[key][metric]
        if entity_type is not None:
            member = self.test.members[entity_type]
            image, outcomes = image[member], outcomes[member]
        return np.bincount(image, weights=outcomes, minlength=self.test.images).astype(np.float64)


def read_outcomes(ledger: Ledger, keys: Iterable[TrialKey], metrics: Sequence[str] = DEFAULT_METRICS) -> Outcomes:
    """Read the items of trials that are complete.

    Args:
        ledger: of a run.
        keys: the trials.
        metrics: names of columns that their items hold, that which decides first.

    Raises:
        ResultsError: there is no trial, or two did not answer the same phrases.
    """
    first: pd.DataFrame | None = None
    answers: dict[TrialKey, dict[str, NDArray[np.float64]]] = {}
    ties: dict[TrialKey, TiedAnswers] = {}
    sure: dict[TrialKey, NDArray[np.float64]] = {}
    columns = tuple(dict.fromkeys((*metrics, *DEFAULT_METRICS)))
    for key in keys:
        items = ledger.items(key)
        if first is None:
            first = items
        elif not items[list(TEXT_COLUMNS)].equals(first[list(TEXT_COLUMNS)]):
            raise ResultsError(f"{ledger.trial_folder(key)}: other test phrases than in the other trials of this run")
        answers[key] = {name: items[name].to_numpy("float64") for name in columns}
        settled = {rule: _settled(items, metrics[0], rule) for rule in Ties}
        if all(name in items for name in settled.values()):
            under_rules = {rule: items[name].to_numpy("float64") for rule, name in settled.items()}
            ties[key] = TiedAnswers(items[TIED].to_numpy("int64"), under_rules)
        if CONFIDENCE in items:
            sure[key] = items[CONFIDENCE].to_numpy("float64")
    if first is None:
        raise ResultsError(f"{ledger.folder}: no trial is complete, so there is nothing to analyse")
    return Outcomes(_test_set(first), answers, ties, metrics[0], sure)


def _settled(items: pd.DataFrame, metric: str, rule: Ties) -> str:
    """Name the column with what answers are worth under a rule for ties; without one, no rule changes anything."""
    is_same = TIED in items and under(ACCURACY, rule) not in items
    return metric if is_same else under(metric, rule)


def _test_set(items: pd.DataFrame) -> TestSet:
    image, ids = pd.factorize(items["image_id"])
    types = [frozenset(category.split("/")) for category in items["category"]]
    members = {name: np.array([name in own for own in types]) for name in set().union(*types)}
    ordered = sorted(members, key=lambda name: (-int(members[name].sum()), name))
    return TestSet(
        image=image.astype(np.int64),
        images=len(ids),
        sentences=int(items["sentence_id"].nunique()),
        members={name: members[name] for name in ordered},
    )
