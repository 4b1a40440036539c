"""What a trial's outcome depends on, and the hash that stands for it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from bench.protocol.schema import Protocol
from bench.protocol.seeds import CrossedSeeds
from bench.protocol.stratifier import STRATA
from bench.store.provenance import package_version
from bench.store.stored_model import SCHEMA_VERSION
from bench.systems.registry import identity_of
from sprm.evaluation.metric import METRICS
from sprm.settings import Ties, TrainingSettings

_LATER = ("steps", "siblings", "validation")
"""Training values that results from before they were there lack; they stay valid for what is the default now."""


def run_inputs(protocol: Protocol, corpus: str) -> dict[str, Any]:
    """Return all that changes any number of a run: claims, paths and workers do not count.

    Args:
        protocol: what is run.
        corpus: fingerprint of the dataset that it is run on.
    """
    return {
        "schema": SCHEMA_VERSION,
        "package": package_version(),
        "corpus": corpus,
        "rules": protocol.rules,
        "strata": _strata(protocol.strata),
        "fractions": protocol.fraction_labels,
        "seeds": protocol.seeds.model_dump() if isinstance(protocol.seeds, CrossedSeeds) else protocol.seeds,
        "systems": {name: system_inputs(protocol, name) for name in protocol.systems},
        # The same amounts may be fractions of other corpora.
        **({} if protocol.sizes is None else {"sizes": {size: protocol.labels_at(size) for size in protocol.sizes}}),
        **_metrics(),
    }


def trial_inputs(
    protocol: Protocol,
    system: str,
    seed: int,
    *,
    corpus: str,
    subset: str | None,
    package: str | None = None,
    of_system: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return all that a trial's outcome depends on.

    Args:
        protocol: what is run.
        system: the system's name in it.
        seed: number of the training. Crossed with others, its initialisation alone counts beside the subset, so that it
            is the same trial as one of a design without crossing that has the same.
        corpus: fingerprint of the dataset.
        subset: sha256 of the training subset's id list, whatever the protocol calls it; None for an untrained system.
        package: version of this package; by default the one that runs.
        of_system: what `system_inputs` says of the system, for whoever asks for many of its trials.
    """
    return {
        "schema": SCHEMA_VERSION,
        "package": package or package_version(),
        "corpus": corpus,
        "rules": protocol.rules.value,
        **(system_inputs(protocol, system) if of_system is None else of_system),
        "seed": protocol.design.initialisation_of(seed),
        "subset": subset,
        **_metrics(),
    }


def _strata(name: str) -> str | dict[str, str]:
    """Name a stratifier; one from elsewhere with the hash of its code."""
    code = STRATA.code_of(STRATA.by_name()[name].of_images)
    return name if code is None else {"name": name, "code": code}


def _metrics() -> dict[str, Any]:
    """Return the hash of the code of each metric from elsewhere, by which the answers of a trial are judged, too."""
    code = {name: METRICS.code_of(metric.of_boxes) for name, metric in METRICS.of_phrases().items()}
    elsewhere = {name: each for name, each in code.items() if each is not None}
    return {"metrics": elsewhere} if elsewhere else {}


def fingerprint(inputs: Mapping[str, Any]) -> str:
    """sha256 over inputs, in whatever order they are given."""
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


def differing(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Return the dotted names of what differs between two trials' inputs, in alphabetical order."""
    if then == now:
        return []
    before, after = _flat(then), _flat(now)
    return [name for name in sorted({*before, *after}) if before.get(name) != after.get(name)]


def _flat(inputs: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in inputs.items():
        flat.update(_flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: value})
    return flat


def system_inputs(protocol: Protocol, name: str) -> dict[str, Any]:
    """Return what the outcome of each of a system's trials depends on."""
    training = protocol.training_of(name)
    system = protocol.system(name)
    # Results from before there was another rule stay valid.
    ties = {} if system.tie_rule is Ties.first else {"ties": system.tie_rule.value}
    if training is None:
        return {"system": identity_of(system), **ties, "training": None}
    later = {name for name in _LATER if getattr(training, name) == TrainingSettings.model_fields[name].default}
    values = {**training.model_dump(mode="json", exclude=later), "device": protocol.device.value}
    return {"system": identity_of(system), **ties, "training": values}
