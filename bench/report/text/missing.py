"""What a run lacks: trials that failed, with their error and what helps, and trials that have not run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bench.report.analyse import Analysis
from bench.report.text.origin import commands
from bench.text.numbers import amount, count, listed
from bench.trials.status import TrialProgress, TrialStatus
from sprm.errors import one_line

LONGEST = 300
"""Characters of an error that a report shows; its file has all of it."""
ADVICE = (
    (
        r"ran out of memory|memory ran out|out of memory|MemoryError|SIGKILL",
        "Memory probably ran out: run again with fewer trials at a time (--workers 1), or with a smaller batch.",
    ),
    (
        r"not finite|not a finite number",
        "Choose a smaller training.learning_rate; a protocol with another value is another run.",
    ),
    (
        r"worker process ended|workers? w(?:as|ere) lost|stopped before the end|has lost it",
        "Run again: the training continues from its last checkpoint. If this happens again, the system's log may say "
        "what ended the process.",
    ),
    (r"CUDA|cuDNN", "Check the GPU and its driver, or compute on the CPU (--set device=cpu), which is another run."),
)
"""What helps against an error that matches a pattern; the first one counts."""
OTHERWISE = "Read the traceback, fix the cause and run again."


@dataclass(frozen=True)
class Problem:
    """An error that trials failed with.

    Attributes:
        error: what it says, in one line.
        number: of the trials.
        trials: which they are, a line for each system and amount of data.
        advice: what helps.
        traceback: where that of the first one is, in the run folder.
    """

    error: str
    number: int
    trials: tuple[str, ...]
    advice: str
    traceback: str


@dataclass(frozen=True)
class Missing:
    """What a run lacks.

    Attributes:
        statement: how many trials are done and how many are not.
        problems: the errors that trials failed with, the most frequent first.
        others: one line for each group of trials that have not run, or whose result does not count.
        command: what runs everything that is missing.
    """

    statement: str
    problems: tuple[Problem, ...]
    others: tuple[str, ...]
    command: str


def missing(analysis: Analysis) -> Missing | None:
    """Say what a run lacks; None when it is complete."""
    if not analysis.unfinished:
        return None
    failed = [trial for trial in analysis.unfinished if trial.status is TrialStatus.failed]
    others = [trial for trial in analysis.unfinished if trial.status is not TrialStatus.failed]
    amounts = {fraction.label: amount(fraction) for fraction in analysis.fractions}
    by_error: dict[str, list[TrialProgress]] = {}
    for trial in failed:
        by_error.setdefault(trial.why, []).append(trial)
    by_reason: dict[str, list[TrialProgress]] = {}
    for trial in others:
        by_reason.setdefault(_reason(trial), []).append(trial)
    return Missing(
        statement=_statement(analysis, len(failed), others),
        problems=tuple(
            Problem(
                error=one_line(error, LONGEST),
                number=len(own),
                trials=tuple(_named(own, amounts)),
                advice=advice(error),
                traceback=f"trials/{own[0].key.system}/{own[0].key.fraction}/{own[0].key.seed}/failure.json",
            )
            for error, own in sorted(by_error.items(), key=lambda item: -len(item[1]))
        ),
        others=tuple(f"{named}: {reason}" for reason, own in by_reason.items() for named in _named(own, amounts)),
        command=commands(analysis)[0],
    )


def advice(error: str) -> str:
    """Say what helps against an error."""
    return next((helps for pattern, helps in ADVICE if re.search(pattern, error, re.IGNORECASE)), OTHERWISE)


def _statement(analysis: Analysis, failed: int, others: Sequence[TrialProgress]) -> str:
    not_run = sum(trial.status is TrialStatus.missing for trial in others)
    stale = len(others) - not_run
    parts = [
        f"{count(failed)} failed",
        f"{count(not_run)} {'has' if not_run == 1 else 'have'} not run",
        f"the {'result' if stale == 1 else 'results'} of {count(stale)} {'does' if stale == 1 else 'do'} not count",
    ]
    parts = [part for part, number in zip(parts, (failed, not_run, stale), strict=True) if number]
    done = f"{count(analysis.done)} of {count(analysis.planned)} trials are done"
    return f"{done}; {listed(parts)}. The results below use the finished trials only and may change."


def _reason(trial: TrialProgress) -> str:
    return trial.why if trial.status is TrialStatus.missing else f"{trial.status.value}, {trial.why}"


def _named(trials: Sequence[TrialProgress], amounts: dict[str, str]) -> list[str]:
    """Name trials by system and amount of data: `sprm with 250 images (25 %), seeds 3 and 4`."""
    seeds: dict[tuple[str, str], list[str]] = {}
    for trial in trials:
        seeds.setdefault((trial.key.system, trial.key.fraction), []).append(str(trial.key.seed))
    return [
        f"{system} with {amounts[label]}, {'seed' if len(own) == 1 else 'seeds'} {listed(own)}"
        if label in amounts
        else system
        for (system, label), own in seeds.items()
    ]
