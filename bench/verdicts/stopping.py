"""Whether a group-sequential plan lets a run stop, and which of its trials are then not needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench.analysis.evidence import Evidence
from bench.analysis.looks import reached
from bench.stats import Look
from bench.trials.status import TrialProgress, TrialStatus
from bench.verdicts.judge import judge_at
from bench.verdicts.verdict import Verdict


@dataclass(frozen=True)
class Standing:
    """How far a run is in its plan.

    Attributes:
        look: the latest that is complete.
        verdicts: on the protocol's claims, at that look.
    """

    look: Look
    verdicts: tuple[Verdict, ...]

    @property
    def open(self) -> tuple[str, ...]:
        """Names of the claims that more seeds could decide."""
        return tuple(verdict.claim.name for verdict in self.verdicts if verdict.is_open)

    @property
    def is_decided(self) -> bool:
        """Whether there are claims and none of them is open."""
        return bool(self.verdicts) and not self.open


def standing(evidence: Evidence) -> Standing | None:
    """Judge a run at the latest look that is complete; None without a plan, and before the first look."""
    looks = reached(evidence) if evidence.protocol.sequential is not None else ()
    return Standing(looks[-1], judge_at(looks[-1], evidence.protocol.claims, evidence)) if looks else None


def as_needed(progress: Sequence[TrialProgress], at: Standing | None) -> list[TrialProgress]:
    """Mark the trials beyond the look at which every claim is decided as not needed.

    A run of which a later trial is done or failed did not stop there, so that none of its trials is marked: what it
    lacks is missing, and what failed has failed.
    """
    if at is None or not at.is_decided:
        return list(progress)
    beyond = [trial for trial in progress if trial.key.seed >= at.look.seeds]
    if any(trial.status in (TrialStatus.done, TrialStatus.failed) for trial in beyond):
        return list(progress)
    why = f"every claim is decided at look {at.look.number} of {len(at.look.looks)}"
    return [
        replace(trial, status=TrialStatus.not_needed, why=why) if trial.key.seed >= at.look.seeds else trial
        for trial in progress
    ]
