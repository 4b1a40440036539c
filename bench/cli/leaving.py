"""How a command ends: with an exit code, and what went wrong told in a line, without a traceback."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from errno import EACCES, EEXIST, ENOTDIR, EPERM, EROFS
from pathlib import Path
from tempfile import mkstemp
from traceback import format_exception

import typer

from bench.cli.exit_codes import INCOMPLETE, INTERRUPTED, PIPE_CLOSED, UNEXPECTED, WRONG_USE
from bench.cli.terminal import prepare_streams, reader_has_left
from sprm.errors import ResultsError, SprmError
from sprm.files.atomic_file import NO_SPACE
from sprm.files.paths import absence


@contextmanager
def leaving(plugins: Sequence[Path] = ()) -> Iterator[None]:
    """Let a command's mistakes in input become a message without a traceback, and an exit code.

    What a command needs is imported inside, so that its errors are reported in the same way.

    Args:
        plugins: files of what it needs from outside the project.
    """
    prepare_streams()
    # Whoever ends the process in an orderly way wants its workers ended, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if plugins:
            # It imports all kinds of everything.
            from bench.protocol.plugins import load_plugins

            load_plugins(plugins)
        yield
    except typer.Exit as end:
        code = end.exit_code
    except SprmError as error:
        _complain(str(error))
        code = INCOMPLETE if isinstance(error, ResultsError) else WRONG_USE
    except KeyboardInterrupt:
        typer.echo("Interrupted.", err=True)
        code = INTERRUPTED
    except OSError as error:
        _complain(_in_words(error))
        code = WRONG_USE
    except Exception as error:
        _complain(_unexpected(error))
        code = UNEXPECTED
    raise typer.Exit(PIPE_CLOSED if reader_has_left() else code)


def _in_words(error: OSError) -> str:
    """Say what the system refused, where, and what helps."""
    # A full disk is reported without a file's name, and some libraries give no `strerror`.
    problem = error.strerror or str(error)
    if error.errno in NO_SPACE:
        problem += "; finished work is kept, and the same command continues (BENCH_CACHE sets another cache folder)"
    if error.filename is None:
        return problem
    path = Path(os.fsdecode(error.filename))
    # Something else stands where a folder was to be made.
    if error.errno in (EEXIST, ENOTDIR) and not path.is_dir():
        problem = absence(path, folder=True)
    if (named := os.environ.get("BENCH_CACHE")) and path.is_relative_to(Path(named).absolute()):
        return f"{path}: {problem}; this folder is set by BENCH_CACHE"
    if error.errno in (EACCES, EPERM, EROFS):
        problem += "; --results, --reports or BENCH_CACHE choose another folder to write to"
    return f"{path}: {problem}"


def _unexpected(error: Exception) -> str:
    """Write down where an error came from that nobody foresaw, and say where that stands."""
    what = " ".join(f"{type(error).__name__}: {error}".split())
    try:
        number, name = mkstemp(prefix="bench-traceback-", suffix=".txt", text=True)
        with os.fdopen(number, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.writelines(format_exception(error))
    except OSError:
        return f"unexpected error, please report it: {what}, at {' '.join(format_exception(error)[-2].split())}"
    return f"unexpected error, please report it: {what}; the traceback is in {name}"


def _complain(message: str) -> None:
    label = typer.style("error:", fg="red", bold=True) if sys.stderr.isatty() else "error:"
    typer.echo(f"{label} {message}", err=True)
