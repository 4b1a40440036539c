"""What the readers of a corpus made of it: words without a vector, images that had to be left out."""

from __future__ import annotations

import pandas as pd

from bench.report.tables.table import Table
from bench.store.manifest import Manifest
from bench.text.numbers import NONE, count

KINDS = ("phrases", "heads", "labels")
SHOWN = 8
"""Unknown words that are shown of each kind; the data has all that were counted."""


def words(manifest: Manifest) -> Table:
    """How much of the phrases, their heads and the labels has a word vector."""
    splits = [
        (kind, name, coverage) for kind in KINDS for name, coverage in getattr(manifest.coverage, kind).splits.items()
    ]
    return Table(
        name="words",
        caption=(
            "Percentage of word occurrences that have a vector; all others are treated as one unknown word. The last "
            "column counts texts without any known word, about which the prior has no information."
        ),
        header=("Words of", "Split", "Texts", "Known words, %", "No known word"),
        rows=tuple(
            (kind, name, count(coverage.texts), _percent(coverage.share), count(coverage.blind))
            for kind, name, coverage in splits
        ),
        data=pd.DataFrame([{"kind": kind, "split": name, **coverage.model_dump()} for kind, name, coverage in splits]),
        words=2,
    )


def unknown_words(manifest: Manifest) -> Table:
    """The most frequent words without a vector."""
    unknown = {kind: getattr(manifest.coverage, kind).unknown for kind in KINDS}
    return Table(
        name="unknown_words",
        caption="The most frequent words without a vector in all splits together, and how often they occur.",
        header=("Words of", "Unknown words"),
        rows=tuple(
            (kind, ", ".join(f"{word.word} ({count(word.count)})" for word in own[:SHOWN]))
            for kind, own in unknown.items()
            if own
        ),
        data=pd.DataFrame([{"kind": kind, **word.model_dump()} for kind, own in unknown.items() for word in own]),
        words=2,
    )


def left_out(manifest: Manifest) -> Table:
    """Every image that belongs to a split and could not be used."""
    images = [(name, left) for name, split in manifest.splits.items() for left in split.left_out]
    return Table(
        name="left_out",
        caption="Images that belong to a split and could not be used.",
        header=("Split", "Image", "Missing"),
        rows=tuple((name, left.image_id, left.reason) for name, left in images),
        data=pd.DataFrame([{"split": name, **left.model_dump()} for name, left in images]),
        words=3,
    )


def _percent(share: float | None) -> str:
    return NONE if share is None else f"{100 * share:.1f}"
