"""The command line: what each command takes and says of itself; `bench.cli.commands` does the work.

Nothing heavy is imported here, so that `--help` answers at once.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EACCES, EEXIST, ENOSPC, ENOTDIR, EPERM, EROFS
from pathlib import Path
from tempfile import mkstemp
from traceback import format_exception
from typing import Annotated

import typer

from bench.cli.exit_codes import INCOMPLETE, INTERRUPTED, PIPE_CLOSED, UNEXPECTED, WRONG_USE
from bench.cli.terminal import prepare_streams, reader_has_left
from sprm.errors import ResultsError, SprmError
from sprm.files.paths import absence, expanded

app = typer.Typer(
    name="bench",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="How much training data does weakly-supervised visual grounding need? Trains SPRM on fractions of a"
    " training set, tests the results statistically and writes a report.",
    epilog="Exit codes: 0 success, 1 some trials failed, 2 wrong usage, or a mistake in the protocol or the data, 3"
    " results incomplete, 70 unexpected error, 130 interrupted, 141 output pipe closed early; `verdicts` also returns 4"
    " if a claim is refuted, 5 if one is undecided.",
)


def _path(text: str) -> Path:
    """Read a path as it is meant: `~` is the home folder, and `.` and `..`, which name nothing, what they stand for."""
    if not text:
        raise typer.BadParameter("expected a path, found an empty string")
    try:
        path = expanded(text)
    except SprmError as error:
        raise typer.BadParameter(str(error)) from error
    return path.resolve() if path.name in ("", "..") else path


ProtocolPath = Annotated[Path, typer.Argument(metavar="PROTOCOL", help="A protocol file.", parser=_path)]
ProtocolOrRun = Annotated[
    Path,
    typer.Argument(
        metavar="PROTOCOL|RUN", help="A protocol file, or a run folder inside the results folder.", parser=_path
    ),
]
Overrides = Annotated[
    list[str],
    typer.Option("--set", metavar="KEY=VALUE", help="Override a protocol value by its dotted key; repeatable."),
]
Results = Annotated[Path, typer.Option(metavar="DIR", help="Folder for results.", parser=_path)]
Reports = Annotated[Path, typer.Option(metavar="DIR", help="Folder for reports.", parser=_path)]
Workers = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="Parallel trials (default: all CPUs; 1 on a GPU)."),
]
Readers = Annotated[
    int | None,
    typer.Option("--workers", min=1, metavar="N", help="Processes that read files (default: all CPUs)."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


@app.command()
def run(
    protocol: ProtocolPath,
    overrides: Overrides = [],  # noqa: B006
    results: Results = Path("results"),
    reports: Reports = Path("reports"),
    workers: Workers = None,
    as_json: AsJson = False,
) -> None:
    """Run the missing trials, write the report and print its path.

    Finished trials are kept: after an interruption, the same command continues where it stopped.
    """
    with _leaving():
        from bench.cli import commands

        raise typer.Exit(commands.run(protocol, overrides, results, reports, workers, as_json))


@app.command()
def plan(
    protocol: ProtocolPath,
    overrides: Overrides = [],  # noqa: B006
    results: Results = Path("results"),
    workers: Workers = None,
    power: Annotated[
        bool, typer.Option("--power", help="Show the statistical power of each claim instead of the trials.")
    ] = False,
    pilot: Annotated[
        Path | None,
        typer.Option(
            metavar="RUN",
            help="With --power: estimate the variance from this run; by default, from this protocol's own run.",
            parser=_path,
        ),
    ] = None,
    spread: Annotated[
        tuple[float, float, float] | None,
        typer.Option(
            "--sd",
            metavar="SEED IMAGE INTERACTION",
            help="With --power: standard deviations of the difference between two systems (0.01 is one point), instead"
            " of estimates from a run.",
        ),
    ] = None,
    images: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="N", help="With --power: assume N test images, instead of those of the prepared corpus."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List every trial with its status and estimated time.

    No trial is started. The corpus must have been prepared (see `prepare`).
    """
    if power:
        with _leaving():
            from bench.cli import claim_commands

            raise typer.Exit(claim_commands.power(protocol, overrides, results, pilot, spread, images, as_json))
    for option, given in (("--pilot", pilot), ("--sd", spread), ("--images", images)):
        if given is not None:
            raise typer.BadParameter("only valid together with --power", param_hint=option)
    with _leaving():
        from bench.cli import commands

        raise typer.Exit(commands.plan(protocol, overrides, results, workers, as_json))


