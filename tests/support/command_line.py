"""The command line beside a small protocol on the hand-made corpus."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flickr_folder import write_flickr_folder
from waiting import LONGEST
from warm_interpreter import WarmInterpreter

PROTOCOL = """\
name: tiny
corpus: {kind: flickr30k, root: data}
fractions: [0.5, 1.0]
seeds: 2
systems:
  random: {kind: random}
  oracle: {kind: oracle}
  prior: {kind: prior}
  sprm: {kind: sprm}
training: {epochs: 2, batch: 4, learning_rate: 1e-3}
claims:
  - {name: small-fraction, kind: competitive, system: sprm, margin: 0.05}
"""
READ_BY_IMPORTS = ("PYTHON", "JOBLIB_")
"""How the names of variables begin that are read before a command has begun."""


@cache
def warm_interpreter() -> WarmInterpreter:
    """Start the interpreter that commands of this process share."""
    return WarmInterpreter()


def _mind_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _with_one_worker(arguments: tuple[str, ...]) -> tuple[str, ...]:
    """Let a run have one worker unless it asks for more: every worker imports torch, which outlasts these trials."""
    if arguments[:1] == ("run",) and "--workers" not in arguments and "--help" not in arguments:
        return (*arguments, "--workers", "1")
    return arguments


@dataclass(frozen=True)
class CommandLine:
    """The command line as a person uses it: a process of its own, in a folder of its own."""

    folder: Path

    def __call__(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; one with variables for what is imported gets an interpreter of its own."""
        arguments = _with_one_worker(arguments)
        if not any(name.startswith(READ_BY_IMPORTS) for name in environment):
            return warm_interpreter()(arguments, self.folder, {**self._environment, **environment}, timeout=LONGEST)
        with self.started(*arguments, **environment) as process:
            stdout, stderr = process.communicate(timeout=LONGEST)
            return subprocess.CompletedProcess(arguments, process.returncode, stdout, stderr)

    @contextmanager
    def started(self, *arguments: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
        """Start a command in a process group of its own, of which nothing is left at the end."""
        arguments = _with_one_worker(arguments)
        with subprocess.Popen(
            [sys.executable, "-m", "bench", *arguments],
            cwd=self.folder,
            env={**self._environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            # What a shell has started in the background ignores interrupts, and so would whatever it starts.
            preexec_fn=_mind_interrupts,
        ) as process:
            try:
                yield process
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)

    @property
    def _environment(self) -> dict[str, str]:
        return {**os.environ, "BENCH_CACHE": str(self.folder / "cache"), "OMP_NUM_THREADS": "1"}

    def write(self, text: str, name: str = "protocol.yaml") -> None:
        """Write a file into the folder."""
        (self.folder / name).write_text(text, encoding="utf-8")

    @property
    def run_folder(self) -> Path:
        """The only run."""
        (folder,) = (self.folder / "results").iterdir()
        return folder

    @classmethod
    def at(cls, folder: Path) -> CommandLine:
        """Fill a folder with the hand-made corpus, `data`, and `protocol.yaml`."""
        write_flickr_folder(folder / "data")
        made = cls(folder)
        made.write(PROTOCOL)
        return made
