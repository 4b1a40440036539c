"""At which looks of its group-sequential plan a run has arrived, and what had been seen by then."""

from __future__ import annotations

from dataclasses import replace

from bench.analysis.evidence import Evidence
from bench.stats import Look
from bench.trials.status import keys_of


def reached(evidence: Evidence) -> tuple[Look, ...]:
    """Return the looks of which every trial is complete, in their order; the only one, whatever it has, without a plan.

    A trial that failed keeps a look from being reached, as whoever left it out would choose what is tested.
    """
    plan = evidence.protocol.sequential
    if plan is None:
        return (Look((evidence.protocol.independent_seeds,), 1),)
    missing = [key.seed for key in keys_of(evidence.protocol) if key not in evidence.outcomes.answers]
    complete = min(missing, default=evidence.protocol.trainings)
    return tuple(Look(plan.looks, number) for number, seeds in enumerate(plan.looks, start=1) if seeds <= complete)


def seen_by(evidence: Evidence, seeds: int) -> Evidence:
    """Return the evidence of the first so many seeds; what has one trial for every seed stays.

    Args:
        evidence: of a run.
        seeds: of a look; 0 leaves no training.
    """
    seeded = evidence.protocol.seeded
    answers = {
        key: values for key, values in evidence.outcomes.answers.items() if key.system not in seeded or key.seed < seeds
    }
    return replace(evidence, outcomes=replace(evidence.outcomes, answers=answers))
