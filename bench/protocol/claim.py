"""What a protocol claims: named statements, each with the margin that decides it, fixed before the run."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, NamedTuple, TypeAlias

from pydantic import AfterValidator, StringConstraints
from pydantic_core import InitErrorDetails, PydanticCustomError

from bench.protocol.strict_model import FolderName
from sprm.corpus.sources.registry import SOURCES
from sprm.registry import Kinds
from sprm.settings import Settings

NO_SUCH_FRACTION = "no_such_fraction"
"""Type of the errors that a claim makes when its protocol lacks a fraction, or the claim that it is about."""


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


Text = Annotated[
    str, StringConstraints(min_length=1, max_length=1000, strip_whitespace=True), AfterValidator(_on_one_line)
]
"""A sentence or so, on one line."""
Fractions: TypeAlias = Sequence[float | int]
"""Fractions or shots of a protocol, ascending."""


class Mistake(NamedTuple):
    """What is wrong with a claim in the light of the rest of its protocol.

    Attributes:
        key: where in the claim: a key, and a place in its list if it has one.
        given: what stands there.
        message: what was expected.
        of_fraction: whether it is for want of a fraction, or of the claim that it is about.
    """

    key: tuple[int | str, ...]
    given: object
    message: str
    of_fraction: bool = False


@dataclass(frozen=True)
class Surroundings:
    """What a claim can be about.

    Attributes:
        systems: of the protocol by name, whether each is trained.
        fractions: of the protocol.
        earlier: claims that stand before it, by name.
    """

    systems: Mapping[str, bool]
    fractions: Fractions
    earlier: Mapping[str, Claim]

    @property
    def trained(self) -> list[str]:
        """Names of the systems that are trained."""
        return [name for name, is_trained in self.systems.items() if is_trained]

    def below_the_largest(self, key: str, given: float | int) -> Iterator[Mistake]:
        """Yield the mistake that a value is no fraction below the largest."""
        if given not in self.fractions[:-1]:
            expected = one_number(self.fractions[:-1], "a fraction below the largest")
            yield Mistake((key,), given, expected, of_fraction=True)


class Claim(Settings):
    """What every claim has in a protocol; how it is tested is the matter of `bench.verdicts.verdict.TestableClaim`."""

    kind: str
    name: FolderName
    renders: Text | None = None
    """The sentence that the claim puts to the test, in its author's words."""
    renders_on: str | None = None
    """Kind of the corpus that the sentence was written about, so that the report can compare its size with this one."""

    @property
    def about(self) -> str | None:
        """Name of the earlier claim that it is about; None for a claim about systems."""
        return None

    @property
    def systems(self) -> tuple[str, ...]:
        """Names of the systems that it compares."""
        return ()

    @abstractmethod
    def mistakes(self, surroundings: Surroundings) -> Iterator[Mistake]:
        """Yield what is wrong with it in the light of the rest of its protocol."""


def mistakes(claims: Sequence[Claim], systems: Mapping[str, bool], fractions: Fractions) -> list[InitErrorDetails]:
    """Return what is wrong with claims in the light of the rest of their protocol, each at its own key.

    Args:
        claims: as they were written.
        systems: by name, whether a system is trained.
        fractions: of the protocol.
    """
    errors: list[InitErrorDetails] = []
    for number, claim in enumerate(claims):
        earlier = {other.name: other for other in claims[:number]}
        if claim.name in earlier:
            errors.append(_error(number, Mistake(("name",), claim.name, "each claim needs a name of its own")))
        if claim.renders_on is not None and claim.renders is None:
            expected = "expected `renders`, the sentence that was written about it"
            errors.append(_error(number, Mistake(("renders_on",), claim.renders_on, expected)))
        elif claim.renders_on is not None and claim.renders_on not in (kinds := SOURCES.by_name()):
            errors.append(_error(number, Mistake(("renders_on",), claim.renders_on, one_of(kinds, "a kind of corpus"))))
        of_claim = claim.mistakes(Surroundings(systems, fractions, earlier))
        errors += [_error(number, mistake) for mistake in of_claim]
    return errors


def one_of(names: Iterable[str], what: str) -> str:
    """Say that one of some names was expected, or that there is none of what was."""
    listed = " or ".join(f"'{name}'" for name in names)
    return f"expected {listed}" if listed else f"expected {what}, but there is none"


def one_number(numbers: Fractions, what: str) -> str:
    """Say that one of some numbers was expected, or that there is none of what was."""
    listed = ", ".join(f"{number:.10g}" for number in numbers)
    return f"expected {what} ({listed})" if listed else f"expected {what}, but there is none"


def _error(number: int, mistake: Mistake) -> InitErrorDetails:
    # Braces would be read as places to fill in.
    kind = NO_SUCH_FRACTION if mistake.of_fraction else "claim"
    error = PydanticCustomError(kind, "{message}", {"message": mistake.message})
    return {"type": error, "loc": (number, *mistake.key), "input": mistake.given}


# Its own kinds are named as text, for a kind's file holds its test too, which works on what was made by a protocol.
CLAIMS = Kinds[Claim]("sprm_bench.claims", "bench.claims.*")
"""A kind is a class of `bench.verdicts.verdict.TestableClaim` in a file of `bench.claims`, or in another distribution
that names its module as an entry point of the group `sprm_bench.claims`; the module registers the class."""
