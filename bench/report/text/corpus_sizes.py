"""Sentences that state whether it is the fraction of a corpus or the number of its images that counts for a margin."""

from __future__ import annotations

from collections import defaultdict
from math import inf, isnan

from bench.analysis.corpus_sizes import NeededBySize
from bench.claims.competitive import CompetitiveVerdict
from bench.report.corpus_sizes import ClaimBySize, is_bound, why_not_tested
from bench.stats import GrowthStatus, Interval, Status
from bench.text.curve_words import WHY_NO_CURVE
from bench.text.measures import Measure
from bench.text.numbers import MINUS, count, exact_points, images, listed, share
from bench.text.statuses import IMAGES_ONLY

MEANING = (
    "With this margin and these sizes, an exponent of 0 would mean that the number of images counts, and an exponent "
    "of 1 that the fraction counts. The exponent depends on the curve beside the margin: it is near 1 where the curve "
    "is steep, and near 0 where it is flat."
)
UNDETERMINED = "So it is undetermined whether the number of images or the fraction counts."


def size_statements(claim: ClaimBySize) -> list[str]:
    """State of a claim how what is enough grows with the corpus, what is tested of each, and where accuracy rises."""
    # Of all corpora or of none: what no trial of this run can decide yet.
    if (why := claim.verdicts[-1].untestable) is not None:
        return [f"{claim.claim.name}: no corpus is tested, because {why}."]
    return [
        f"{claim.claim.name}: {_growth(claim.needed, claim.verdicts[-1].measure)}",
        f"{claim.claim.name}: {_tested(claim)}",
        f"{claim.claim.name}: {_rises(claim.verdicts)}",
    ]


def compatible(interval: Interval) -> str:
    """State which of number and fraction an interval of the exponent is compatible with, in a plain sentence."""
    low, high = interval.low, interval.high
    if isnan(low) or (low <= 0 and high >= 1):
        return UNDETERMINED
    if low <= 0 <= high:
        return "So the number of images may be what counts, and the fraction is not."
    if low <= 1 <= high:
        return "So the fraction may be what counts, and the number of images is not."
    if low > 1:
        return "So neither counts alone: a larger corpus needs a larger fraction."
    if high < 0:
        return "So neither counts alone: a larger corpus needs fewer images."
    if low > 0 and high < 1:
        return "So neither counts alone: a larger corpus needs more images, but a smaller fraction."
    return UNDETERMINED


def _growth(needed: NeededBySize, measure: Measure) -> str:
    margin, growth = exact_points(needed.margin), needed.growth
    if growth.status is GrowthStatus.no_curve:
        why = WHY_NO_CURVE[needed.status]
        return f"it is unknown how many images {needed.system} needs of each corpus, because it has no curve: {why}."
    if growth.status is GrowthStatus.one_size:
        return (
            "fewer than two corpora were used as a whole, so it is unknown how the images needed grow with the corpus."
        )
    if growth.status is GrowthStatus.no_margin:
        return (
            "no growth is given for a margin of 0 points. With this margin, the whole corpus is needed as long as "
            f"{measure} rises, whatever the data."
        )
    what = f"the number of images with which {needed.system} loses {margin} points compared with the whole corpus"
    only = IMAGES_ONLY if len(needed.seeds) == 1 else ""
    within = _ends(growth.interval)
    interval = f"95 % interval{only} {within}" if within else "no interval"
    if growth.status is GrowthStatus.already:
        grow = (
            f"it is unknown how {what} grows with the corpus, because the smallest fraction of some corpus is already "
            f"enough (exponent of the size: {interval})"
        )
    else:
        grow = f"{what} grows as the corpus size to the power of {_number(growth.exponent)} ({interval})"
    return f"{grow}. {MEANING} {compatible(growth.interval)}"


def _tested(claim: ClaimBySize) -> str:
    shown, none, untested = [], [], defaultdict[str, list[str]](list)
    for verdict, of_size in claim:
        size, smallest = of_size.whole.images, verdict.smallest
        if (why := why_not_tested(verdict)) is not None:
            untested[why].append(count(size))
            continue
        if smallest is None:
            none.append(count(size))
            continue
        least = "at most " if is_bound(verdict) else ""
        shown.append(f"{least}{share(smallest.images / size)} of {count(size)} ({images(smallest.images)})")
    clauses = []
    if shown:
        clauses.append(f"the smallest fraction shown to be non-inferior to the whole corpus is {listed(shown)}")
    if none:
        whole_corpus = "" if shown else " to the whole corpus"
        clauses.append(f"for {listed(none)} images, no fraction is shown to be non-inferior{whole_corpus}")
    clauses += [f"for {listed(sizes)} images, no fraction is tested: {why}" for why, sizes in untested.items()]
    first, *others = clauses
    return " ".join([f"{first}.", *(f"{other[0].upper()}{other[1:]}." for other in others)])


def _rises(verdicts: tuple[CompetitiveVerdict, ...]) -> str:
    """State at which sizes the last step to all of the corpus is shown to raise accuracy."""
    steps = [(verdict.reference.images, verdict.last_step) for verdict in verdicts]
    known = [(size, step) for size, step in steps if step is not None and step.difference.status is Status.ok]
    rising = [count(size) for size, step in known if step.rises]
    level = [count(size) for size, step in known if not step.rises]
    unknown = [count(size) for size, _ in steps if size not in {own for own, _ in known}]
    clauses = [f"is shown to rise for {listed(rising)} images"] if rising else []
    clauses += [f"is not shown to rise for {listed(level)}{'' if rising else ' images'}"] if level else []
    clauses += [f"is not tested for {listed(unknown)}{'' if rising or level else ' images'}"] if unknown else []
    return f"from the second largest fraction to the whole corpus, {verdicts[-1].measure} {listed(clauses)}."


def _ends(interval: Interval) -> str:
    """Write the ends of an interval of an exponent; nothing when there is none, or no bound."""
    low, high = interval.low, interval.high
    if isnan(low) or (low == -inf and high == inf):
        return ""
    if low == -inf:
        return f"at most {_number(high)}"
    if high == inf:
        return f"at least {_number(low)}"
    return f"{_number(low)} to {_number(high)}"


def _number(exponent: float) -> str:
    text = f"{exponent:.2f}"
    return "0.00" if text == "-0.00" else text.replace("-", MINUS)
