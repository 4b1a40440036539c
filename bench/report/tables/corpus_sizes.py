"""The table of corpora of several sizes: what of each is competitive with all of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from math import isnan
from typing import Any

import pandas as pd

from bench.analysis.corpus_sizes import NeededOfSize
from bench.claims.competitive import CompetitiveVerdict
from bench.report.corpus_sizes import ClaimBySize, is_bound, why_not_tested
from bench.report.tables.columns import amount_fields, estimate_fields
from bench.report.tables.table import Table
from bench.text.curve_words import needed_cell, whole
from bench.text.numbers import NONE, count, share, signed
from bench.verdicts.last_step import LastStep

CAPTION = (
    "Nested corpora of several sizes. Competitive: the smallest fraction shown to lose less than the margin compared "
    "with the whole corpus, and its images. The fractions are tested in a fixed sequence, largest first. At most: no "
    "smaller fraction was tested. None: no fraction is shown to lose less than the margin. Not tested: no fraction has "
    "a test. Needed: the images with which accuracy is the margin below that of the whole corpus, according to the "
    "learning curve over all fractions, and their share of the corpus. Less than: a bound, if the smallest fraction is "
    "already enough. Last step: the change in points from the second largest fraction to the whole corpus. How the "
    "needed images grow with the corpus depends on this margin and these sizes: the smaller the margin, the closer "
    "their growth to that of the corpus. In brackets: 95 % intervals."
)


def corpus_sizes(claims: Sequence[ClaimBySize]) -> Table:
    """What of each corpus is competitive with all of it, for each claim; no rows for one corpus."""
    rows = tuple((claim.claim.name, *_row(verdict, of_size)) for claim in claims for verdict, of_size in claim)
    return Table(
        name="corpus_sizes",
        caption=CAPTION,
        header=("Claim", "Corpus", "Competitive", "Images", "Needed", "As a fraction", "Last step"),
        rows=rows,
        data=pd.DataFrame([_fields(claim, verdict, of_size) for claim in claims for verdict, of_size in claim]),
    )


def _row(verdict: CompetitiveVerdict, of_size: NeededOfSize) -> tuple[str, ...]:
    size = of_size.whole.images
    smallest = ("none" if why_not_tested(verdict) is None else "not tested", NONE)
    if verdict.smallest is not None:
        least = "at most " if is_bound(verdict) else ""
        smallest = f"{least}{share(verdict.smallest.images / size)}", f"{least}{count(verdict.smallest.images)}"
    needed = needed_cell(of_size.needed, whole), needed_cell(of_size.share, share)
    return (count(size), *smallest, *needed, _step(verdict.last_step))


def _step(step: LastStep | None) -> str:
    if step is None or isnan(step.difference.estimate):
        return NONE
    difference = step.difference
    ends = f" [{signed(difference.low)}, {signed(difference.high)}]" if difference.status.has_interval else ""
    return signed(difference.estimate) + ends


def _fields(claim: ClaimBySize, verdict: CompetitiveVerdict, of_size: NeededOfSize) -> dict[str, Any]:
    size, needed, growth, step = of_size.whole.images, of_size.needed, claim.needed.growth, verdict.last_step
    smallest, last = verdict.smallest, None if step is None else estimate_fields(step.difference)
    return {
        "claim": claim.claim.name,
        "system": claim.needed.system,
        "margin": claim.needed.margin,
        "size": size,
        **{f"smallest_{name}": None if smallest is None else value for name, value in amount_fields(smallest).items()},
        "smallest_of_size": None if smallest is None else smallest.images / size,
        "smallest_is_bound": is_bound(verdict),
        "tested": why_not_tested(verdict) is None,
        "needed_accuracy": needed.accuracy,
        "needed_images": needed.value,
        **{f"needed_{end}": value for end, value in asdict(needed.interval).items()},
        "needed_of_size": of_size.share.value,
        "needed_status": needed.status.value,
        "exponent": growth.exponent,
        **{f"exponent_{end}": value for end, value in asdict(growth.interval).items()},
        "exponent_status": growth.status.value,
        **{f"last_step_{name}": value for name, value in (last or {}).items()},
        "seeds": " ".join(map(str, claim.needed.seeds)),
    }
