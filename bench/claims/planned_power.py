"""What a protocol's seeds and test images can show of its claims, told before they are spent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import nan
from pathlib import Path

from bench.analysis.evidence import Evidence, read_evidence
from bench.claims.above_reference import not_comparable
from bench.claims.judge import judge
from bench.claims.power import Power, power_of
from bench.claims.verdict import Hypothesis, Verdict
from bench.protocol.claims import (
    AboveReferenceClaim,
    BetterThanClaim,
    Claim,
    CompetitiveClaim,
    MoreEfficientClaim,
    Portions,
    RobustClaim,
    SystemClaim,
    mistakes,
    portions_apart,
)
from bench.protocol.schema import Protocol
from bench.stats import VarianceComponents
from bench.stats.outcomes.non_inferiority import ALPHA as ONE_SIDED
from bench.stats.outcomes.two_way import LEVEL
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
        seeds: of the protocol.
        images: test images.
        comparisons: behind the claims, in their order.
        unknown: of the claims without a comparison, by name, why there is none.
    """

    seeds: int
    images: int
    comparisons: tuple[PlannedPower, ...]
    unknown: dict[str, str]


def power_from_pilot(protocol: Protocol, pilot: Path, images: int) -> PlannedStudy:
    """Find the power of a protocol's claims, their spread being that of an earlier run.

    Args:
        protocol: what is planned; its number of seeds counts, not the pilot's.
        pilot: a run folder; of its amounts of data those count that are planned, and what a claim needs and the pilot
            lacks is told.
        images: test images of the corpus.

    Raises:
        ResultsError: the folder is not a run's, or has no complete trial.
    """
    if not (pilot / "protocol.yaml").is_file():
        raise ResultsError(f"{pilot}: not a run's folder, it has no protocol.yaml")
    evidence = _as_planned(protocol, read_evidence(pilot))
    systems = {name: name in evidence.protocol.trained for name in evidence.protocol.systems}
    portions = tuple(evidence.protocol.portions.values())
    comparisons, unknown = [], {}
    for claim in _of_systems(protocol):
        if wrong := mistakes([claim], systems, portions):
            key, given = wrong[0]["loc"][1], wrong[0]["input"]
            unknown[claim.name] = f"{pilot.name} cannot be its pilot, {key} {given}: {wrong[0]['type']}"
        elif why := _not_applicable(claim, protocol, images):
            unknown[claim.name] = why
        else:
            (verdict,) = judge([_on_any_images(claim)], evidence)
            comparisons += list(_of_verdict(verdict, protocol.seeds, images))
            if not verdict.hypotheses:
                unknown[claim.name] = verdict.untestable or ONE_AMOUNT
    return PlannedStudy(protocol.seeds, images, tuple(comparisons), unknown)


def power_from_spread(protocol: Protocol, components: VarianceComponents, images: int) -> PlannedStudy:
    """Find the power of a protocol's claims, the spread of every comparison being as stated.

    Args:
        protocol: what is planned.
        components: standard deviations of the difference of two systems, as shares.
        images: test images of the corpus.
    """
    claims = _of_systems(protocol)
    unknown = {claim.name: why for claim in claims if (why := _not_applicable(claim, protocol, images))}
    portions = tuple(protocol.portions.values())
    comparisons = tuple(
        PlannedPower(claim.name, "any", power_of(components, protocol.seeds, images, *_test_of(claim, portions)))
        for claim in claims
        if claim.name not in unknown
    )
    return PlannedStudy(protocol.seeds, images, comparisons, unknown)


def _as_planned(protocol: Protocol, pilot: Evidence) -> Evidence:
    """Narrow a pilot to the amounts of data that are planned, and put it on the planned corpus.

    It only lends its spread: what is planned is held against a published number.
    """
    shared = [label for label in protocol.portions if label in pilot.portions]
    kept = tuple(value for label, value in protocol.portions.items() if label in shared) or None
    in_fractions = protocol.fractions is not None
    narrowed = pilot.protocol.model_copy(
        update={
            "corpus": protocol.corpus,
            "fractions": kept if in_fractions else None,
            "shots": None if in_fractions else kept,
        }
    )
    return replace(pilot, protocol=narrowed, portions={label: pilot.portions[label] for label in shared})


def _not_applicable(claim: Claim, protocol: Protocol, images: int) -> str | None:
    if isinstance(claim, AboveReferenceClaim):
        return not_comparable(claim, protocol.corpus.kind, images)
    return None


def _on_any_images(claim: SystemClaim) -> SystemClaim:
    """Take from a claim how many images its number is of: the planned ones count, and not those of the pilot."""
    return claim.model_copy(update={"images": None}) if isinstance(claim, AboveReferenceClaim) else claim


def _of_systems(protocol: Protocol) -> list[SystemClaim]:
    """Return the claims that are tested by outcomes; one about another claim has the power of that one."""
    return [claim for claim in protocol.claims if not isinstance(claim, RobustClaim)]


def _of_verdict(verdict: Verdict, seeds: int, images: int) -> Iterator[PlannedPower]:
    effect = nan if verdict.power is None else verdict.power.effect
    for one in verdict.hypotheses:
        alpha = ONE_SIDED if isinstance(verdict.claim, CompetitiveClaim) else LEVEL / 2 / verdict.family
        yield PlannedPower(verdict.claim.name, _comparison(one), power_of(one.components, seeds, images, alpha, effect))


def _test_of(claim: Claim, portions: Portions) -> tuple[float, float]:
    """Return the one-sided risk of a claim's tests, and the effect that it implies before any outcome; NaN if none."""
    if isinstance(claim, CompetitiveClaim):
        return ONE_SIDED, claim.margin
    family = 1
    if isinstance(claim, BetterThanClaim):
        family = len(claim.at or portions)
    elif isinstance(claim, MoreEfficientClaim):
        family = len(portions_apart(portions, claim.factor))
    return LEVEL / 2 / family, nan


def _comparison(one: Hypothesis) -> str:
    images = f"{one.portion.images:,}"
    return images if one.against is None else f"{images} against {one.against.images:,}"
