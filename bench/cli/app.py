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
    " training set, tests what comes of it and writes a report.",
    epilog="Exit codes: 0 fine, 1 some trials failed, 2 wrong use, protocol or data, 3 results incomplete,"
    " 70 an unexpected error, 130 interrupted, 141 the reader of the answer has closed the pipe; of verdicts also 4 a"
    " claim is refuted, 5 one is left open.",
)


def _path(text: str) -> Path:
    """Read a path as it is meant: `~` is the home folder, and `.` and `..`, which name nothing, what they stand for."""
    if not text:
        raise typer.BadParameter("expected a path, found nothing")
    try:
        path = expanded(text)
    except SprmError as error:
        raise typer.BadParameter(str(error)) from error
    return path.resolve() if path.name in ("", "..") else path


ProtocolPath = Annotated[Path, typer.Argument(metavar="PROTOCOL", help="A protocol file.", parser=_path)]
ProtocolOrRun = Annotated[
    Path,
    typer.Argument(metavar="PROTOCOL|RUN", help="A protocol file, or a run's folder under results.", parser=_path),
]
Overrides = Annotated[
    list[str],
    typer.Option("--set", metavar="KEY=VALUE", help="Override a value by its dotted path; may be repeated."),
]
Results = Annotated[Path, typer.Option(metavar="DIR", help="Where runs keep their results.", parser=_path)]
Reports = Annotated[Path, typer.Option(metavar="DIR", help="Where reports are written.", parser=_path)]
Workers = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="Trials at work at a time.", show_default="all CPUs")
]
Readers = Annotated[
    int | None,
    typer.Option("--workers", min=1, metavar="N", help="Processes that read files.", show_default="all CPUs"),
]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


@app.command()
def run(
    protocol: ProtocolPath,
    overrides: Overrides = [],  # noqa: B006
    results: Results = Path("results"),
    reports: Reports = Path("reports"),
    workers: Workers = None,
    as_json: AsJson = False,
) -> None:
    """Run the trials that are missing and write the report; prints the report's path.

    Running it again does only what is missing, so an interrupted run goes on where it stopped.
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
        bool, typer.Option("--power", help="Tell instead what the seeds and test images can show of each claim.")
    ] = False,
    pilot: Annotated[
        Path | None,
        typer.Option(
            metavar="RUN",
            help="With --power: the run whose spread is taken; by default this protocol's own.",
            parser=_path,
        ),
    ] = None,
    spread: Annotated[
        tuple[float, float, float] | None,
        typer.Option(
            "--sd",
            metavar="SEED IMAGE INTERACTION",
            help="With --power: standard deviations of the difference of two systems, as shares, instead of a pilot.",
        ),
    ] = None,
    images: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="With --power: test images to plan with, instead of the built corpus's."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List every trial with its state, why, and how long it should take; starts nothing.

    The protocol's corpus has to be built; `prepare` does it.
    """
    if power:
        with _leaving():
            from bench.cli import claim_commands

            raise typer.Exit(claim_commands.power(protocol, overrides, results, pilot, spread, images, as_json))
    for option, given in (("--pilot", pilot), ("--sd", spread), ("--images", images)):
        if given is not None:
            raise typer.BadParameter("goes with --power", param_hint=option)
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
    """Count what is done and what is missing, and tell why trials failed."""
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
    """Write the report of what there is, complete or not; prints its path."""
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
    """Tell what became of each claim; draws nothing.

    Exits with 0 when every claim is supported, with 4 when one is refuted, with 5 when none is refuted and one is left
    open or cannot be tested; with 1 or 3 as `status` does when trials failed or are missing.
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
    """Tell which files a protocol needs, which are missing, where to get them and where to put them.

    Also tells the disk space that building its corpus takes, CPUs, threads and memory. Exits with 2 when something is
    missing.
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
    """Build a protocol's corpus in the cache, unless it is there; prints its folder.

    Interrupted, it keeps what it has read, and the same command goes on from there.
    """
    with _leaving():
        from bench.cli import commands

        raise typer.Exit(commands.prepare(protocol, overrides, workers, as_json))


@app.command()
def validate(
    protocols: Annotated[list[Path], typer.Argument(metavar="PROTOCOL...", help="Protocol files.", parser=_path)],
    overrides: Overrides = [],  # noqa: B006
) -> None:
    """Check protocol files and tell every mistake in them."""
    with _leaving():
        from bench.cli import commands

        raise typer.Exit(commands.validate(protocols, overrides))


@app.command()
def schema() -> None:
    """Print the JSON schema of a protocol."""
    with _leaving():
        from bench.cli import commands

        raise typer.Exit(commands.schema())


@app.command()
def subsets(
    protocol: ProtocolPath,
    overrides: Overrides = [],  # noqa: B006
    results: Results = Path("results"),
    verify: Annotated[bool, typer.Option("--verify", help="Check the lists on disk, write none.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write the training subsets' id lists into the run's folder, or check those that are there."""
    with _leaving():
        from bench.cli import commands

        raise typer.Exit(commands.subsets(protocol, overrides, results, verify, as_json))


@app.command()
def speed(
    protocol: Annotated[
        Path | None, typer.Argument(metavar="[PROTOCOL]", help="Tell how long this protocol will take.", parser=_path)
    ] = None,
    overrides: Overrides = [],  # noqa: B006
    results: Results = Path("results"),
    workers: Workers = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Measure at small sizes, in seconds instead of minutes.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Measure how fast this machine trains, against the plain equations and the arithmetic that cannot be avoided.

    Without --quick it takes minutes, 7 GB of memory and, in the temporary folder, 5 GB of disk.
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
        problem += "; what is finished is kept, and the same command goes on (BENCH_CACHE moves what is built)"
    if error.filename is None:
        return problem
    path = Path(os.fsdecode(error.filename))
    # Something else stands where a folder was to be made.
    if error.errno in (EEXIST, ENOTDIR) and not path.is_dir():
        problem = absence(path, folder=True)
    if (named := os.environ.get("BENCH_CACHE")) and path.is_relative_to(Path(named).absolute()):
        return f"{path}: {problem}; BENCH_CACHE names that folder"
    if error.errno in (EACCES, EPERM, EROFS):
        problem += "; where it was to be written, --results, --reports or BENCH_CACHE names another place"
    return f"{path}: {problem}"


def _unexpected(error: Exception) -> str:
    """Write down where an error came from that nobody foresaw, and say where that stands."""
    what = " ".join(f"{type(error).__name__}: {error}".split())
    try:
        number, name = mkstemp(prefix="bench-traceback-", suffix=".txt", text=True)
        with os.fdopen(number, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.writelines(format_exception(error))
    except OSError:
        return f"unexpected, please report it: {what}, at {' '.join(format_exception(error)[-2].split())}"
    return f"unexpected, please report it: {what}; where it came from is written to {name}"


def _complain(message: str) -> None:
    label = typer.style("error:", fg="red", bold=True) if sys.stderr.isatty() else "error:"
    typer.echo(f"{label} {message}", err=True)
