"""What a protocol's seeds and test images can show of its claims, told before they are spent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from bench.analysis.evidence import Evidence, read_evidence
from bench.protocol.claim import Surroundings
from bench.protocol.load import load
from bench.protocol.schema import Protocol
from bench.stats import Look, VarianceComponents
from bench.stats.outcomes.group_sequential import ONCE
from bench.verdicts.hypothesis import Hypothesis
from bench.verdicts.judge import judge, testable
from bench.verdicts.power import Power, power_of
from bench.verdicts.verdict import SystemClaim, Verdict
from sprm.errors import ResultsError

ONE_AMOUNT = "there is one amount of training data, so there is nothing to compare it with"


@dataclass(frozen=True)
class PlannedPower:
    """The power of one comparison that a claim hangs on.

    Attributes:
        claim: the claim's name.
        comparison: training images of one side and the other.
        power: what the comparison can show.
    """

    claim: str
    comparison: str
    power: Power


@dataclass(frozen=True)
class PlannedStudy:
    """What a protocol's seeds and test images can show.

    Attributes:
        seeds: of the protocol; of crossed ones those of which no two share a subset or an initialisation.
        trainings: of each trained system on each amount of data.
        images: test images.
        comparisons: behind the claims, in their order.
        unknown: of the claims without a comparison, by name, why there is none.
    """

    seeds: int
    trainings: int
    images: int
    comparisons: tuple[PlannedPower, ...]
    unknown: dict[str, str]


def power_from_pilot(protocol: Protocol, pilot: Path, images: int) -> PlannedStudy:
    """Find the power of a protocol's claims, their spread being that of an earlier run.

    Args:
        protocol: what is planned; its number of seeds counts, not the pilot's.
        pilot: a run folder; of its amounts of data those count that are planned, and what a claim needs and the pilot
            lacks is reported.
        images: test images of the corpus.

    Raises:
        ResultsError: the folder is not a run's, or has no complete trial.
    """
    if not (pilot / "protocol.yaml").is_file():
        raise ResultsError(f"{pilot}: not a run folder: it has no protocol.yaml")
    lent = load(pilot / "protocol.yaml").protocol.model_copy(update={"metrics": protocol.metrics})
    evidence = _as_planned(protocol, read_evidence(pilot, lent))
    if not evidence.fractions:
        raise ResultsError(f"{pilot}: it has none of the planned fractions, so it cannot be a pilot")
    systems = {name: name in evidence.protocol.trained for name in evidence.protocol.systems}
    surroundings = Surroundings(systems, tuple(evidence.protocol.claimable), {})
    comparisons, unknown = [], _without_plan(protocol)
    for claim in _of_systems(protocol):
        if wrong := next(claim.mistakes(surroundings), None):
            unknown[claim.name] = f"{pilot.name} cannot be its pilot, {wrong.key[0]} {wrong.given}: {wrong.message}"
        elif why := claim.untestable_on(protocol.corpus.kind, images):
            unknown[claim.name] = why
        else:
            (verdict,) = judge([claim.on_any_images()], evidence)
            comparisons += list(_of_verdict(verdict, protocol, images))
            if not verdict.hypotheses:
                unknown[claim.name] = verdict.untestable or ONE_AMOUNT
    return PlannedStudy(protocol.independent_seeds, protocol.trainings, images, tuple(comparisons), unknown)


def power_from_spread(protocol: Protocol, components: VarianceComponents, images: int) -> PlannedStudy:
    """Find the power of a protocol's claims, the spread of every comparison being as stated.

    Args:
        protocol: what is planned.
        components: standard deviations of the difference of two systems, as shares.
        images: test images of the corpus.
    """
    claims = _of_systems(protocol)
    unknown = _without_plan(protocol)
    unknown |= {claim.name: why for claim in claims if (why := claim.untestable_on(protocol.corpus.kind, images))}
    fractions = tuple(protocol.claimable)
    comparisons = tuple(
        PlannedPower(
            claim.name,
            "any",
            power_of(components, protocol.independent_seeds, images, *claim.planned_test(fractions), _look(protocol)),
        )
        for claim in claims
        if claim.name not in unknown
    )
    return PlannedStudy(protocol.independent_seeds, protocol.trainings, images, comparisons, unknown)


def _as_planned(protocol: Protocol, pilot: Evidence) -> Evidence:
    """Narrow a pilot to the amounts of data that are planned, and put it on the planned corpus.

    It only lends its spread: what is planned is held against a published number.
    """
    labels = {value: label for value, label in protocol.claimable.items() if label in pilot.fractions}
    kept = tuple(labels) or None
    in_fractions = protocol.fractions is not None
    narrowed = pilot.protocol.model_copy(
        update={
            "corpus": protocol.corpus,
            "fractions": kept if in_fractions else None,
            "shots": None if in_fractions else kept,
            "sizes": None if protocol.sizes is None else protocol.sizes[-1:],
            "sequential": None,
        }
    )
    return replace(pilot, protocol=narrowed, fractions={label: pilot.fractions[label] for label in labels.values()})


def _of_systems(protocol: Protocol) -> list[SystemClaim]:
    """Return the claims that are tested by outcomes; one about another claim has the power of that one."""
    return [claim for claim in map(testable, protocol.claims) if isinstance(claim, SystemClaim)]


def _without_plan(protocol: Protocol) -> dict[str, str]:
    """Return why there is no plan of some claims, by name; one about another claim goes without saying."""
    others = (claim for claim in protocol.claims if claim.about is None and not isinstance(claim, SystemClaim))
    return {claim.name: f"the power of claims of the kind {claim.kind} is not known" for claim in others}


def _look(protocol: Protocol) -> Look:
    """Return the look at which a study has all its seeds; that there are earlier ones only adds to its power."""
    plan = protocol.sequential
    return ONCE if plan is None else Look(plan.looks, len(plan.looks))


def _of_verdict(verdict: Verdict, protocol: Protocol, images: int) -> Iterator[PlannedPower]:
    if verdict.power is None:
        return
    for hypothesis in verdict.hypotheses:
        # The pilot was tested once, so this is the level of the whole plan.
        alpha, effect = verdict.power.alpha, verdict.power.effect
        power = power_of(hypothesis.components, protocol.independent_seeds, images, alpha, effect, _look(protocol))
        yield PlannedPower(verdict.claim.name, _comparison(hypothesis), power)


def _comparison(hypothesis: Hypothesis) -> str:
    images = f"{hypothesis.fraction.images:,}"
    return images if hypothesis.against is None else f"{images} against {hypothesis.against.images:,}"
