"""What each trained system was given, so that a comparison can be seen to be fair: steps, data, boxes, tries, time."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import groupby

import numpy as np
import pandas as pd

from bench.report.analyse import Analysis
from bench.report.tables.table import Table
from bench.report.text.throughput import trained_records
from bench.store.records import Candidate, TrialRecord
from bench.systems.trained import TrainedSystem
from bench.text.numbers import NONE, count, percent, setting
from bench.trials.jobs import training_of
from sprm.settings import TrainingSettings


@dataclass(frozen=True)
class _Given:
    """What a trained system was given at one amount of data: means over its seeds."""

    system: str
    training_images: int
    seeds: int
    settings: str
    parameters: float | None
    steps: float
    sentences_seen: float
    selection_boxes: float | None
    candidates: int
    seconds: float


def fair_play(analysis: Analysis) -> Table:
    """What each trained system was given at the largest amount of data; the data have every amount."""
    found = list(_given(analysis))
    largest = {own.system: own for own in sorted(found, key=lambda own: own.training_images)}
    rows = tuple(
        (
            own.system,
            own.settings,
            _number(own.parameters),
            count(round(own.steps)),
            count(round(own.sentences_seen)),
            _number(own.selection_boxes),
            count(own.candidates),
            f"{own.seconds:.1f}",
        )
        for own in found
        if own is largest[own.system]
    )
    return Table(
        name="fair_play",
        caption=(
            "What each trained system was given at its largest amount of data, averaged over the seeds. Steps, "
            "sentences and seconds are those of all values that were tried, whole also where a training answers "
            "several systems. Parameters: numbers trained, tables of word vectors apart. Boxes: annotated boxes by "
            "which epochs and values were chosen. Tried: combinations of values for each training; what was tried "
            "before the study stands in the comments of its protocol. Settings: where a value is not that of the "
            "method's authors, theirs stands in square brackets."
        ),
        header=("System", "Settings", "Parameters", "Steps", "Sentences seen", "Boxes", "Tried", "Seconds"),
        words=2,
        rows=rows,
        data=pd.DataFrame(map(asdict, found)),
    )


def tuning(analysis: Analysis) -> Table:
    """What the values that were tried came to on the validation split, and which were chosen."""
    rows, data = [], []
    for (system, images), records in _groups(analysis):
        tried = [record.candidates for record in records if record.candidates is not None]
        if not tried:
            continue
        chosen = [_values(one) for own in tried for one in own if one.chosen]
        numbers = pd.Series(chosen).value_counts(sort=False)
        best, worst = ([pick(one.val_accuracy for one in own) for own in tried] for pick in (max, min))
        told = ", ".join(f"{values} ({times} of {len(chosen)})" for values, times in numbers.items())
        accuracies = percent(float(np.mean(best))), percent(float(np.mean(worst)))
        rows.append((system, count(images), count(len(tried[0])), told, *accuracies))
        data += [
            {"system": system, "training_images": images, "seed": record.seed, "values": _values(one)}
            | {"val_accuracy": one.val_accuracy, "epoch": one.epoch, "steps": one.steps, "is_chosen": one.chosen}
            for record in records
            for one in record.candidates or ()
        ]
    return Table(
        name="tuning",
        caption=(
            "Values that were tried, chosen for each training by accuracy on the validation split's boxes. Chosen: how "
            "many trainings chose each. Best and worst: validation accuracy of the best and the worst values, in "
            "percent, averaged over the seeds; the best is too high, as it was chosen."
        ),
        header=("System", "Images", "Tried", "Chosen", "Best", "Worst"),
        rows=tuple(rows),
        data=pd.DataFrame(data),
    )


def _groups(analysis: Analysis) -> Iterator[tuple[tuple[str, int], list[TrialRecord]]]:
    """Yield the records of each trained system and amount of data, in the protocol's order."""
    order = list(analysis.protocol.systems)
    ordered = sorted(trained_records(analysis), key=lambda record: (order.index(record.system), record.images))
    for key, records in groupby(ordered, key=lambda record: (record.system, record.images)):
        yield key, list(records)


def _given(analysis: Analysis) -> Iterator[_Given]:
    whole, trainings = _with_their_time(analysis)
    for (system, images), records in _groups(analysis):
        settings = analysis.protocol.systems[system]
        assert isinstance(settings, TrainedSystem)
        steps = [sum(one.steps for one in record.candidates or ()) or record.steps for record in records]
        # A training that answers several trials is told of by one of them, and was given to all.
        taught = [trainings.get(_training(record, analysis), record) for record in records]
        own = [whole[record.fingerprint] for record in records]
        beside = [0.0 if each.sentences_seen else first.seconds_steps for each, first in zip(own, taught, strict=True)]
        seconds = [each.seconds + steps for each, steps in zip(own, beside, strict=True)]
        yield _Given(
            system=system,
            training_images=images,
            seeds=len(records),
            settings=_settings(settings, settings.training_values(analysis.protocol.training)),
            parameters=_mean(record.parameters for record in records),
            steps=float(np.mean(steps)),
            sentences_seen=float(np.mean([record.sentences_seen for record in taught])),
            selection_boxes=_mean(record.selection_boxes for record in records),
            candidates=len(settings.candidates),
            seconds=float(np.mean(seconds)),
        )


def _mean(numbers: Iterable[int | None]) -> float | None:
    """Return the mean of what records tell; None where one of them is of a version that did not tell."""
    told = list(numbers)
    return None if None in told else float(np.mean([number for number in told if number is not None]))


def _number(mean: float | None) -> str:
    return NONE if mean is None else count(round(mean))


def _training(record: TrialRecord, analysis: Analysis) -> Hashable:
    return training_of(analysis.protocol.systems[record.system], record.inputs, record.fingerprint)


def _with_their_time(analysis: Analysis) -> tuple[dict[str, TrialRecord], dict[Hashable, TrialRecord]]:
    """Return, of trials that are one, the record with its time, by fingerprint; and of each training that with its."""
    records = sorted(trained_records(analysis), key=lambda record: record.seconds)
    taught = {_training(record, analysis): record for record in records if record.sentences_seen}
    return {record.fingerprint: record for record in records}, taught


def _values(candidate: Candidate) -> str:
    return setting(candidate.values)


def _settings(system: TrainedSystem, training: TrainingSettings) -> str:
    """Say how a system was trained, and how otherwise its authors did."""
    parts = []
    for name in ("learning_rate", "batch", "epochs"):
        own, theirs = getattr(training, name), None if system.authors is None else getattr(system.authors, name)
        is_tuned = name in (system.tune or ())
        beside = "" if theirs is None or (theirs == own and not is_tuned) else f" [{setting(theirs)}]"
        parts.append(f"{name.replace('_', ' ')} {'tuned' if is_tuned else setting(own)}{beside}")
    steps = [] if training.steps is None else [f"{count(training.steps)} steps in all"]
    told = ", ".join([*parts, *steps])
    if system.authors is None:
        return told
    return f"{told}. Authors: {system.authors.source}; which epoch they take: {system.authors.selection}"
