"""A run's group-sequential plan in words: where it stopped, what its numbers mean, and since when it stands."""

from __future__ import annotations

from datetime import UTC

from bench.protocol.sequential import SequentialPlan
from bench.report.analyse import Analysis
from bench.text.numbers import count, listed

NUMBERS = (
    "The intervals of verdicts are repeated confidence intervals, and their p-values are sequential. They hold "
    "although the claims are tested at several looks. All other intervals and p-values of this report are not adjusted "
    "for the looks. They are descriptive, and slightly too favourable if a run stopped early."
)


def plan_statements(analysis: Analysis) -> list[str]:
    """State what readers of a run's numbers have to know of its plan; nothing without one."""
    return [] if analysis.protocol.sequential is None else [NUMBERS, *_stated(analysis)]


def stop_statement(analysis: Analysis) -> list[str]:
    """State how far a run is in its plan, and whether it stopped there; nothing without a plan."""
    plan, seeds = analysis.protocol.sequential, analysis.protocol.trainings
    if plan is None:
        return []
    if not analysis.looks:
        return [f"No look of the plan is complete yet, so no claim is decided. The plan has {_looks(plan)}."]
    at = analysis.looks[-1].look
    where = f"look {at.number} of {len(at.looks)}, with {at.seeds} of {count(seeds)} seeds"
    if analysis.stopped is not None:
        trials = f"{count(analysis.not_needed)} of {count(analysis.planned)} trials were not needed"
        return [f"This run stopped at {where}, as planned, because every claim was decided: {trials}."]
    judged = f"The claims are judged at {where}. The plan has {_looks(plan)}."
    if analysis.looks[-1].is_decided and not at.is_last:
        judged += (
            " Every claim is decided there, but the run did not stop: trials of later seeds were started, and not all "
            "of them are done. All numbers of this report except the verdicts use these trials as well."
        )
    return [judged]


def _stated(analysis: Analysis) -> list[str]:
    stated = analysis.plan_stated
    if stated is None:
        return ["This run does not record when the plan was stated, so it cannot count as stated before the results."]
    if not stated.trials_finished:
        return []
    return [
        f"This plan was first stated for this run on {stated.stated_at.astimezone(UTC):%Y-%m-%d at %H:%M} UTC. At that "
        f"time, {count(stated.trials_finished)} of {count(analysis.planned)} trials were finished, so the plan was not "
        "fixed before all results."
    ]


def withdrawn_plans(analysis: Analysis) -> list[str]:
    """State which plans were stated for a run and are not its protocol's any more."""
    return [
        f"A plan with {_looks(each.plan)} was stated for this run on "
        f"{each.stated_at.astimezone(UTC):%Y-%m-%d at %H:%M} UTC and is no longer in its protocol."
        for each in analysis.plans_withdrawn
    ]


def _looks(plan: SequentialPlan) -> str:
    return f"looks at {listed([str(seeds) for seeds in plan.looks])} seeds"
