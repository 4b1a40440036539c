"""What a protocol claims: named statements, each with the margin that decides it, fixed before the run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isclose
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import InitErrorDetails, PydanticCustomError

from bench.protocol.strict_model import FolderName
from sprm.settings import Settings


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


Text = Annotated[
    str, StringConstraints(min_length=1, max_length=1000, strip_whitespace=True), AfterValidator(_on_one_line)
]
"""A sentence or so, on one line."""
Portions = Sequence[float | int]
SAME = 1e-9
"""Relative difference within which one amount of data counts as a multiple of another."""


class NamedClaim(Settings):
    """What every claim has."""

    name: FolderName
    renders: Text | None = None
    """The sentence that the claim puts to the test, in its author's words."""


class BetterThanClaim(NamedClaim):
    """A trained system is more accurate than another by more than the margin, at every amount of data."""

    kind: Literal["better_than"]
    system: str
    """Name of a trained system of this protocol."""
    rival: str
    """Name of another system of this protocol, trained or not."""
    margin: float = Field(0.0, ge=0, lt=1)
    """Lead that does not yet count, as a share of accuracy: 0 for any lead."""
    at: tuple[float | int, ...] | None = Field(None, min_length=1)
    """Fractions or shots of the protocol; all of them when left out."""


class CompetitiveClaim(NamedClaim):
    """A system trained on some fraction of the data loses less than the margin against training on all of it."""

    kind: Literal["competitive"]
    system: str
    """Name of a trained system of this protocol."""
    margin: float = Field(ge=0, lt=1)
    """Loss of accuracy that no longer counts as competitive, in [0, 1): 0.02 is two points."""
    up_to: float | int | None = None
    """Largest of the protocol's fractions or shots that counts as a small one; any below the largest when left out."""


class RetainsClaim(NamedClaim):
    """A system trained on a fraction of the data keeps more than a share of what training on all of it gains."""

    kind: Literal["retains"]
    system: str
    """Name of a trained system of this protocol."""
    rival: str
    """Name of the system over which the gain is counted, as a rule the prior."""
    at: float | int
    """One of the protocol's fractions or shots, below the largest."""
    share: float = Field(gt=0, lt=1)
    """Share of the gain to be kept, in (0, 1): 0.8 is four fifths."""


class AboveReferenceClaim(NamedClaim):
    """A system trained on all the data is more accurate than a published number by more than the margin."""

    kind: Literal["above_reference"]
    system: str
    """Name of a trained system of this protocol."""
    reference: float = Field(gt=0, lt=1)
    """The published accuracy, as a share: 0.6143 is 61.43 %."""
    source: Text
    """Who published it, of which method."""
    corpus: Literal["flickr30k", "referit"]
    """The corpus that it was measured on."""
    split: Literal["val", "test"]
    """The split that it was measured on."""
    images: int | None = Field(None, ge=1)
    """Images of that split; a run whose test images are others in number by more than a twentieth is not held against
    it. Left out, only the kind of corpus and the split count."""
    margin: float = Field(0.0, ge=0, lt=1)
    """Lead that does not yet count, as a share of accuracy."""


class MoreEfficientClaim(NamedClaim):
    """A rival needs more than so many times the data to be as accurate, at every amount where this can be measured."""

    kind: Literal["more_efficient"]
    system: str
    """Name of a trained system of this protocol."""
    rival: str
    """Name of another trained system of this protocol."""
    factor: float = Field(ge=1, allow_inf_nan=False)
    """How many times more data the rival has. Some two fractions or shots of the protocol have to be this far apart."""


class RobustClaim(NamedClaim):
    """The verdict on another claim is the same when each of some control systems takes the place of its own."""

    kind: Literal["robust"]
    claim: str
    """Name of a claim of this protocol that stands before this one."""
    controls: tuple[str, ...] = Field(min_length=1)
    """Names of trained systems of this protocol: the claim's own, trained otherwise."""


SystemClaim: TypeAlias = BetterThanClaim | CompetitiveClaim | RetainsClaim | AboveReferenceClaim | MoreEfficientClaim
"""A claim about a system; only these can be held under controls."""
Claim: TypeAlias = SystemClaim | RobustClaim


def portions_apart(portions: Portions, factor: float) -> list[tuple[float | int, float | int]]:
    """Return every two amounts of data of which the second is so many times the first, ascending."""
    return [(less, more) for less in portions for more in portions if isclose(more, factor * less, rel_tol=SAME)]


