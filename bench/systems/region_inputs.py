"""What a trained system is given of a box beside what it was published with."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from sprm.settings import Settings


class RegionInputs(Settings):
    """More inputs of a box."""

    score: bool = False
    """The logarithm of the detector's score; the source has to tell it."""


def _nothing_is_left_out(inputs: RegionInputs | None) -> RegionInputs | None:
    # Two ways of writing one system must not be two trials.
    return None if inputs == RegionInputs() else inputs


MoreInputs = Annotated[RegionInputs | None, AfterValidator(_nothing_is_left_out)]
"""None for nothing, however that is written."""
