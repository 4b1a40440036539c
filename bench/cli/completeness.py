"""How complete a run is, as an exit code."""

from __future__ import annotations

from collections.abc import Sequence

from bench.cli.exit_codes import INCOMPLETE, OK, SOME_FAILED
from bench.trials.status import TrialStatus


def completeness(statuses: Sequence[TrialStatus]) -> int:
    """Return the exit code that goes with the statuses of a run's trials."""
    if TrialStatus.failed in statuses:
        return SOME_FAILED
    return OK if all(status.is_settled for status in statuses) else INCOMPLETE
