"""What a trained system is given of a box beside what it was published with."""

from __future__ import annotations

from typing import Annotated, TypeVar

from pydantic import AfterValidator

from sprm.settings import Settings


class RegionInputs(Settings):
    """More inputs of a box."""

    score: bool = False
    """The logarithm of the detector's score; the source has to tell it."""


Inputs = TypeVar("Inputs", bound=RegionInputs)


def nothing_is_left_out(inputs: Inputs | None) -> Inputs | None:
    """Return None for inputs that are as published: two ways of writing one system must not be two trials."""
    return None if inputs is not None and inputs == type(inputs)() else inputs


MoreInputs = Annotated[RegionInputs | None, AfterValidator(nothing_is_left_out)]
"""None for nothing, however that is written."""
