"""Commands in processes of their own that need not import anything first.

Most of what a short command takes is imports. Here one interpreter imports what commands import and forks for each of
them; the process that comes of it has its own folder, environment and streams, and ends as any interpreter does. The
workers of a command are forks of it, too: importing torch anew would take them five times as long as a tiny run takes.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import threading
import warnings
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from descendants import kill_descendants
from joblib.externals.loky.backend.context import set_start_method
from places import ROOT

IMPORTED = (
    "bench.cli.app",
    *(f"bench.cli.commands.{path.stem}" for path in sorted((ROOT / "bench/cli/commands").glob("[!_]*.py"))),
    "bench.report.figures.accuracy",
    "bench.report.page",
    "bench.report.tables.accuracy",
    "sprm.corpus.build.prepare",
    "torch",
)
LONGEST = 1 << 20
"""Bytes of a request."""


class WarmInterpreter:
    """The client's side: starts the interpreter, asks it for one command at a time."""

    def __init__(self) -> None:
        self._start()
        atexit.register(self._end)

    def __call__(
        self, arguments: Sequence[str], folder: Path, environment: dict[str, str], timeout: float
    ) -> subprocess.CompletedProcess[str]:
        """Run `python -m bench` to its end."""
        request = json.dumps([list(arguments), str(folder), environment]).encode()
        with TemporaryFile("w+") as stdout, TemporaryFile("w+") as stderr:
            socket.send_fds(self._channel, [request], [stdout.fileno(), stderr.fileno()])
            self._channel.settimeout(timeout)
            try:
                code = json.loads(self._channel.recv(LONGEST))
            except TimeoutError:
                # Commands that come after have another one.
                self._end()
                self._start()
                raise
            for file in (stdout, stderr):
                file.seek(0)
            return subprocess.CompletedProcess(arguments, code, stdout.read(), stderr.read())

    def _start(self) -> None:
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, __file__], stdin=theirs.fileno(), stdout=subprocess.DEVNULL, cwd=ROOT
            )

    def _end(self) -> None:
        kill_descendants(self._process.pid)
        self._channel.close()
        self._process.wait()


def serve(channel: socket.socket) -> None:
    """Answer requests until the client goes; returns also in every process that is to become a command."""
    for name in IMPORTED:
        importlib.import_module(name)
    fork_workers()
    gc.freeze()
    while True:
        request, descriptors, *_ = socket.recv_fds(channel, LONGEST, 2)
        if not request:
            os._exit(0)
        child = os.fork()
        if child == 0:
            channel.close()
            arguments, folder, environment = json.loads(request)
            return become(arguments, folder, environment, descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        channel.send(json.dumps(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])).encode())


def fork_workers() -> None:
    """Let workers be forks, which is safe of a command: it has no threads but joblib's own."""
    set_start_method("fork")
    warnings.filterwarnings("ignore", message="`fork` start method should not be used", category=UserWarning)


def become(arguments: list[str], folder: str, environment: dict[str, str], descriptors: list[int]) -> None:
    """Give this process what a command is started with."""
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, descriptor in zip((1, 2), descriptors, strict=True):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["bench", *arguments]


if __name__ == "__main__":
    # Not this folder, in which there are other packages named like the project's.
    sys.path[0] = str(ROOT)
    with socket.socket(fileno=os.dup(0)) as requests:
        with Path(os.devnull).open() as nothing:
            os.dup2(nothing.fileno(), 0)
        serve(requests)
    sys.path[0] = str(Path.cwd())
    code: Any = 0
    try:
        runpy.run_module("bench", run_name="__main__", alter_sys=True)
    except SystemExit as end:
        code = end.code
    # An interpreter that ends takes apart all that it has imported, which takes longer than most commands.
    threading._shutdown()  # type: ignore[attr-defined]
    sys.stdout.flush()
    sys.stderr.flush()
    atexit._run_exitfuncs()
    os._exit(code)
