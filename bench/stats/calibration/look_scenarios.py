"""What tests at several looks are put to: how often a plan errs, beside one test with all seeds, and what it saves.

A plan errs when it rejects at any of its looks, whether or not a run would have stopped there.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from bench.stats.calibration.scenario import ALPHA, AT_MOST, COVERS, REJECTS, Case, Question, Scenario
from bench.stats.calibration.simulation import System
from bench.stats.outcomes.families import holm
from bench.stats.outcomes.fixed_sequence import smallest_competitive
from bench.stats.outcomes.group_sequential import Look
from bench.stats.outcomes.non_inferiority import Finding, NonInferiority, non_inferiority
from bench.stats.outcomes.two_way import two_way_difference

MARGIN = 0.02
"""Of non-inferiority, and what an interval of a difference should hold."""
PLANS = ((3, 5, 8), (4, 6, 8))
"""Seeds at each look."""
CLEAR = 0.1
"""A loss or a lead that few seeds show."""


def _looks(case: Case, plan: tuple[int, ...]) -> list[tuple[Look, Case]]:
    looks = [Look(plan, number) for number in range(1, len(plan) + 1)]
    return [(look, case.first(look.seeds)) for look in looks]


def _loss(look: Look, case: Case) -> NonInferiority:
    return non_inferiority(case.correct[0], case.correct[1], case.phrases, MARGIN, look)


def _competitive(look: Look, case: Case) -> bool:
    return _loss(look, case).verdict.is_competitive


def _inferior(look: Look, case: Case) -> bool:
    return _loss(look, case).verdict is Finding.inferior


def _any_competitive(look: Look, case: Case) -> bool:
    by_fraction = dict(zip((1.0, 0.5, 0.25, 0.1), case.correct, strict=True))
    return smallest_competitive(by_fraction, case.phrases, MARGIN, look).smallest is not None


def _differs(look: Look, case: Case) -> bool:
    return two_way_difference(case.correct[0], case.correct[1], case.phrases, look).p < look.two_sided_level(ALPHA)


def _any_differs(look: Look, case: Case) -> bool:
    first, *others = case.correct
    p = [look.two_sided_p(two_way_difference(first, other, case.phrases, look).p) for other in others]
    return bool((holm(p) < ALPHA).any())


def _misses(look: Look, case: Case) -> bool:
    found = two_way_difference(case.correct[0], case.correct[1], case.phrases, look)
    return not found.low <= MARGIN <= found.high


Test = Callable[[Look, Case], bool]
"""Whether a test rejects at a look, by what was seen so far."""


def _at_any_look(test: Test, plan: tuple[int, ...]) -> Question:
    return lambda case: any(test(look, seen) for look, seen in _looks(case, plan))


def _once(test: Test, plan: tuple[int, ...]) -> Question:
    return lambda case: test(Look(plan[-1:], 1), case)


def _covers_at_every_look(case: Case, plan: tuple[int, ...]) -> bool:
    return not any(_misses(look, seen) for look, seen in _looks(case, plan))


def _saved(tests: tuple[Test, ...], plan: tuple[int, ...]) -> Question:
    """Ask what share of the trainings is left at the first look at which one of some tests rejects; 0 if none does."""

    def share(case: Case) -> float:
        decided = (look.seeds for look, seen in _looks(case, plan) if any(test(look, seen) for test in tests))
        return 1 - next(decided, plan[-1]) / plan[-1]

    return share


ALIKE = (System(), System())
LOSES_MARGIN = (System(), System(lost=MARGIN))
SEEDS_DOMINATE = (System(run_sd=0.03), System(lost=MARGIN, run_sd=0.03))
IMAGES_DOMINATE = (System(run_sd=0.003), System(lost=MARGIN, run_sd=0.003))
FRACTIONS_ALIKE = (System(),) * 5
FRACTIONS_LOSE_MARGIN = (System(), *(System(lost=MARGIN),) * 3)
CLEARLY_BEHIND = (System(), System(lost=CLEAR))
DECIDES = (_competitive, _inferior)
NULLS: tuple[tuple[str, str, tuple[System, ...], Test, tuple[float, float]], ...] = (
    ("non_inferiority", "loss of the margin", LOSES_MARGIN, _competitive, REJECTS),
    ("non_inferiority", "loss of the margin, seeds dominate", SEEDS_DOMINATE, _competitive, REJECTS),
    # Here almost all is known at the first look, and little of the level may be spent there.
    ("non_inferiority", "loss of the margin, images dominate", IMAGES_DOMINATE, _competitive, AT_MOST),
    ("non_inferiority", "refuted at a loss of the margin", LOSES_MARGIN, _inferior, REJECTS),
    ("smallest_competitive", "3 losses of the margin", FRACTIONS_LOSE_MARGIN, _any_competitive, REJECTS),
    ("two_way_difference", "no difference", ALIKE, _differs, REJECTS),
    ("holm", "4 times no difference", FRACTIONS_ALIKE, _any_differs, AT_MOST),
)
SAVINGS: tuple[tuple[str, str, tuple[System, ...], tuple[Test, ...]], ...] = (
    ("non_inferiority", "no loss", ALIKE, DECIDES),
    ("non_inferiority", "loss of the margin", LOSES_MARGIN, DECIDES),
    ("non_inferiority", "loss of five margins", CLEARLY_BEHIND, DECIDES),
    ("two_way_difference", "no difference", ALIKE, (_differs,)),
    ("two_way_difference", "a lead of ten points", CLEARLY_BEHIND, (_differs,)),
)


def _of(plan: tuple[int, ...]) -> tuple[Scenario, ...]:
    at = f" at {', '.join(map(str, plan[:-1]))} and {plan[-1]} seeds"
    errors = (
        Scenario(f"{method}{at}", truth, systems, _at_any_look(test, plan), target, plan[-1], once=_once(test, plan))
        for method, truth, systems, test, target in NULLS
    )
    intervals = Scenario(
        f"two_way_difference{at}",
        "interval, at every look",
        LOSES_MARGIN,
        partial(_covers_at_every_look, plan=plan),
        COVERS,
        plan[-1],
    )
    saved = (
        Scenario(f"{method}{at}", f"trainings saved, {truth}", systems, _saved(tests, plan), None, plan[-1], note=PRICE)
        for method, truth, systems, tests in SAVINGS
    )
    return (*errors, intervals, *saved)


PRICE = "as measured"
LOOK_SCENARIOS = tuple(scenario for plan in PLANS for scenario in _of(plan))
