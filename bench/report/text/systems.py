"""What the systems of a protocol are, a line each, as its settings have it."""

from __future__ import annotations

from bench.protocol.schema import (
    MixtureSettings,
    OracleSettings,
    PriorSettings,
    Protocol,
    RandomSettings,
    RefinementSettings,
    SprmSettings,
    SystemSettings,
)
from sprm.settings import Negatives, Rules

RULES = {
    Rules.corrected: "the method as described, with the known defects of the authors' code mended",
    Rules.official: "the authors' code, with its defects reproduced",
}
NEGATIVES = {
    Negatives.most_similar: "the example of the batch whose sentence is most similar",
    Negatives.least_similar: "the example of the batch whose sentence is least similar",
    Negatives.next: "the following example of the batch",
    Negatives.all: "every other example of the batch",
    Negatives.cross_entropy: "every other image of the batch, by cross-entropy",
}


def systems(protocol: Protocol) -> list[str]:
    """Describe each system of a protocol in its order, then the rules they share."""
    return [
        *(f"{name}: {_description(settings)}." for name, settings in protocol.systems.items()),
        f"Rules of all: {protocol.rules}, that is {RULES[protocol.rules]}.",
    ]


def _description(settings: SystemSettings) -> str:
    match settings:
        case RandomSettings():
            return "the expectation of a box drawn at random"
        case OracleSettings():
            return "the best proposal, the upper bound that the boxes allow"
        case PriorSettings():
            return f"the untrained module alone, by word vectors of a phrase and of a box's label ({_prior(settings)})"
        case SprmSettings():
            return f"the prior and the trained module, mixed ({_mixture(settings)})"
        case RefinementSettings():
            return (
                "the trained module asked alone, that is with omega 1; it learns beside the prior "
                f"({_mixture(settings)})"
            )


def _mixture(settings: MixtureSettings) -> str:
    return (
        f"omega, the weight of the trained module, {settings.omega:g}; negatives {settings.negatives}, "
        f"{NEGATIVES[settings.negatives]}; in the prior, {_prior(settings)}"
    )


def _prior(settings: PriorSettings | MixtureSettings) -> str:
    words = "head words" if settings.heads else "all words"
    return f"{words} of a phrase, {'with' if settings.locations else 'without'} its location words"
