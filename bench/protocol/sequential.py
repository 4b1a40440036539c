"""A group-sequential plan: after how many seeds the claims are tested, fixed before the run."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError

from bench.stats import fewest_seeds_after
from sprm.settings import Settings

FEWEST_SEEDS = 3
"""Of a look: two leave one degree of freedom between seeds, on which no level as small as an early one is reached."""


class SequentialPlan(Settings):
    """At which numbers of seeds the claims are tested, and how their level is shared out over these looks."""

    looks: tuple[Annotated[int, Field(ge=FEWEST_SEEDS)], ...]
    """Numbers of seeds, ascending; the last is the protocol's `seeds`."""
    spending: Literal["obrien_fleming"] = "obrien_fleming"
    """What part of the level may be spent by each look: little at first (Lan & DeMets 1983)."""

    @field_validator("looks")
    @classmethod
    def _ascending(cls, looks: tuple[int, ...]) -> tuple[int, ...]:
        if len(looks) < 2:
            raise PydanticCustomError("looks", "a plan has two looks or more, found {found}", {"found": len(looks)})
        wrong = [place for place in range(1, len(looks)) if looks[place] <= looks[place - 1]]
        if wrong:
            errors = [_error(place, looks, f"expected more than {looks[place - 1]} seeds") for place in wrong]
            raise ValidationError.from_exception_data("looks", errors)
        close = [place for place in range(1, len(looks)) if looks[place] < fewest_seeds_after(looks[place - 1])]
        if close:
            why = "too close to the look before for a level, expected at least"
            errors = [_error(place, looks, f"{why} {fewest_seeds_after(looks[place - 1])} seeds") for place in close]
            raise ValidationError.from_exception_data("looks", errors)
        return looks

    def mistakes(self, seeds: int) -> list[InitErrorDetails]:
        """Return what is wrong with it in the light of the protocol's number of seeds."""
        if self.looks[-1] == seeds:
            return []
        message = f"the last look has all seeds of the protocol, expected {seeds}"
        error = _error(len(self.looks) - 1, self.looks, message)
        return [{**error, "loc": ("looks", *error.get("loc", ()))}]


def _error(place: int, looks: tuple[int, ...], message: str) -> InitErrorDetails:
    error = PydanticCustomError("looks", "{message}", {"message": message})
    return {"type": error, "loc": (place,), "input": looks[place]}
