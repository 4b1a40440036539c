"""The families of comparisons, as tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isnan
from typing import Any

import pandas as pd

from bench.analysis.comparisons import Comparison
from bench.analysis.fraction import Fraction
from bench.report.analyse import Analysis
from bench.report.tables.columns import amount_fields, difference_cells, estimate_fields
from bench.report.tables.table import Table
from bench.report.text.entity_types import shown, which
from bench.text.numbers import NONE, count, hypotheses, probability

KEPT = (
    "The CSV file also has Cohen's h (cohens_h) and the share of training pairs in which the first has the higher "
    "value (ahead). A pair has one training of each system or fraction; equal values count half. This share describes "
    "these trainings and is not a test."
)
FIXED = (
    "p (models) and adjusted: for these trained models on new images, by sign-flip tests over whole images. They say "
    "nothing about other trainings."
)
FIXED_KEPT = "It also has p-values for these trained models on new images, by sign-flip tests over whole images."
COLUMNS = ("Difference", "95 % interval")
TESTED, FIXED_TESTED = ("p", "p (Holm)"), ("p (models)", "adjusted")


def comparison_tables(analysis: Analysis) -> list[Table]:
    """Make the table of each family; one that the run has nothing for is without rows."""
    made = [gains(analysis), other_gains(analysis), neighbours(analysis)]
    return [*made, between_systems(analysis), type_gains(analysis)]


def gains(analysis: Analysis) -> Table:
    """Trained systems against the prior."""
    about = "Difference from the prior in points, paired by image"
    cells = [(gain.system, count(gain.fraction.images)) for gain in analysis.gains]
    return _table("gains", about, ("System", "Training images"), cells, analysis.gains, as_in=None)


def other_gains(analysis: Analysis) -> Table:
    """Trained systems against each other prior."""
    about = "Difference from each other prior in points, paired by image; each prior is a family of its own"
    gains = analysis.other_gains
    cells = [(gain.rival, gain.system, count(gain.fraction.images)) for gain in gains]
    as_in = "gains" if analysis.gains else None
    return _table("other_gains", about, ("Prior", "System", "Training images"), cells, gains, as_in=as_in, words=2)


def neighbours(analysis: Analysis) -> Table:
    """Every amount of data against the next smaller one."""
    about = "Difference from the next smaller fraction in points, paired by seed and image"
    steps = analysis.neighbours
    cells = [(step.system, _images(step.rival_fraction), _images(step.fraction)) for step in steps]
    as_in = "gains" if analysis.gains else None
    table = _table("neighbours", about, ("System", "From", "To"), cells, steps, as_in=as_in)
    return replace(table, data=table.data.assign(points_per_added_image=[100 * step.per_added_image for step in steps]))


def between_systems(analysis: Analysis) -> Table:
    """Trained systems against each other."""
    about = "Difference between two systems trained on the same images, in points, paired by seed and image"
    leads = analysis.between_systems
    cells = [(lead.system, lead.rival, _images(lead.fraction)) for lead in leads]
    as_in = "gains" if analysis.gains else "neighbours" if analysis.neighbours else None
    return _table("between_systems", about, ("System", "Rival", "Images"), cells, leads, as_in=as_in, words=2)


def type_gains(analysis: Analysis) -> Table:
    """Trained systems against the prior by entity type, with the most data they have; the data has every amount."""
    by_type = analysis.type_gains
    types = [gain.entity_type for gain in by_type if gain.entity_type is not None]
    largest = {gain.system: gain.fraction for gain in by_type}
    rows = [
        (
            f"{system} ({count(fraction.images)})",
            name,
            count(gain.phrases),
            *difference_cells(gain.difference),
            probability(gain.difference.p),
            probability(gain.p_adjusted),
        )
        for system, fraction in largest.items()
        for name in shown(types)
        for gain in by_type
        if (gain.system, gain.fraction, gain.entity_type) == (system, fraction, name)
    ]
    size = by_type[0].family_size if by_type else 0
    corrected = (
        f"Benjamini and Hochberg's correction over {hypotheses(size)} (every type, system and fraction that could be "
        "tested)"
        if size
        else "No difference could be tested"
    )
    return Table(
        name="type_gains",
        caption=(
            "Exploratory: difference from the prior in points by entity type, with the largest training set (number of "
            f"images in brackets), paired by image. {corrected}. The table suggests where to look and proves nothing."
            f"{which(types)}"
        ),
        header=("System", "Entity type", "Phrases", "Difference", "95 % interval", "p", "p (BH)"),
        rows=tuple(rows),
        data=pd.DataFrame([{"entity_type": gain.entity_type, **_fields(gain)} for gain in by_type]),
        words=2,
    )


def _table(
    name: str,
    about: str,
    header: tuple[str, ...],
    cells: Sequence[tuple[str, ...]],
    comparisons: Sequence[Comparison],
    *,
    as_in: str | None,
    words: int = 1,
) -> Table:
    """Make the table of a family that is corrected by Holm's method.

    Args:
        name: the table's.
        about: what the differences are, without a full stop.
        header: titles of the first columns.
        cells: of each comparison, what the first columns say.
        comparisons: those of the family.
        as_in: an earlier table that says what else the data has; None when this one has to.
        words: how many of the first columns hold words.
    """
    # Where new trainings can be tested, the weaker question of these models is left to the data.
    fixed = any(isnan(comparison.p_adjusted) and not isnan(comparison.p_fixed) for comparison in comparisons)
    tested = any(not isnan(comparison.p_adjusted) for comparison in comparisons) or not fixed
    size = comparisons[0].family_size if comparisons else 0
    sentences = [f"{about}; Holm's correction over {hypotheses(size)}."]
    if fixed:
        sentences.append(FIXED)
    sentences.append(f"The CSV file has the same columns as {as_in}.csv." if as_in else KEPT)
    if not fixed and not as_in:
        sentences.append(FIXED_KEPT)
    return Table(
        name=name,
        caption=" ".join(sentences),
        header=(*header, *COLUMNS, *(TESTED if tested else ()), *(FIXED_TESTED if fixed else ())),
        rows=tuple(
            (*own, *_cells(comparison, tested=tested, fixed=fixed))
            for own, comparison in zip(cells, comparisons, strict=True)
        ),
        data=pd.DataFrame([_fields(comparison) for comparison in comparisons]),
        words=words,
    )


def _cells(comparison: Comparison, *, tested: bool, fixed: bool) -> tuple[str, ...]:
    of_new_trainings = (comparison.difference.p, comparison.p_adjusted) if tested else ()
    of_these_models = (comparison.p_fixed, comparison.p_fixed_adjusted) if fixed else ()
    return (*difference_cells(comparison.difference), *(probability(p) for p in (*of_new_trainings, *of_these_models)))


def _fields(comparison: Comparison) -> dict[str, Any]:
    fields = {"system": comparison.system, **amount_fields(comparison.fraction), "rival": comparison.rival}
    fields |= {f"rival_{name}": value for name, value in amount_fields(comparison.rival_fraction).items()}
    fields |= {
        "phrases": comparison.phrases,
        **estimate_fields(comparison.difference),
        "p_adjusted": comparison.p_adjusted,
    }
    if not comparison.family.is_exploratory:
        fields |= {"p_fixed": comparison.p_fixed, "p_fixed_adjusted": comparison.p_fixed_adjusted}
    fields |= {"cohens_h": comparison.cohens_h, "ahead": comparison.improvement.probability}
    return {
        **fields,
        "family": comparison.family.value,
        "correction": comparison.family.correction,
        "family_size": comparison.family_size,
    }


def _images(fraction: Fraction | None) -> str:
    return NONE if fraction is None else count(fraction.images)
