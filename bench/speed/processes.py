"""Measuring in processes of their own: alone for memory, several at once for throughput."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from types import TracebackType
from typing import Any, ParamSpec, TypeVar

from sprm.errors import SprmError, WorkerError
from sprm.plugins import Shipped

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

# A forked process would share what this one has loaded and computed; a spawned one starts from nothing.
_SPAWN = multiprocessing.get_context("spawn")


def alone(function: Callable[Arguments, Result], *arguments: Arguments.args, **options: Arguments.kwargs) -> Result:
    """Call a function in a fresh process that computes on one thread, and return what it returns.

    Raises:
        SprmError: the function raised it.
        WorkerError: the process ended without an answer.
    """
    with _Process(_answer_once, function, arguments, options) as process:
        result: Result = process.receive()
        return result


class Crew:
    """Processes that repeat a piece of work at the same time, each on one thread.

    Args:
        prepare: called once in each process; returns the works by name, each a function that returns how much it did.
        count: how many processes.
    """

    def __init__(self, prepare: Callable[..., dict[str, Callable[[], float]]], *arguments: Any, count: int) -> None:
        self._processes = [_Process(_answer_often, prepare, arguments) for _ in range(count)]

    def __enter__(self) -> Crew:
        for process in self._processes:
            process.__enter__()
        for process in self._processes:
            process.receive()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes:
            process.__exit__(kind, error, trace)

    def rate(self, work: str, count: int, seconds: float) -> float:
        """Return how much of a work the first `count` processes do in a second, all at it at once for `seconds`."""
        at_work = self._processes[:count]
        begin = time.monotonic() + 0.05
        for process in at_work:
            process.send((work, begin, begin + seconds))
        done: list[tuple[float, float]] = [process.receive() for process in at_work]
        return sum(amount / took for amount, took in done)


class _Process:
    """A spawned process at the other end of a pipe; it ends with the block."""

    def __init__(self, target: Callable[..., None], *arguments: Any) -> None:
        self._pipe, self._far_end = _SPAWN.Pipe()
        work = Shipped((target, arguments))
        self._process: SpawnProcess = _SPAWN.Process(target=_begin, args=(self._far_end, work), daemon=True)

    def __enter__(self) -> _Process:
        self._process.start()
        self._far_end.close()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pipe.close()
        self._process.kill()
        self._process.join()

    def send(self, message: object) -> None:
        self._pipe.send(message)

    def receive(self) -> Any:
        try:
            answer = self._pipe.recv()
        except EOFError as error:
            self._process.join()
            problem = f"a measuring process ended by itself (exit code {self._process.exitcode})"
            raise WorkerError(problem) from error
        if isinstance(answer, SprmError):
            raise answer
        return answer


def _begin(pipe: Connection, work: Shipped[tuple[Callable[..., None], Sequence[Any]]]) -> None:
    target, arguments = work.value
    target(pipe, *arguments)


def _answer_once(pipe: Connection, function: Callable[..., Any], arguments: Sequence[Any], options: Any) -> None:
    import torch

    torch.set_num_threads(1)
    try:
        answer = function(*arguments, **options)
    except SprmError as error:
        answer = error
    pipe.send(answer)


def _answer_often(pipe: Connection, prepare: Callable[..., Any], arguments: Sequence[Any]) -> None:
    import torch

    torch.set_num_threads(1)
    works = prepare(*arguments)
    for work in works.values():
        work()
    pipe.send("ready")
    while True:
        try:
            name, begin, end = pipe.recv()
        except EOFError:
            return
        time.sleep(max(begin - time.monotonic(), 0))
        done, started = 0.0, time.perf_counter()
        while time.monotonic() < end:
            done += works[name]()
        pipe.send((done, time.perf_counter() - started))
