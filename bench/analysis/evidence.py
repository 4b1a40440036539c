"""What a claim is judged by: the outcomes of a run, by system and amount of data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.analysis.fraction import Fraction, label_of
from bench.analysis.outcomes import Outcomes, read_outcomes
from bench.protocol.load import load
from bench.protocol.schema import Protocol
from bench.store.ledger import Ledger
from bench.subsets.draw import SubsetIndex, read_index
from bench.trials.status import TrialProgress, TrialStatus, run_progress
from sprm.errors import ResultsError


@dataclass(frozen=True, eq=False)
class Evidence:
    """The outcomes of a run.

    Attributes:
        protocol: what was asked for.
        fractions: by label, amounts of training data, ascending.
        outcomes: of every trial that is complete; of crossed seeds only those of which no two share a subset or an
            initialisation, as all methods but `variance_shares` take trainings for independent.
        progress: of every trial of the protocol.
        crossed: of crossed seeds, the outcomes of every trial that is complete; None of seeds that are not crossed.
    """

    protocol: Protocol
    fractions: dict[str, Fraction]
    outcomes: Outcomes
    progress: tuple[TrialProgress, ...]
    crossed: Outcomes | None = None

    @classmethod
    def of(
        cls, protocol: Protocol, fractions: dict[str, Fraction], complete: Outcomes, progress: Sequence[TrialProgress]
    ) -> Evidence:
        """Return the evidence that the outcomes of every complete trial are."""
        design = protocol.design
        if not design.crossed:
            return cls(protocol, fractions, complete, tuple(progress))
        answers = {key: answers for key, answers in complete.answers.items() if key.seed in design.independent}
        ties = {key: ties for key, ties in complete.ties.items() if key.seed in design.independent}
        independent = replace(complete, answers=answers, ties=ties)
        return cls(protocol, fractions, independent, tuple(progress), complete)

    @property
    def phrases(self) -> NDArray[np.int64]:
        """Phrases in each test image, (images,)."""
        return self.outcomes.test.sizes()

    @property
    def train_images(self) -> int:
        """Training images of the corpus."""
        return max(round(fraction.images / fraction.share) for fraction in self.fractions.values())

    def at(self, value: float | int) -> Fraction:
        """Return the amount that a claim gives as a value; with sizes, a fraction of the largest."""
        return self.fractions[self.protocol.claimable[value]]

    def by_value(self) -> dict[float | int, Fraction]:
        """Return the amounts by the values that claims give, ascending; with sizes, those of the largest.

        Of fractions that a small training set rounds to the same images the largest stands for all, because the whole
        training set is what the others are compared with.
        """
        last = {self.fractions[label].images: value for value, label in self.protocol.claimable.items()}
        return {value: self.at(value) for value in last.values()}

    def of_size(self, size: int) -> Evidence:
        """Return the same outcomes as evidence about fractions of the corpus of one of the protocol's sizes."""
        sizes = tuple(own for own in self.protocol.sizes or () if own <= size)
        return replace(self, protocol=self.protocol.model_copy(update={"sizes": sizes}))

    def seeds(self, cells: Iterable[tuple[str, Fraction]]) -> tuple[int, ...]:
        """Return the seeds that are complete in each of some cells, ascending.

        A cell without any complete trial is passed over, and so is a system whose one trial stands for every seed.

        Args:
            cells: each a system and the amount of data it was trained on.
        """
        seeded = self.protocol.seeded
        return self.outcomes.common_seeds(
            (system, self._label(system, fraction)) for system, fraction in cells if system in seeded
        )

    def counts(
        self,
        system: str,
        fraction: Fraction | None,
        seeds: tuple[int, ...],
        *,
        metric: str | None = None,
        entity_type: str | None = None,
    ) -> NDArray[np.float64]:
        """Count what a system got right in each image, (seeds, images), by a metric; NaN where a trial is missing.

        Without a metric, that counts which decides the protocol's claims.

        A system that is not trained has the same rows whatever the fraction, and one row repeated where it has one
        trial.
        """
        own = (0,) * len(seeds) if system not in self.protocol.seeded else seeds
        return self.outcomes.counts(system, self._label(system, fraction), own, metric=metric, entity_type=entity_type)

    def _label(self, system: str, fraction: Fraction | None) -> str:
        return label_of(fraction if system in self.protocol.trained else None)


def read_evidence(run: Path, asked: Protocol | None = None) -> Evidence:
    """Read what is complete of a run.

    Args:
        run: the run folder.
        asked: whose claims, plan and metrics the run is held against, its own protocol being the same otherwise; that
            when left out.

    Raises:
        ResultsError: the folder is not a run's, or none of its trials is complete.
    """
    protocol, index, ledger = load(run / "protocol.yaml").protocol, read_index(run), Ledger(run)
    if asked is not None:
        update = {"claims": asked.claims, "sequential": asked.sequential, "metrics": asked.metrics}
        protocol = protocol.model_copy(update=update)
    progress = run_progress(protocol, ledger)
    complete = [trial.key for trial in progress if trial.status is TrialStatus.done]
    outcomes = read_outcomes(ledger, complete, protocol.metric_columns)
    return Evidence.of(protocol, _fractions(protocol, index), outcomes, progress)


def _fractions(protocol: Protocol, index: SubsetIndex) -> dict[str, Fraction]:
    images = {subset.fraction: subset.images for subset in index.subsets}
    if missing := [label for label in protocol.fraction_labels if label not in images]:
        raise ResultsError(f"the subsets on disk lack {', '.join(missing)}; `bench subsets` writes them")
    return {label: Fraction(label, images[label], images[label] / index.images) for label in protocol.fraction_labels}
