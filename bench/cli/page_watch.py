"""The report of a run that goes on, drawn anew whenever trials have ended."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from threading import Event, Lock, Thread
from types import TracebackType

from bench.report.write import PAGE, end_reloading
from bench.trials.backends.local import environments
from bench.trials.execute import TrialListener
from bench.trials.jobs import Job
from bench.trials.worker import Finished
from sprm.errors import one_line
from sprm.plugins import loaded

PAUSE = 9
"""How many times as long as a drawing took none is started, so that a tenth of the time at most goes into them."""
LEAVING = 10.0
"""Seconds that a drawing has to leave in an orderly way."""
# The child finds modules where this process does, and not in whatever folder that was called from.
PROGRAM = """
import json, sys
sys.path[:] = json.loads(sys.argv[1])
from sprm.plugins import Plugin
for path, source in json.load(sys.stdin):
    Plugin(path, source).load()
from bench.report.redraw import redraw
redraw(*sys.argv[2:])
"""


class PageWatch:
    """Draws the report of a run anew as long as it is open, in a process of its own, one drawing at a time.

    Nothing waits for a drawing and none can fail the run: an error is told in a line.

    Args:
        run: the run folder.
        reports: folder for reports.
        tell: is told a line of what went wrong.
        pause: how many times as long as a drawing took the next one is put off.
    """

    def __init__(self, run: Path, reports: Path, tell: Callable[[str], None], pause: float = PAUSE) -> None:
        self._run, self._reports, self._tell, self._pause = run, reports, tell, pause
        self._wanted, self._over = Event(), Event()
        self._lock = Lock()
        self._child: subprocess.Popen[str] | None = None
        self._told = ""
        self._thread = Thread(target=self._work, daemon=True)

    @property
    def page(self) -> Path:
        """Path of the page."""
        return self._reports / self._run.name / PAGE

    def redraw(self) -> None:
        """Have the page drawn anew, soon."""
        self._wanted.set()

    def __enter__(self) -> PageWatch:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End a drawing that is at work, and let the page be one that does not load itself again."""
        with self._lock:
            self._over.set()
            self._wanted.set()
            if self._child is not None:
                self._child.terminate()
        self._thread.join(LEAVING)
        with self._lock:
            if self._child is not None:
                self._child.kill()
        self._thread.join()
        with suppress(OSError):
            end_reloading(self.page.parent)

    def _work(self) -> None:
        while True:
            self._wanted.wait()
            if self._over.is_set():
                return
            self._wanted.clear()
            began = time.monotonic()
            self._draw()
            self._over.wait(self._pause * (time.monotonic() - began))

    def _draw(self) -> None:
        try:
            with self._lock:
                if self._over.is_set():
                    return
                self._child = self._started()
            _, problem = self._child.communicate(json.dumps([(each.path, each.source) for each in loaded()]))
            failed = self._child.returncode != 0 and not self._over.is_set()
        except OSError as error:
            failed, problem = True, str(error)
        finally:
            with self._lock:
                self._child = None
        if failed and problem != self._told:
            self._told = problem
            last = (problem.strip() or "its process was ended").splitlines()[-1]
            self._tell(f"The page could not be redrawn: {one_line(last, 300)}")

    def _started(self) -> subprocess.Popen[str]:
        (limits,) = environments(1, 1, [])
        return subprocess.Popen(
            # A session of its own, as the interrupt of a terminal goes to every process of this one.
            [sys.executable, "-P", "-c", PROGRAM, json.dumps(sys.path), str(self._run), str(self._reports)],
            env={**os.environ, **limits},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )


class WatchedTrials:
    """Notifies another listener, and has the page drawn anew when trials have ended.

    Args:
        listener: the other one.
        watch: draws the page.
    """

    def __init__(self, listener: TrialListener, watch: PageWatch) -> None:
        self._listener, self._watch = listener, watch
        self._has_result = False

    def stage(self, what: str) -> AbstractContextManager[object]:
        """Announce what is done before any trial runs."""
        return self._listener.stage(what)

    def begin(self, total: int, done: int, queue: Sequence[Job], workers: int) -> None:
        """Tell that jobs start."""
        self._listener.begin(total, done, queue, workers)
        self._has_result = done > 0
        if self._has_result:
            self._watch.redraw()

    def started(self, job: Job) -> None:
        """Tell that a worker has a job of the queue."""
        self._listener.started(job)

    def ended(self, job: Job, finished: Sequence[Finished]) -> None:
        """Tell that trials of a job of the queue ended."""
        self._listener.ended(job, finished)
        self._has_result = self._has_result or any(trial.problem is None for trial in finished)
        # Without any result there is nothing to draw.
        if self._has_result:
            self._watch.redraw()

    def note(self, what: str) -> None:
        """Tell a person what happened, in one line."""
        self._listener.note(what)
