"""Where training helps, as tables: by what phrases are like, and by their words."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from bench.analysis.where_gained import CHANGED, ENTITY_TYPE, ChangedPhrase, GainWhere, WhereGained
from bench.report.tables.columns import amount_fields, difference_cells, estimate_fields
from bench.report.tables.table import Table
from bench.report.text.entity_types import shown, which
from bench.text.measures import Measure
from bench.text.numbers import count, percent, signed_count, tenths


def where_gained_tables(found: Sequence[WhereGained], measure: Measure) -> list[Table]:
    """Make both tables of the pairs that claims compare; without such a pair they have no rows."""
    return [where_gained(found, measure), changed_phrases(found, measure)]


def where_gained(found: Sequence[WhereGained], measure: Measure) -> Table:
    """What training adds by entity type and by what phrases are like."""
    types = [gain.bin for own in found for gain in own.gains if gain.property == ENTITY_TYPE]
    common = shown(types)
    return Table(
        name="where_gained",
        caption=(
            f"Exploratory: {measure} of untrained systems in percent by what a phrase is like, and what a trained "
            "system adds to it, in points with its 95 % interval. Each pair is one that a claim compares. The trained "
            "system has the largest training set (number of images in brackets). Intervals are for new images and new "
            f"trainings, and not corrected for their number.{which(types)}"
        ),
        header=("System", "Untrained", "Property", "Bin", "Phrases", "Before", "Difference", "95 % interval"),
        rows=tuple(
            (*_names(own), gain.property, gain.bin, count(gain.phrases), *_numbers(gain))
            for own in found
            for gain in own.gains
            if gain.property != ENTITY_TYPE or gain.bin in common
        ),
        data=pd.DataFrame([_pair(own) | _gain(gain) for own in found for gain in own.gains]),
        words=4,
    )


def changed_phrases(found: Sequence[WhereGained], measure: Measure) -> Table:
    """The words that training helps and hurts most."""
    unit = "right" if measure.is_accuracy else f"sum of {measure}"
    told = [(own, what, phrase) for own in found for what, side in _sides(own) for phrase in side]
    return Table(
        name="changed_phrases",
        caption=(
            f"Exploratory: up to {CHANGED} phrases that training helps most and up to {CHANGED} that it hurts most, "
            "counted over all test phrases with the same words. After training: the mean over the seeds, with the "
            "largest training set. They were chosen by this change, so expect smaller ones on other images."
        ),
        header=("System", "Untrained", "Training", "Phrase", "Phrases", f"Before, {unit}", f"After, {unit}", "Change"),
        rows=tuple(
            (*_names(own), what, phrase.words, count(phrase.phrases), *_counts(phrase)) for own, what, phrase in told
        ),
        data=pd.DataFrame([_pair(own) | {"training": what} | _changed(phrase) for own, what, phrase in told]),
        words=4,
    )


def _sides(own: WhereGained) -> tuple[tuple[str, tuple[ChangedPhrase, ...]], ...]:
    return ("helps", own.helped), ("hurts", own.hurt)


def _names(own: WhereGained) -> tuple[str, str]:
    return f"{own.system} ({count(own.fraction.images)})", own.rival


def _numbers(gain: GainWhere) -> tuple[str, str, str]:
    return (percent(gain.before), *difference_cells(gain.difference))


def _counts(phrase: ChangedPhrase) -> tuple[str, str, str]:
    return tenths(phrase.before), tenths(phrase.after), signed_count(phrase.change)


def _pair(own: WhereGained) -> dict[str, object]:
    return {"system": own.system, "rival": own.rival, **amount_fields(own.fraction)}


def _gain(gain: GainWhere) -> dict[str, object]:
    about = {"property": gain.property, "bin": gain.bin, "phrases": gain.phrases, "before": gain.before}
    return about | estimate_fields(gain.difference)


def _changed(phrase: ChangedPhrase) -> dict[str, object]:
    return {"words": phrase.words, "phrases": phrase.phrases, "before": phrase.before, "after": phrase.after}
