"""From the hypotheses of a claim to the verdict."""

from __future__ import annotations

from math import nan
from typing import Any, TypeVar

from bench.verdicts.hypothesis import Decision, Hypothesis, all_hold, deciding
from bench.verdicts.lead import METHOD
from bench.verdicts.power import power_of, two_sided
from bench.verdicts.verdict import Case, TestableClaim, Verdict

SPENDING = "at the nominal level of its look, by O'Brien-Fleming-type alpha spending"
AnyVerdict = TypeVar("AnyVerdict", bound=Verdict)


def conclude(
    kind: type[AnyVerdict],
    claim: TestableClaim,
    case: Case,
    seeds: tuple[int, ...],
    hypotheses: tuple[Hypothesis, ...],
    *,
    margin: float,
    effect: float = nan,
    untestable: str | None = None,
    **own: Any,
) -> AnyVerdict:
    """Decide a claim whose hypotheses all have to hold, and are one family of two-sided tests.

    The power is that of the first step of Holm's method, the hardest, at which the level is shared by all of them.

    Args:
        kind: class of the verdict.
        claim: the claim.
        case: what it is judged by.
        seeds: that entered.
        hypotheses: decided.
        margin: what the claim's quantity is held against.
        effect: distance from the margin, in shares of accuracy, if the claim holds as stated; NaN when not implied.
        untestable: why there is no test, whatever the trials; None when there is one.
        own: what verdicts of the kind have beyond others.
    """
    decision = all_hold(hypotheses)
    return verdict_of(
        kind,
        claim,
        case,
        seeds,
        hypotheses,
        deciding(hypotheses, decision),
        decision=decision,
        margin=margin,
        method=METHOD,
        alpha=two_sided(max(len(hypotheses), 1)),
        effect=effect,
        untestable=untestable,
        **own,
    )


def verdict_of(
    kind: type[AnyVerdict],
    claim: TestableClaim,
    case: Case,
    seeds: tuple[int, ...],
    hypotheses: tuple[Hypothesis, ...],
    hanging_on: Hypothesis | None,
    *,
    decision: Decision,
    margin: float,
    method: str,
    alpha: float,
    effect: float,
    **own: Any,
) -> AnyVerdict:
    """Put together a verdict that one of its hypotheses decides, with the power of that one.

    Args:
        kind: class of the verdict.
        claim: the claim.
        case: what it is judged by.
        seeds: that entered.
        hypotheses: decided.
        hanging_on: the one that the decision hangs on; None without one.
        decision: what follows.
        margin: what the claim's quantity is held against.
        method: how the hypotheses were tested, in words.
        alpha: one-sided risk of the test, over all looks of a plan.
        effect: distance from the margin, in shares of accuracy, if the claim holds as stated; NaN when not implied.
        own: what verdicts of the kind have beyond others.
    """
    images = case.evidence.outcomes.test.images
    power = (
        None if hanging_on is None else power_of(hanging_on.components, len(seeds), images, alpha, effect, case.look)
    )
    return kind(
        claim=claim,
        decision=decision,
        margin=margin,
        method=f"{method}; {SPENDING}" if case.look.is_planned else method,
        hypotheses=hypotheses,
        deciding=hanging_on,
        family=len(hypotheses),
        seeds=seeds,
        seeds_planned=case.evidence.protocol.independent_seeds,
        images=images,
        train_images=case.evidence.train_images,
        power=power,
        look=case.look if case.look.is_planned else None,
        **own,
    )