def mistakes(claims: Sequence[Claim], systems: Mapping[str, bool], portions: Portions) -> list[InitErrorDetails]:
    """Return what is wrong with claims in the light of the rest of their protocol, each at its own key.

    Args:
        claims: as they were written.
        systems: by name, whether a system is trained.
        portions: fractions or shots of the protocol, ascending.
    """
    found: list[InitErrorDetails] = []
    for number, claim in enumerate(claims):
        earlier = {one.name: one for one in claims[:number]}
        if claim.name in earlier:
            found.append(_mistake((number, "name"), claim.name, "each claim needs a name of its own"))
        if isinstance(claim, RobustClaim):
            found += _of_control(number, claim, earlier, systems)
        else:
            found += _of_systems(number, claim, systems)
            found += _of_amounts(number, claim, portions)
    return found


def _of_systems(number: int, claim: SystemClaim, systems: Mapping[str, bool]) -> Iterator[InitErrorDetails]:
    trained = [name for name, is_trained in systems.items() if is_trained]
    if claim.system not in trained:
        yield _mistake((number, "system"), claim.system, _one_of(trained, "a trained system"))
    if isinstance(claim, BetterThanClaim | RetainsClaim | MoreEfficientClaim):
        among = trained if isinstance(claim, MoreEfficientClaim) else systems
        rivals = [name for name in among if name != claim.system]
        if claim.rival not in rivals:
            yield _mistake((number, "rival"), claim.rival, _one_of(rivals, "another system"))


def _of_amounts(number: int, claim: SystemClaim, portions: Portions) -> Iterator[InitErrorDetails]:
    if isinstance(claim, BetterThanClaim) and claim.at is not None:
        for place, portion in enumerate(claim.at):
            if portion not in portions:
                yield _mistake((number, "at", place), portion, _one_number(portions, "an amount of data"))
            elif portion in claim.at[:place]:
                yield _mistake((number, "at", place), portion, "each amount may be given once")
    if isinstance(claim, CompetitiveClaim) and claim.up_to is not None and claim.up_to not in portions[:-1]:
        message = _one_number(portions[:-1], "an amount of data below the largest")
        yield _mistake((number, "up_to"), claim.up_to, message)
    if isinstance(claim, RetainsClaim) and claim.at not in portions[:-1]:
        message = _one_number(portions[:-1], "an amount of data below the largest")
        yield _mistake((number, "at"), claim.at, message)
    if isinstance(claim, MoreEfficientClaim) and not portions_apart(portions, claim.factor):
        ratios = sorted({float(f"{more / less:.10g}") for less in portions for more in portions if less <= more})
        yield _mistake((number, "factor"), claim.factor, _one_number(ratios, "the ratio of two amounts of data"))


def _of_control(
    number: int, claim: RobustClaim, earlier: Mapping[str, Claim], systems: Mapping[str, bool]
) -> Iterator[InitErrorDetails]:
    about_systems = {name: one for name, one in earlier.items() if not isinstance(one, RobustClaim)}
    if claim.claim not in about_systems:
        yield _mistake((number, "claim"), claim.claim, _one_of(about_systems, "an earlier claim about a system"))
    about = about_systems.get(claim.claim)
    own = set() if about is None else {about.system, getattr(about, "rival", None)}
    others = [name for name, is_trained in systems.items() if is_trained and name not in own]
    for place, control in enumerate(claim.controls):
        if control not in others:
            yield _mistake((number, "controls", place), control, _one_of(others, "another trained system"))
        elif control in claim.controls[:place]:
            yield _mistake((number, "controls", place), control, "each control may be given once")


def _one_of(names: Iterable[str], what: str) -> str:
    listed = " or ".join(f"'{name}'" for name in names)
    return f"expected {listed}" if listed else f"expected {what}, and there is none"


def _one_number(numbers: Portions, what: str) -> str:
    listed = ", ".join(f"{number:.10g}" for number in numbers)
    return f"expected {what} ({listed})" if listed else f"expected {what}, and there is none"


def _mistake(location: tuple[int | str, ...], given: object, message: str) -> InitErrorDetails:
    # Braces would be read as places to fill in.
    error = PydanticCustomError("claim", "{message}", {"message": message})
    return {"type": error, "loc": location, "input": given}
