"""Why accuracy by what phrases are like is missing, in words."""

from __future__ import annotations

from bench.report.analyse import Analysis


def without_properties(analysis: Analysis) -> str | None:
    """Say why there is no accuracy by what phrases are like; None where there is."""
    if analysis.properties:
        return None
    return (
        "The folder of this run does not describe its test split; an earlier version may have made it. So "
        f"{analysis.measure} by boxes of the same label, length, target size, noun and head is missing. `report` with "
        "the protocol adds it if the corpus is available."
    )
