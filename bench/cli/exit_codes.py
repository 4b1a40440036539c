"""What a command tells the shell that called it."""

from __future__ import annotations

OK, SOME_FAILED, WRONG_USE, INCOMPLETE, REFUTED, LEFT_OPEN = range(6)
UNEXPECTED, INTERRUPTED, PIPE_CLOSED = 70, 130, 141
