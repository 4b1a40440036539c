"""What the readers of a corpus made of it: words without a vector, images that had to be left out."""

from __future__ import annotations

import pandas as pd

from bench.manifest import Manifest
from bench.report.numbers import NONE, count
from bench.report.tabulation import Table

KINDS = ("phrases", "heads", "labels")
SHOWN = 8
"""Unknown words that are shown of each kind; the data has all that were counted."""


def words(manifest: Manifest) -> Table:
    """How much of the phrases, their heads and the labels has a word vector."""
    rows, data = [], []
    for kind in KINDS:
        own = getattr(manifest.coverage, kind)
        unknown = ", ".join(f"{one.word} ({count(one.count)})" for one in own.unknown[:SHOWN])
        for split, known in own.splits.items():
            rows.append((kind, split, count(known.texts), _share(known.known, known.words), count(known.blind), ""))
            data.append({"kind": kind, "split": split, **known.model_dump()})
        rows[-1] = (*rows[-1][:-1], unknown or NONE)
    return Table(
        name="words",
        caption=(
            "Words that have a vector, in percent of all that are said; the others are read as the one unknown word. "
            "Blind: texts without any known word, between which the prior cannot tell. Last, for the three splits "
            "together, the most frequent unknown words and how often they occur."
        ),
        header=("Of", "Split", "Texts", "Known words", "Blind", "Unknown"),
        rows=tuple(rows),
        data=pd.DataFrame(data),
        words=2,
    )


def left_out(manifest: Manifest) -> Table:
    """Every image that belongs to a split and could not be used."""
    found = [(name, left) for name, split in manifest.splits.items() for left in split.left_out]
    return Table(
        name="left_out",
        caption="Images that belong to a split and could not be used.",
        header=("Split", "Image", "For want of"),
        rows=tuple((name, left.image_id, left.reason) for name, left in found),
        data=pd.DataFrame([{"split": name, **left.model_dump()} for name, left in found]),
        words=3,
    )


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}" if whole else NONE
