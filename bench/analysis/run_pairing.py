"""Which numbers of two runs differ: every system at every amount of data, paired where both runs have the trials."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import nan

from bench.analysis.comparisons import FLIPS
from bench.analysis.outcomes import Outcomes
from bench.analysis.run_side import Side
from bench.stats import Estimate, holm, sign_flip_test, two_way_difference, two_way_mean
from bench.store.inputs import differing
from bench.store.ledger import Ledger
from bench.store.records import UNTRAINED, TrialKey
from bench.store.sameness import same_items, same_phrases
from bench.trials.status import TrialStatus, keys_of
from sprm.evaluation.metric import ACCURACY
from sprm.seeding import generator

OTHER_PHRASES = "the test phrases are not the same"
"""Why no trial of two runs can be paired."""
OTHER_SEEDS = "a seed is not the same subset and initialisation in both runs"
"""Why no training of two runs can be paired, of which one or both cross subsets with initialisations."""


@dataclass(frozen=True)
class Cell:
    """A system at an amount of data, in two runs.

    Attributes:
        system: its name in the protocols.
        fraction: label of the amount, `0` for a system that is not trained.
        first: its accuracy in the first run, over `seeds`, or without any over all its complete trials there; None
            without any of these.
        second: the same in the second run.
        seeds: that are complete in both, with the same test phrases.
        same: how many of these trials have the same outcomes in both.
        inputs: dotted names of what these trials were made from in the one run and not in the other.
        difference: accuracy in the second run minus that in the first, paired by seed and image over `seeds`; its `p`
            is unadjusted. None without a seed.
        p_adjusted: that p, adjusted by Holm's method over all cells that are a hypothesis; NaN where there is none.
        p_fixed: two-sided, of the hypothesis that these very models are equally good on new images, by sign flips of
            whole images; NaN without a test.
        p_fixed_adjusted: the same, adjusted.
        unpaired: why other trials have no counterpart, in a few words each.
    """

    system: str
    fraction: str
    first: Estimate | None
    second: Estimate | None
    seeds: tuple[int, ...]
    same: int
    inputs: tuple[str, ...]
    difference: Estimate | None
    p_adjusted: float
    p_fixed: float
    p_fixed_adjusted: float
    unpaired: tuple[str, ...]

    @property
    def differs(self) -> bool:
        """Whether a paired trial has other outcomes."""
        return self.same < len(self.seeds)

    @property
    def is_hypothesis(self) -> bool:
        """Whether there is something to test; trials that were made from the same and came out the same are one."""
        return self.differs or bool(self.inputs)


def cells(first: Side, second: Side) -> tuple[Cell, ...]:
    """Compare two runs cell by cell, in the order of the first one's protocol, then of the second's."""
    places = dict.fromkeys((key.system, key.fraction) for side in (first, second) for key in keys_of(side.protocol))
    alike = _same_phrases(first, second)
    made = [_cell(*place, first, second, _unpairable(place[1], first, second, alike=alike)) for place in places]
    tested = [place for place, cell in enumerate(made) if cell.is_hypothesis]
    p, p_fixed = holm([_p(made[place]) for place in tested]), holm([made[place].p_fixed for place in tested])
    for place, adjusted, fixed in zip(tested, p, p_fixed, strict=True):
        made[place] = replace(made[place], p_adjusted=float(adjusted), p_fixed_adjusted=float(fixed))
    return tuple(made)


def _unpairable(fraction: str, first: Side, second: Side, *, alike: bool) -> str | None:
    """Say why no trial of two runs after an amount of data can be paired; None where they can.

    Args:
        fraction: label of the amount.
        first: one run.
        second: the other.
        alike: whether they have the same test phrases.
    """
    if fraction != UNTRAINED and not first.protocol.design.numbers_like(second.protocol.design):
        return OTHER_SEEDS
    return None if alike else OTHER_PHRASES


def _p(cell: Cell) -> float:
    return nan if cell.difference is None else cell.difference.p


def _cell(system: str, fraction: str, first: Side, second: Side, unpairable: str | None) -> Cell:
    own = _seeds(system, fraction, first), _seeds(system, fraction, second)
    seeds = () if unpairable else tuple(sorted({*own[0]} & {*own[1]}))
    keys = [TrialKey(system, fraction, seed) for seed in seeds]
    cell = Cell(
        system=system,
        fraction=fraction,
        first=_accuracy(system, fraction, first, seeds or own[0]),
        second=_accuracy(system, fraction, second, seeds or own[1]),
        seeds=seeds,
        same=sum(_is_same(key, first, second) for key in keys),
        inputs=_inputs(keys, first, second),
        difference=None,
        p_adjusted=nan,
        p_fixed=nan,
        p_fixed_adjusted=nan,
        unpaired=_unpaired(system, fraction, first, second, unpairable),
    )
    if not seeds:
        return cell
    of_first, of_second = _outcomes(first), _outcomes(second)
    phrases = of_first.test.sizes()
    # Runs whose claims are about different metrics have this one in common.
    after, before = (of.counts(system, fraction, seeds, metric=ACCURACY) for of in (of_second, of_first))
    flips = sign_flip_test(after, before, phrases, generator("compare", "sign flips", system, fraction), FLIPS)
    return replace(cell, difference=two_way_difference(after, before, phrases), p_fixed=flips.p)


def _outcomes(side: Side) -> Outcomes:
    assert side.evidence is not None, "only a run with complete trials has seeds"
    return side.evidence.outcomes


def _seeds(system: str, fraction: str, side: Side) -> tuple[int, ...]:
    return () if side.evidence is None else side.evidence.outcomes.seeds(system, fraction)


def _accuracy(system: str, fraction: str, side: Side, seeds: tuple[int, ...]) -> Estimate | None:
    if not seeds:
        return None
    outcomes = _outcomes(side)
    return two_way_mean(outcomes.counts(system, fraction, seeds, metric=ACCURACY), outcomes.test.sizes())


def _same_phrases(first: Side, second: Side) -> bool:
    """Tell whether the trials of two runs answered the same phrases, in the same order."""
    sides = [side for side in (first, second) if side.records]
    if len(sides) < 2:
        return False
    one, other = (next(iter(side.records.values())) for side in sides)
    return same_phrases(Ledger(first.folder), one, Ledger(second.folder), other)


def _is_same(key: TrialKey, first: Side, second: Side) -> bool:
    return same_items(Ledger(first.folder), first.records[key], Ledger(second.folder), second.records[key])


def _inputs(keys: list[TrialKey], first: Side, second: Side) -> tuple[str, ...]:
    names = [differing(first.records[key].inputs, second.records[key].inputs) for key in keys]
    return tuple(dict.fromkeys(name for own in names for name in own))


def _unpaired(system: str, fraction: str, first: Side, second: Side, unpairable: str | None) -> tuple[str, ...]:
    """Say why trials of a cell that one run has are not compared with the other's."""
    whys: dict[str, list[int]] = {}
    both = (first, second, "second"), (second, first, "first")
    for side, other, name in both:
        for seed in _seeds(system, fraction, side):
            key = TrialKey(system, fraction, seed)
            progress = other.by_key.get(key)
            if unpairable == OTHER_SEEDS and TrialKey(system, fraction, 0) in other.by_key:
                whys.setdefault(OTHER_SEEDS, [])
            elif progress is None:
                what, seeds = _not_asked(key, other)
                whys.setdefault(f"the {name} run's protocol has no {what}", []).extend(seeds)
            elif progress.status is not TrialStatus.done:
                why = f" ({progress.why})" if progress.status is not TrialStatus.missing and progress.why else ""
                whys.setdefault(f"{progress.status} in the {name} run{why}", []).append(seed)
            elif unpairable:
                whys.setdefault(unpairable, [])
    return tuple(f"{_seeds_in_words(seeds)}{why}" for why, seeds in whys.items())


def _not_asked(key: TrialKey, side: Side) -> tuple[str, list[int]]:
    """Return what a protocol lacks for a trial, and the seed if it is that alone."""
    if key.system not in side.protocol.systems:
        return f"system {key.system}", []
    if TrialKey(key.system, key.fraction, 0) not in side.by_key:
        return f"fraction {key.fraction}", []
    return "such seed", [key.seed]


def _seeds_in_words(seeds: list[int]) -> str:
    if not seeds:
        return ""
    return f"{'seed' if len(seeds) == 1 else 'seeds'} {', '.join(map(str, seeds))}: "
