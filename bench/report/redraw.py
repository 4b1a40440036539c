"""Drawing a run's report anew while the run goes on, in a process of its own that nothing waits for."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from types import FrameType

from bench.report.reports_index import write_reports_index
from bench.report.write import draw_unfinished
from bench.store.portable_errors import told
from sprm.errors import one_line

POLITENESS = 10
"""By which trials go before it, as `nice` counts."""


def redraw(run: str, reports: str) -> None:
    """Draw a run's report and the index, and leave the process; with code 1 and a line on stderr where that failed.

    Args:
        run: the run folder.
        reports: folder for reports.
    """
    signal.signal(signal.SIGTERM, _leave)
    with suppress(OSError):
        os.nice(POLITENESS)
    folder = Path(run)
    try:
        draw_unfinished(folder, Path(reports) / folder.name)
        write_reports_index(Path(reports))
    except Exception as error:
        sys.stderr.write(one_line(told(error), 300) + "\n")
        sys.exit(1)


def _leave(number: int, frame: FrameType | None) -> None:
    # A file that is being written is taken away on the way out.
    sys.exit(0)
