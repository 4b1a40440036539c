"""The protocol of runs that are merged.

Runs may differ in how many seeds they have, and in which systems: the merged run has the most seeds and all systems.
Crossed seeds may differ in how many subsets they have.
Whatever else changes a number has to be the same. That includes the list of fractions, since the images in a subset
depend on which other subsets are drawn.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from bench.protocol.claim import Claim
from bench.protocol.schema import Protocol
from bench.store.inputs import differing, run_inputs
from bench.store.preregistration import fingerprints
from bench.trials.status import told


def joint(protocols: Sequence[Protocol]) -> Protocol:
    """Join protocols that agree: all systems, the most seeds, and every claim whose name is not taken.

    Args:
        protocols: the first one's settings hold where they differ.
    """
    first = protocols[0]
    most = max(protocols, key=lambda each: each.trainings)
    systems = {name: settings for each in reversed(protocols) for name, settings in each.systems.items()}
    # In the order of the first.
    names = dict.fromkeys(name for each in protocols for name in each.systems)
    both = first.model_copy(
        update={
            "seeds": most.seeds,
            "sequential": first.sequential if first.trainings == most.trainings else most.sequential,
            "systems": {name: systems[name] for name in names},
            "claims": _claims(protocols),
        }
    )
    return Protocol.model_validate_json(json.dumps(both.model_dump(mode="json", exclude_none=True)), strict=True)


def disagreement(protocol: Protocol, whole: Protocol) -> str:
    """Say which settings of a run are not those of the protocol that it is merged into; empty when all are.

    Args:
        protocol: the run's.
        whole: the other.
    """
    own, asked = _settings(protocol), _settings(whole)
    asked["systems"] = {name: asked["systems"].get(name, {}) for name in own["systems"]}
    return told(differing(own, asked), own, asked)


def _settings(protocol: Protocol) -> dict[str, Any]:
    inputs = run_inputs(protocol, "")
    # Fractions are named by their labels, in which a dotted name would be ambiguous. Crossed seeds are numbered by how
    # many initialisations each subset has.
    numbered = {"initialisations": protocol.design.initialisations} if protocol.design.crossed else {}
    return {
        **inputs,
        "seeds": numbered,
        "fractions": list(inputs["fractions"]),
    }


def _claims(protocols: Sequence[Protocol]) -> tuple[Claim, ...]:
    """Return the claims of the first, and of the others those that are still the same claims beside them."""
    claims, metric = list(protocols[0].claims), protocols[0].metrics[0]
    for protocol in protocols[1:]:
        for name, own in fingerprints(protocol.claims, protocol.metrics[0]).items():
            claim = next(each for each in protocol.claims if each.name == name)
            known = fingerprints(claims, metric)
            about = claim.about
            if name in known or own in known.values() or (about is not None and about not in known):
                continue
            if fingerprints([*claims, claim], metric)[name] == own:
                claims.append(claim)
    return tuple(claims)
