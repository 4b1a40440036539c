"""The families of comparisons, as tables."""

from __future__ import annotations

from collections.abc import Sequence
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
    "The CSV file also has Cohen's h (cohens_h) and the share of pairs of trainings, one of each system or fraction, "
    "in which the first is more accurate, ties counting half (ahead); this share describes these trainings and is not "
    "a test."
)
FIXED = (
    "p (models), and the same adjusted: for these trained models on new images, by sign-flip tests over whole images; "
    "they say nothing about other trainings."
)
FIXED_KEPT = "It also has p-values for these trained models on new images, by sign-flip tests over whole images."
COLUMNS = ("Difference", "95 % interval")
TESTED, FIXED_TESTED = ("p", "p (Holm)"), ("p (models)", "adjusted")


def comparison_tables(analysis: Analysis) -> list[Table]:
    """Make the table of each family; one that the run has nothing for is without rows."""
    return [gains(analysis), neighbours(analysis), between_systems(analysis), type_gains(analysis)]


def gains(analysis: Analysis) -> Table:
    """Trained systems against the prior."""
    about = "Difference from the prior in points, paired by image"
    cells = [(one.system, count(one.fraction.images)) for one in analysis.gains]
    return _table("gains", about, ("System", "Training images"), cells, analysis.gains, as_in=None)


def neighbours(analysis: Analysis) -> Table:
    """Every amount of data against the next smaller one."""
    about = "Difference from the next smaller fraction in points, paired by seed and image"
    found = analysis.neighbours
    cells = [(one.system, _images(one.rival_fraction), _images(one.fraction)) for one in found]
    as_in = "gains" if analysis.gains else None
    return _table("neighbours", about, ("System", "From", "To"), cells, found, as_in=as_in)


def between_systems(analysis: Analysis) -> Table:
    """Trained systems against each other."""
    about = "Difference between two systems trained on the same images, in points, paired by seed and image"
    found = analysis.between_systems
    cells = [(one.system, one.rival, _images(one.fraction)) for one in found]
    as_in = "gains" if analysis.gains else "neighbours" if analysis.neighbours else None
    return _table("between_systems", about, ("System", "Rival", "Images"), cells, found, as_in=as_in, words=2)


def type_gains(analysis: Analysis) -> Table:
    """Trained systems against the prior by entity type, with the most data they have; the data has every amount."""
    found = analysis.type_gains
    types = [one.entity_type for one in found if one.entity_type is not None]
    largest = {one.system: one.fraction for one in found}
    rows = [
        (
            f"{system} ({count(fraction.images)})",
            name,
            count(one.phrases),
            *difference_cells(one.difference),
            probability(one.difference.p),
            probability(one.p_adjusted),
        )
        for system, fraction in largest.items()
        for name in shown(types)
        for one in found
        if (one.system, one.fraction, one.entity_type) == (system, fraction, name)
    ]
    size = found[0].family_size if found else 0
    corrected = (
        f"Benjamini and Hochberg's correction over {hypotheses(size)}: every type, system and fraction that could be "
        "tested"
        if size
        else "none could be tested"
    )
    return Table(
        name="type_gains",
        caption=(
            "Exploratory: difference from the prior in points by entity type, with the largest training set (number of "
            f"images in brackets), paired by image; {corrected}. It suggests where to look and proves nothing."
            f"{which(types)}"
        ),
        header=("System", "Entity type", "Phrases", "Difference", "95 % interval", "p", "p (BH)"),
        rows=tuple(rows),
        data=pd.DataFrame([{"entity_type": one.entity_type, **_fields(one)} for one in found]),
        words=2,
    )


def _table(
    name: str,
    about: str,
    header: tuple[str, ...],
    cells: Sequence[tuple[str, ...]],
    found: Sequence[Comparison],
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
        found: the comparisons.
        as_in: an earlier table that says what else the data has; None when this one has to.
        words: how many of the first columns hold words.
    """
    # Where new trainings can be tested, the weaker question of these models is left to the data.
    fixed = any(isnan(one.p_adjusted) and not isnan(one.p_fixed) for one in found)
    tested = any(not isnan(one.p_adjusted) for one in found) or not fixed
    size = found[0].family_size if found else 0
    told = [f"{about}; Holm's correction over {hypotheses(size)}."]
    if fixed:
        told.append(FIXED)
    told.append(f"The CSV file has the same columns as {as_in}.csv." if as_in else KEPT)
    if not fixed and not as_in:
        told.append(FIXED_KEPT)
    return Table(
        name=name,
        caption=" ".join(told),
        header=(*header, *COLUMNS, *(TESTED if tested else ()), *(FIXED_TESTED if fixed else ())),
        rows=tuple((*own, *_cells(one, tested=tested, fixed=fixed)) for own, one in zip(cells, found, strict=True)),
        data=pd.DataFrame([_fields(one) for one in found]),
        words=words,
    )


def _cells(one: Comparison, *, tested: bool, fixed: bool) -> tuple[str, ...]:
    of_new_trainings = (one.difference.p, one.p_adjusted) if tested else ()
    of_these_models = (one.p_fixed, one.p_fixed_adjusted) if fixed else ()
    return (*difference_cells(one.difference), *(probability(p) for p in (*of_new_trainings, *of_these_models)))


def _fields(one: Comparison) -> dict[str, Any]:
    fields = {"system": one.system, **amount_fields(one.fraction), "rival": one.rival}
    fields |= {f"rival_{name}": value for name, value in amount_fields(one.rival_fraction).items()}
    fields |= {"phrases": one.phrases, **estimate_fields(one.difference), "p_adjusted": one.p_adjusted}
    if not one.family.is_exploratory:
        fields |= {"p_fixed": one.p_fixed, "p_fixed_adjusted": one.p_fixed_adjusted}
    fields |= {"cohens_h": one.cohens_h, "ahead": one.improvement.probability}
    return {**fields, "family": one.family.value, "correction": one.family.correction, "family_size": one.family_size}


def _images(fraction: Fraction | None) -> str:
    return NONE if fraction is None else count(fraction.images)
