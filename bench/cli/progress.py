"""What a person sees while a run works: a live display in a terminal, plain lines anywhere else.

All of it goes to stderr; stdout is for data.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from threading import Event, Thread
from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.progress_bar import ProgressBar
from rich.status import Status
from rich.table import Table
from rich.text import Text

from bench.store.ledger import Ledger
from bench.store.records import Running, TrialKey
from bench.text.durations import estimated, spoken
from bench.text.numbers import NONE
from bench.trials.cost import together
from bench.trials.jobs import Job
from bench.trials.worker import Finished

LINE_INTERVAL = 5.0
"""Seconds between two plain lines about the same stage of preparing a corpus."""
TRAINING_INTERVAL = 30.0
"""Seconds between two plain lines about the same training."""


class PreparationDisplay:
    """Shows how far the building of a corpus is; an instance is the callback that `prepare` takes.

    Args:
        console: writes to stderr.
        clock: seconds from any fixed moment.
    """

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._clock = clock
        columns = (
            BarColumn(30),
            TextColumn("{task.description}", markup=False),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        self._bar = Progress(*columns, console=console, transient=True)
        self._stages: dict[str, TaskID] = {}
        self._begun: dict[str, tuple[float, int]] = {}
        self._told_at = 0.0

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show that a stage has done some of its total."""
        now = self._clock()
        new = stage not in self._begun
        began, had = self._begun.setdefault(stage, (now, done))
        if self._console.is_terminal:
            if new:
                self._stages[stage] = self._bar.add_task(stage, total=total)
            self._bar.start()
            self._bar.update(self._stages[stage], completed=done, total=total)
        elif new or now - self._told_at > LINE_INTERVAL:
            self._told_at = now
            # What an earlier call had done tells nothing of the speed of this one.
            left = (total - done) * (now - began) / (done - had) if done > had else 0
            time_left = f", {estimated(left)} left" if left else ""
            self._console.print(Text(f"{stage} {done:,}/{total:,}{time_left}"), soft_wrap=True)

    def __enter__(self) -> PreparationDisplay:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._console.is_terminal:
            self._bar.stop()


