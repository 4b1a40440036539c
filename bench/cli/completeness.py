"""How complete a run is, as an exit code."""

from __future__ import annotations

from collections.abc import Sequence

from bench.cli.exit_codes import INCOMPLETE, OK, SOME_FAILED
from bench.trials.status import State


def completeness(states: Sequence[State]) -> int:
    """Return the exit code that goes with the states of a run's trials."""
    if State.failed in states:
        return SOME_FAILED
    return OK if all(state is State.done for state in states) else INCOMPLETE
