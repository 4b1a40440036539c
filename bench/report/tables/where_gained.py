"""Where trained systems gain on untrained ones and where they lose: by what phrases are like, and by their words."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from bench.analysis.where_gained import CHANGED, ENTITY_TYPE, ChangedPhrase, GainWhere, WhereGained
from bench.report.tables.columns import amount_fields, difference_cells, estimate_fields
from bench.report.tables.table import Table
from bench.report.text.entity_types import shown, which
from bench.text.measures import Measure
from bench.text.numbers import count, percent, signed_count, tenths

FEWEST = 50
"""Phrases that a bin has at least to be shown."""
LONGEST = 40
"""Characters of a phrase that are shown; captions of people's own may hold phrases of any length."""


def where_gained_tables(found: Sequence[WhereGained], measure: Measure) -> list[Table]:
    """Make both tables of the pairs that claims compare; without such a pair they have no rows."""
    return [where_gained(found, measure), changed_phrases(found, measure)]


def where_gained(found: Sequence[WhereGained], measure: Measure) -> Table:
    """Differences by entity type and by what phrases are like."""
    types = [gain.bin for own in found for gain in own.gains if gain.property == ENTITY_TYPE]
    common = shown(types)
    return Table(
        name="where_gained",
        caption=(
            f"Exploratory: {measure} of untrained systems in percent by what a phrase is like, and how far trained "
            "ones are above it, in points. Each pair is one that a claim compares; training need not have started from "
            "the untrained system. The trained one has the largest training set (number of images in brackets). A box "
            "fits: for so many phrases some box would be right, so bins with different bounds cannot be compared. "
            "Intervals are for new images and new trainings, and not corrected for their number. Bins with fewer than "
            f"{FEWEST} phrases are in the CSV file alone.{which(types)}"
        ),
        header=(
            *("System", "Untrained", "Property", "Bin", "Phrases", "A box fits, %", "Untrained, %"),
            *("Difference", "95 % interval"),
        ),
        rows=tuple(
            (*_names(own), gain.property, gain.bin, count(gain.phrases), *_numbers(gain))
            for own in found
            for gain in own.gains
            if gain.phrases >= FEWEST and (gain.property != ENTITY_TYPE or gain.bin in common)
        ),
        data=pd.DataFrame([_pair(own) | _gain(gain) for own in found for gain in own.gains]),
        words=4,
    )


def changed_phrases(found: Sequence[WhereGained], measure: Measure) -> Table:
    """The words on which trained systems gain most and lose most."""
    unit = "right" if measure.is_accuracy else f"sum of {measure}"
    told = [(own, what, phrase) for own in found for what, side in _sides(own) for phrase in side]
    return Table(
        name="changed_phrases",
        caption=(
            f"Exploratory: up to {CHANGED} phrases on which each trained system gains most on the untrained one, and "
            f"up to {CHANGED} on which it loses most, counted over all test phrases with the same words. Trained: the "
            "mean over the seeds, with the largest training set. They were chosen by this change, so expect smaller "
            "ones on other images."
        ),
        header=(
            *("System", "Untrained", "Change", "Phrase", "Phrases", f"Untrained, {unit}", f"Trained, {unit}"),
            "Difference",
        ),
        rows=tuple(
            (*_names(own), what, shortened(phrase.words), count(phrase.phrases), *_counts(phrase))
            for own, what, phrase in told
        ),
        data=pd.DataFrame([_pair(own) | {"change": what} | _changed(phrase) for own, what, phrase in told]),
        words=4,
    )


def _sides(own: WhereGained) -> tuple[tuple[str, tuple[ChangedPhrase, ...]], ...]:
    return ("gains", own.helped), ("loses", own.hurt)


def _names(own: WhereGained) -> tuple[str, str]:
    return f"{own.system} ({count(own.fraction.images)})", own.rival


def _numbers(gain: GainWhere) -> tuple[str, str, str, str]:
    return (percent(gain.fits), percent(gain.before), *difference_cells(gain.difference))


def _counts(phrase: ChangedPhrase) -> tuple[str, str, str]:
    return tenths(phrase.before), tenths(phrase.after), signed_count(phrase.change)


def _pair(own: WhereGained) -> dict[str, object]:
    return {"system": own.system, "rival": own.rival, **amount_fields(own.fraction)}


def _gain(gain: GainWhere) -> dict[str, object]:
    about = {"property": gain.property, "bin": gain.bin, "phrases": gain.phrases}
    return about | {"a_box_fits": gain.fits, "untrained": gain.before} | estimate_fields(gain.difference)


def _changed(phrase: ChangedPhrase) -> dict[str, object]:
    return {
        "words": phrase.words,
        "phrases": phrase.phrases,
        "right_untrained": phrase.before,
        "right_trained": phrase.after,
    }


def shortened(words: str) -> str:
    """Cut a phrase that is too long for a table: `a man in a very long phrase …`."""
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1].rstrip()}…"