class TrialDisplay:
    """Shows which trials run and how far their trainings are, how many are done and how long the rest will take.

    Args:
        console: writes to stderr.
        ledger: of the run, where trials at work write how far they are.
        clock: seconds from any fixed moment.
    """

    def __init__(self, console: Console, ledger: Ledger, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._ledger = ledger
        self._clock = clock
        self._over = Event()
        self._live: Live | None = None
        self._total = self._done = self._failed = self._workers = 0
        self._waiting: list[Job] = []
        self._at_work: dict[Job, float] = {}
        # By the system whose training a job has.
        self._work_done = defaultdict[str, float](float)
        self._seconds_done = defaultdict[str, float](float)
        self._ended: set[TrialKey] = set()

    def begin(self, total: int, done: int, queue: Sequence[Job], workers: int) -> None:
        """Start showing a run.

        Args:
            total: trials of the plan.
            done: those that need not run.
            queue: the jobs of the others, in the order in which workers start them.
            workers: jobs that can be at work at a time.
        """
        self._total, self._done, self._workers = total, done, workers
        self._waiting = list(queue)
        if not self._waiting:
            return
        at_once = min(workers, len(self._waiting))
        # A cluster may have no workers yet.
        beginning = f"{total - done} of {total} trials to run{f', {at_once} in parallel' if at_once else ''}"
        self._console.print(Text(beginning))
        if self._console.is_terminal:
            self._live = Live(get_renderable=self.render, console=self._console, refresh_per_second=2)
            self._live.start()
        else:
            Thread(target=self._print_trainings, daemon=True).start()

    def stage(self, what: str) -> Status:
        """Show what is done before any trial runs, as long as the block that the answer is used for."""
        return self._console.status(Text(what))

    def started(self, job: Job) -> None:
        """Note that a worker has a job of the queue."""
        self._at_work[job] = self._clock()

    def note(self, what: str) -> None:
        """Print what happened, in one line."""
        self._console.print(Text(what), soft_wrap=True)

    def ended(self, job: Job, finished: Sequence[Finished]) -> None:
        """Note that trials of a job of the queue ended; it is over when all of them have."""
        self._ended.update(trial.key for trial in finished)
        if all(trial.key in self._ended for trial in job.trials):
            self._waiting = [waiting for waiting in self._waiting if waiting is not job]
            self._at_work.pop(job, None)
        efforts = {trial.key: effort for trial, effort in job.efforts.items()}
        for trial in finished:
            effort = efforts[trial.key]
            self._done += 1
            if trial.problem is not None:
                self._failed += 1
            elif not trial.by_another:
                self._work_done[job.trials[0].key.system] += effort
                self._seconds_done[job.trials[0].key.system] += trial.seconds
            if self._live is None or trial.problem is not None:
                self._console.print(self._line(trial), soft_wrap=True)
            for note in trial.notes:
                self._console.print(Text(f"{_name(trial.key, _systems(job))}: {note}"), soft_wrap=True)

    def seconds_left(self) -> float | None:
        """Estimate the time left from the trials that ended and the steps of those at work; None before any."""
        now = self._clock()
        ran = {job: now - since for job, since in list(self._at_work.items())}
        # Between two looks at what has started, a job may have ended.
        steps = {job: training for job, training in self._trainings().items() if job in ran}
        share = {job: training.step / training.steps for job, training in steps.items()}
        # A training that went on from a checkpoint has taken longer than since it was started here.
        seconds, work = self._seconds_done.copy(), self._work_done.copy()
        for job, training in steps.items():
            seconds[job.trials[0].key.system] += training.seconds
            work[job.trials[0].key.system] += job.effort * share[job]
        if not sum(seconds.values()) or not sum(work.values()):
            return None
        # Steps of one system may take ten times as long as those of another.
        usual = sum(seconds.values()) / sum(work.values())
        rates = {system: seconds[system] / work[system] for system in seconds if work[system]}
        left = [
            steps[job].seconds_left
            if job in steps
            else max(job.effort * rates.get(job.trials[0].key.system, usual) - ran.get(job, 0.0), 0.0)
            for job in self._waiting
        ]
        return together(left, max(len(ran), self._workers, 1))

    def render(self) -> RenderableType:
        """Draw the live display."""
        now = self._clock()
        head = Table.grid(padding=(0, 2))
        head.add_row(ProgressBar(self._total, self._done, width=30), self._counts(), self._time_left())
        running = Table.grid(padding=(0, 2))
        for _ in range(4):
            running.add_column(no_wrap=True)
        running.add_column(no_wrap=True, overflow="ellipsis")
        trainings = self._trainings()
        for job, since in list(self._at_work.items()):
            training, key = trainings.get(job), job.trials[0].key
            running.add_row(
                Text(f"  {_systems(job)}"),
                Text(_fraction(key.fraction)),
                Text(f"seed {key.seed}"),
                Text(spoken(now - since), style="dim"),
                Text("" if training is None else ", ".join(_far(training))),
            )
        return Group(head, running)

    def close(self) -> None:
        """Stop drawing and leave the last state on the screen."""
        self._over.set()
        if self._live is not None:
            self._at_work = {}
            self._live.stop()
            self._live = None

    def _trainings(self) -> dict[Job, Running]:
        """Return how far those of the jobs at work are that are in training."""
        written = {job: self._ledger.running(job.trials[0].key) for job in list(self._at_work)}
        return {job: training for job, training in written.items() if training is not None}

    def _print_trainings(self) -> None:
        while not self._over.wait(TRAINING_INTERVAL):
            for job, training in self._trainings().items():
                name = _name(job.trials[0].key, _systems(job))
                self._console.print(Text(f"{name}: {', '.join(_far(training))}"), soft_wrap=True)

    def _counts(self) -> Text:
        counts = Text(f"{self._done}/{self._total} trials")
        if self._failed:
            counts.append(f", {self._failed} failed", style="bold red")
        return counts

    def _time_left(self) -> str:
        left = self.seconds_left()
        if left is None or not self._waiting:
            return ""
        return f"{estimated(left)} left"

    def _line(self, finished: Finished) -> Text:
        key = finished.key
        text = Text(f"{self._done}/{self._total} {_name(key, key.system)}: ")
        if finished.problem is not None:
            return text.append(f"failed: {finished.problem}", style="red")
        text.append(f"accuracy {finished.accuracy:.3f} in {spoken(finished.seconds)}")
        text.append(" elsewhere" if finished.by_another else "")
        left = self._time_left()
        return text.append(f", {left}" if left else "")


def _systems(job: Job) -> str:
    """Name the systems of a job, each once: `sprm, refinement`; a training may serve several seeds of one."""
    return ", ".join(dict.fromkeys(trial.key.system for trial in job.trials))


def _name(key: TrialKey, systems: str) -> str:
    return f"{systems} {_fraction(key.fraction)} seed {key.seed}"


def _far(training: Running) -> tuple[str, ...]:
    """Write how far a training is: `12 min left`, `epoch 2/5`, `step 1,200/9,300`, `loss -0.312`, `850 sentences/s`.

    What matters most comes first, for a narrow terminal cuts the end off.
    """
    return (
        f"{spoken(training.seconds_left)} left",
        f"epoch {training.epoch}/{training.epochs}",
        f"step {training.step:,}/{training.steps:,}",
        f"loss {NONE if training.loss is None else f'{training.loss:.3f}'}",
        f"{training.sentences_per_second:,.0f} sentences/s",
    )


def _fraction(label: str) -> str:
    """Return a fraction label as a person reads it: `5 %`, `16 images`, `untrained`."""
    if label == "0":
        return "untrained"
    shots = label.removesuffix("-images")
    if shots == label:
        return f"{float(label) * 100:g} %"
    return "1 image" if shots == "1" else f"{shots} images"