@app.command()
def status(
    of: ProtocolOrRun,
    overrides: Overrides = [],  # noqa: B006
    results: Results = Path("results"),
    as_json: AsJson = False,
) -> None:
    """Count finished and missing trials, and say why trials failed."""
    with _leaving():
        from bench.cli import commands

        raise typer.Exit(commands.status(of, overrides, results, as_json))


@app.command()
def report(
    of: ProtocolOrRun,
    overrides: Overrides = [],  # noqa: B006
    results: Results = Path("results"),
    reports: Reports = Path("reports"),
    as_json: AsJson = False,
) -> None:
    """Write the report from the results so far and print its path."""
    with _leaving():
        from bench.cli import commands

        raise typer.Exit(commands.report(of, overrides, results, reports, as_json))


@app.command()
def verdicts(
    of: ProtocolOrRun,
    overrides: Overrides = [],  # noqa: B006
    results: Results = Path("results"),
    as_json: AsJson = False,
) -> None:
    """Print the verdict on each claim, without writing a report.

    Exit codes: 0 if every claim is supported, 4 if one is refuted, 5 if none is refuted but one is inconclusive or not
    testable. If trials failed or are missing, the exit code is 1 or 3, as for `status`.
    """
    with _leaving():
        from bench.cli import claim_commands

        raise typer.Exit(claim_commands.verdicts(of, overrides, results, as_json))


@app.command()
def doctor(
    protocol: ProtocolPath,
    overrides: Overrides = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Check which files a protocol needs and where to get them.

    Also shows the disk space needed to prepare the corpus, and the CPUs, threads and memory of this machine. Exits
    with 2 if something is missing.
    """
    with _leaving():
        from bench.cli import commands

        raise typer.Exit(commands.doctor(protocol, overrides, as_json))


@app.command()
def prepare(
    protocol: ProtocolPath,
    overrides: Overrides = [],  # noqa: B006
    workers: Readers = None,
    as_json: AsJson = False,
) -> None:
    """Build a protocol's corpus in the cache and print its folder.

    A corpus that has been built already is reused. After an interruption, the same command continues where it stopped.
    """
    with _leaving():
        from bench.cli import commands

        raise typer.Exit(commands.prepare(protocol, overrides, workers, as_json))


@app.command()
def validate(
    protocols: Annotated[list[Path], typer.Argument(metavar="PROTOCOL", help="Protocol files.", parser=_path)],
    overrides: Overrides = [],  # noqa: B006
) -> None:
    """Check protocol files and list every mistake in them."""
    with _leaving():
        from bench.cli import commands

        raise typer.Exit(commands.validate(protocols, overrides))


@app.command()
def schema() -> None:
    """Print the JSON schema of protocol files."""
    with _leaving():
        from bench.cli import commands

        raise typer.Exit(commands.schema())


@app.command()
def subsets(
    protocol: ProtocolPath,
    overrides: Overrides = [],  # noqa: B006
    results: Results = Path("results"),
    verify: Annotated[bool, typer.Option("--verify", help="Only check the lists on disk.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write or check the lists of image ids of the training subsets.

    The lists are written to the run folder.
    """
    with _leaving():
        from bench.cli import commands

        raise typer.Exit(commands.subsets(protocol, overrides, results, verify, as_json))


@app.command()
def speed(
    protocol: Annotated[
        Path | None,
        typer.Argument(metavar="PROTOCOL", help="Also estimate how long this protocol will take.", parser=_path),
    ] = None,
    overrides: Overrides = [],  # noqa: B006
    results: Results = Path("results"),
    workers: Workers = None,
    quick: Annotated[bool, typer.Option("--quick", help="Measure at small sizes: seconds instead of minutes.")] = False,
    as_json: AsJson = False,
) -> None:
    """Measure the training speed of this machine.

    A training step is compared with the reference implementation of the equations and with a lower bound, the time of
    its matrix products alone. Without --quick this takes about 10 minutes, 7 GB of memory and 5 GB of disk in the
    temporary folder.
    """
    with _leaving():
        from bench.cli import commands

        raise typer.Exit(commands.speed(protocol, overrides, results, workers, quick, as_json))


@contextmanager
def _leaving() -> Iterator[None]:
    """Let a command's mistakes in input become a message without a traceback, and an exit code.

    What a command needs is imported inside, so that what fails in it is told, too.
    """
    prepare_streams()
    # Whoever ends the process in an orderly way wants its workers ended, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
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
    # A full disk is told without a file's name, and some libraries give no `strerror`.
    problem = error.strerror or str(error)
    if error.errno == ENOSPC:
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
