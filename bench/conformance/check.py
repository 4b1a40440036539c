"""All checks of something by its name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.conformance.corpus import RULES, small_dataset
from bench.conformance.finding import Finding, findings
from bench.conformance.others import METRIC_CHECKS, STRATIFIER_CHECKS, Named
from bench.conformance.systems import CHECKS, CheckedSystem
from bench.protocol.diagnostics import FROM_ELSEWHERE, suggestion
from bench.protocol.load import load_text
from bench.protocol.stratifier import STRATA
from bench.protocol.yaml_source import dump
from bench.systems.registry import SYSTEMS
from bench.trials.computing import compute_on
from sprm.corpus.settings import Progress
from sprm.errors import ProtocolError
from sprm.evaluation.metric import METRICS
from sprm.settings import Device, Selection

_CHECKED = "checked"
"""Name of the system in the protocol that its settings are read from."""


def check(name: str, overrides: Sequence[str], cache: Path, progress: Progress) -> Iterator[Finding]:
    """Check a kind of system, a stratifier or a metric.

    Args:
        name: of it; a system goes before a stratifier of its name, and that before a metric.
        overrides: settings of a kind of system, each `key=value`.
        cache: the cache folder, where the small corpus is built.
        progress: told how far that is.

    Raises:
        ProtocolError: there is nothing of that name, or a setting is wrong.
    """
    if name in SYSTEMS.by_name():
        yield from _of_system(name, overrides, cache, progress)
        return
    if overrides:
        raise ProtocolError("--set needs a kind of system, which has settings")
    checks = STRATIFIER_CHECKS if name in STRATA.by_name() else METRIC_CHECKS if name in METRICS.by_name() else None
    if checks is None:
        known = [*SYSTEMS.by_name(), *STRATA.by_name(), *METRICS.by_name()]
        raise ProtocolError(
            f"KIND: no system, stratifier or metric is called {name!r}{suggestion(name, known)}{FROM_ELSEWHERE}"
        )
    yield from findings(checks, Named(name, small_dataset(cache, progress)))


def _of_system(kind: str, overrides: Sequence[str], cache: Path, progress: Progress) -> Iterator[Finding]:
    text = dump(
        {
            "name": _CHECKED,
            "rules": RULES.value,
            "device": Device.cpu.value,
            "fractions": [1],
            "systems": {_CHECKED: {"kind": kind}},
            # The last epoch's weights show all of what training did.
            "training": {"epochs": 2, "batch": 8, "learning_rate": 1e-3, "selection": Selection.last.value},
        }
    )
    settings = [f"systems.{_CHECKED}.{override}" for override in overrides]
    protocol = load_text(text, Path(kind), settings).protocol
    training = protocol.training_of(_CHECKED)
    compute_on(Device.cpu, 1 if training is None else training.threads)
    checked = CheckedSystem(protocol.system(_CHECKED), small_dataset(cache, progress), training)
    yield from findings(CHECKS, checked)
