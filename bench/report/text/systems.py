"""What the systems of a protocol are, a line each, as its settings have it."""

from __future__ import annotations

from bench.protocol.schema import Protocol
from bench.systems.system import Role, System
from bench.systems.trained import TrainedSystem
from bench.text.numbers import count, listed, setting
from sprm.settings import Rules, Selection, Siblings, Ties, ValidationImages

RULES = {
    Rules.corrected: "the method as described, with the known defects of the authors' code fixed",
    Rules.official: "the authors' code, including its defects",
}


TIES = {
    Ties.first: "Ties: the first tied box in the file",
    Ties.largest: "Ties: the largest tied box",
    Ties.shared: "Ties: shared evenly",
}


def systems(protocol: Protocol) -> list[str]:
    """Describe each system of a protocol in its order, then the rules they share."""
    return [
        *(
            ". ".join([f"{name}: {_described(protocol.system(name))}", *_training(name, protocol)]) + "."
            for name in protocol.systems
        ),
        f"Rules for all systems: {protocol.rules} ({RULES[protocol.rules]}).",
    ]


def _described(system: System) -> str:
    """Describe a system, with its rule for ties if it has many: if it is not trained, and chooses."""
    if system.stands_for is not Role.prior:
        return system.description
    untrained = isinstance(system, TrainedSystem)
    drawn = "not trained: it answers with the initial weights that each seed draws. The trained system is "
    start = drawn if untrained else ""
    return f"{start}{system.description}. {TIES[system.tie_rule]}"


def _training(name: str, protocol: Protocol) -> list[str]:
    """Say of a system's training whom it is contrasted with, and how long and on what its epochs are compared."""
    training = protocol.training_of(name)
    if training is None:
        return []
    said = []
    system = protocol.systems[name]
    if isinstance(system, TrainedSystem) and system.tune is not None:
        tried = listed(
            [f"{key.replace('_', ' ')} ({' or '.join(map(setting, values))})" for key, values in system.tune.items()]
        )
        said.append(f"Whatever is said here, each training has the best on the validation split's boxes of {tried}")
    if training.siblings is Siblings.excluded:
        said.append("Sentences of one image are not contrasted with each other")
    if training.steps_of_epoch is not None:
        steps = training.epochs * training.steps_of_epoch
        said.append(f"It takes {count(steps)} optimiser steps with every subset")
    if training.validation is ValidationImages.scaled and training.selection is not Selection.last:
        said.append("Its epochs are compared on a part of the validation images, in the proportion of the subset")
    return said
