"""A protocol's trials on a corpus, and which of them still have to run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.protocol.schema import Protocol
from bench.store.inputs import differing, fingerprint, run_inputs, system_inputs, trial_inputs
from bench.store.ledger import Ledger
from bench.store.records import TrialKey, TrialRecord
from bench.store.weights import has_weights
from bench.subsets.draw import Subsets, draw
from bench.systems.system import System
from bench.trials.status import TrialProgress, TrialStatus, keys_of, told, trial_progress
from sprm.corpus.dataset import Dataset
from sprm.evaluation.metric import DEFAULT_METRICS
from sprm.settings import Device, Rules, TrainingSettings


@dataclass(frozen=True, eq=False)
class Trial:
    """One system trained on one subset with one seed, and everything its outcome depends on.

    Attributes:
        key: its cell in the run.
        settings: the system.
        training: its training values; None for a system that is not trained.
        rules: how boxes are compared and phrases read.
        device: what it computes on; a system that is not trained needs none but the CPU.
        drawn: which draw of subsets its images are from, from 0.
        initialisation: which draw of initial weights and batch orders it has, from 0.
        images: (n,) indices of its training images; None for a system that is not trained.
        sentences: training sentences of those images.
        inputs: what the fingerprint is computed from.
        fingerprint: sha256 of `inputs`.
        metrics: names of the metrics that its items must hold.
    """

    key: TrialKey
    settings: System
    training: TrainingSettings | None
    rules: Rules
    device: Device
    drawn: int
    initialisation: int
    images: NDArray[np.int64] | None
    sentences: int
    inputs: dict[str, Any]
    fingerprint: str
    metrics: tuple[str, ...] = DEFAULT_METRICS


@dataclass(frozen=True, eq=False)
class PlannedTrial:
    """A trial and how far it is.

    Attributes:
        trial: the trial.
        progress: its status, and why.
        elsewhere: another run of the same results folder that holds this very result, and its record there.
    """

    trial: Trial
    progress: TrialProgress
    elsewhere: tuple[Ledger, TrialRecord] | None = None


@dataclass(frozen=True, eq=False)
class Plan:
    """Every trial of a protocol on one dataset."""

    protocol: Protocol
    dataset: Dataset
    subsets: Subsets
    ledger: Ledger
    trials: list[PlannedTrial]

    @property
    def left(self) -> list[PlannedTrial]:
        """The trials that still have to run or be taken over from another run."""
        return [planned for planned in self.trials if not planned.progress.status.is_settled]

    def with_progress(self, progress: Sequence[TrialProgress]) -> Plan:
        """Return the same plan with another progress of each trial, in their order."""
        both = zip(self.trials, progress, strict=True)
        return replace(self, trials=[replace(planned, progress=own) for planned, own in both])

    def of_seeds(self, seeds: range) -> Plan:
        """Return the part of a plan that has some seeds."""
        return replace(self, trials=[planned for planned in self.trials if planned.trial.key.seed in seeds])

    @property
    def elsewhere(self) -> Mapping[Path, int]:
        """How many of them are finished in which other run of the same results folder, by its folder."""
        return Counter(planned.elsewhere[0].folder for planned in self.trials if planned.elsewhere is not None)


def run_folder(protocol: Protocol, corpus_fingerprint: str, results: Path) -> Path:
    """Return where a protocol's results on a corpus belong: `<name>-<8 hex>`.

    The digits stand for all that changes any number: claims, paths and workers do not count.
    """
    return results / f"{protocol.name}-{fingerprint(run_inputs(protocol, corpus_fingerprint))[:8]}"


def make_plan(protocol: Protocol, dataset: Dataset, results: Path) -> Plan:
    """List a protocol's trials and find out which of them still have to run; starts nothing.

    Raises:
        ProtocolError: a fraction selects no image, or more shots or a larger size is asked for than there are images.
    """
    ledger = Ledger(run_folder(protocol, dataset.fingerprint, results))
    subsets = draw(protocol, dataset.train)
    trials = [
        PlannedTrial(trial, trial_progress(ledger, trial.key, trial.inputs, trial.metrics))
        for trial in _trials(protocol, dataset, subsets)
    ]
    if any(planned.progress.status is not TrialStatus.done for planned in trials):
        others = _OtherRuns(ledger.folder, results)
        trials = [others.look_up(planned) for planned in trials]
    return Plan(protocol, dataset, subsets, ledger, trials)


def _trials(protocol: Protocol, dataset: Dataset, subsets: Subsets) -> Iterator[Trial]:
    records, corpus, design = subsets.records(), dataset.fingerprint, protocol.design
    systems = {name: (protocol.system(name), protocol.training_of(name)) for name in protocol.systems}
    inputs_of = {name: system_inputs(protocol, name) for name in protocol.systems}
    for key in keys_of(protocol):
        drawn, initialisation = design.subset_of(key.seed), design.initialisation_of(key.seed)
        subset = records.get((drawn, key.fraction))
        settings, training = systems[key.system]
        inputs = trial_inputs(
            protocol,
            key.system,
            key.seed,
            corpus=corpus,
            subset=None if subset is None else subset.sha256,
            of_system=inputs_of[key.system],
        )
        yield Trial(
            key=key,
            settings=settings,
            training=training,
            rules=protocol.rules,
            device=Device.cpu if training is None else protocol.device,
            drawn=drawn,
            initialisation=initialisation,
            images=None if subset is None else subsets.images[drawn, key.fraction],
            sentences=0 if subset is None else subset.sentences,
            inputs=inputs,
            fingerprint=fingerprint(inputs),
            metrics=protocol.metric_columns,
        )


class _OtherRuns:
    """The other runs in a results folder: some may hold a missing trial, or an older form of it."""

    def __init__(self, own: Path, results: Path) -> None:
        self.by_fingerprint: dict[str, tuple[Ledger, TrialRecord]] = {}
        self.older: dict[TrialKey, tuple[Ledger, TrialRecord]] = {}
        name = own.name.rpartition("-")[0]
        for path in sorted(results.glob("[!.]*/trials")):
            ledger = Ledger(path.parent)
            if ledger.folder.name == own.name:
                continue
            for record in ledger.records():
                known = self.by_fingerprint.get(record.fingerprint)
                # Of several, one that comes with its weights.
                if known is None or not _with_weights(*known):
                    self.by_fingerprint[record.fingerprint] = ledger, record
                if ledger.folder.name.rpartition("-")[0] == name:
                    self.older[record.key] = ledger, record

    def look_up(self, planned: PlannedTrial) -> PlannedTrial:
        trial, progress = planned.trial, planned.progress
        if progress.status is TrialStatus.done:
            return planned
        same = self.by_fingerprint.get(trial.fingerprint)
        if same is not None and set(trial.metrics) <= set(same[1].metrics):
            why = f"can be taken from {same[0].folder.name}"
            return PlannedTrial(trial, replace(progress, why=why), same)
        if progress.status is TrialStatus.missing and (older := self.older.get(trial.key)):
            names = differing(older[1].inputs, trial.inputs)
            why = f"{older[0].folder.name} has it with another {told(names, older[1].inputs, trial.inputs)}"
            return PlannedTrial(trial, TrialProgress(trial.key, TrialStatus.stale, why, older[1]))
        return planned


def _with_weights(ledger: Ledger, record: TrialRecord) -> bool:
    return has_weights(record, ledger.trial_folder(record.key))
