"""What a protocol's seeds and test images can show of its claims, told before they are spent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import nan
from pathlib import Path

from bench.analysis.evidence import read_evidence
from bench.analysis.verdicts import Hypothesis, Power, Verdict, judge, power_of
from bench.analysis.verdicts.above_reference import not_comparable
from bench.analysis.verdicts.lead import ALPHA as TWO_SIDED
from bench.claims import AboveReferenceClaim, Claim, CompetitiveClaim, RobustClaim, SystemClaim, mistakes
from bench.protocol import Protocol
from bench.stats import VarianceComponents
from bench.stats.non_inferiority import ALPHA as ONE_SIDED
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
        pilot: a run folder whose systems and amounts of data include those of the claims.
        images: test images of the corpus.

    Raises:
        ResultsError: the folder is not a run's, has no complete trial, or lacks a system or an amount of data.
    """
    if not (pilot / "protocol.yaml").is_file():
        raise ResultsError(f"{pilot}: not a run's folder, it has no protocol.yaml")
    evidence, claims = read_evidence(pilot), _of_systems(protocol)
    trained = {name: name in evidence.protocol.trained for name in evidence.protocol.systems}
    if wrong := mistakes(claims, trained, tuple(evidence.protocol.portions.values())):
        number, key, *_ = wrong[0]["loc"]
        raise ResultsError(
            f"{pilot}: cannot be the pilot of claim {claims[int(number)].name}, {key} {wrong[0]['input']}: "
            f"{wrong[0]['type']}"
        )
    # What is planned is held against a published number, and the pilot only lends its spread.
    planned_on = evidence.protocol.model_copy(update={"corpus": protocol.corpus})
    verdicts = judge(claims, replace(evidence, protocol=planned_on))
    return PlannedStudy(
        protocol.seeds,
        images,
        tuple(planned for verdict in verdicts for planned in _of_verdict(verdict, protocol.seeds, images)),
        {one.claim.name: one.untestable or ONE_AMOUNT for one in verdicts if not one.hypotheses},
    )


def power_from_spread(protocol: Protocol, components: VarianceComponents, images: int) -> PlannedStudy:
    """Find the power of a protocol's claims, the spread of every comparison being as stated.

    Args:
        protocol: what is planned.
        components: standard deviations of the difference of two systems, as shares.
        images: test images of the corpus.
    """
    claims = _of_systems(protocol)
    unknown = {
        claim.name: why
        for claim in claims
        if isinstance(claim, AboveReferenceClaim) and (why := not_comparable(claim, protocol.corpus.kind)) is not None
    }
    comparisons = tuple(
        PlannedPower(claim.name, "any", power_of(components, protocol.seeds, images, *_test_of(claim)))
        for claim in claims
        if claim.name not in unknown
    )
    return PlannedStudy(protocol.seeds, images, comparisons, unknown)


def _of_systems(protocol: Protocol) -> list[SystemClaim]:
    """Return the claims that are tested by outcomes; one about another claim has the power of that one."""
    return [claim for claim in protocol.claims if not isinstance(claim, RobustClaim)]


def _of_verdict(verdict: Verdict, seeds: int, images: int) -> Iterator[PlannedPower]:
    effect = nan if verdict.power is None else verdict.power.effect
    alpha, _ = _test_of(verdict.claim)
    for one in verdict.hypotheses:
        yield PlannedPower(verdict.claim.name, _comparison(one), power_of(one.components, seeds, images, alpha, effect))


def _test_of(claim: Claim) -> tuple[float, float]:
    """Return the one-sided risk of a claim's tests, and the effect that it implies before any outcome; NaN if none."""
    return (ONE_SIDED, claim.margin) if isinstance(claim, CompetitiveClaim) else (TWO_SIDED / 2, nan)


def _comparison(one: Hypothesis) -> str:
    images = f"{one.portion.images:,}"
    return images if one.against is None else f"{images} against {one.against.images:,}"
