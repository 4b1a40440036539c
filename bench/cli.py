"""The command line: what each command takes and says of itself; `bench.commands` does the work.

Nothing heavy is imported here, so that `--help` answers at once.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from errno import ENOSPC
from pathlib import Path
from typing import Annotated

import typer

from sprm.errors import ResultsError, SprmError

OK, SOME_FAILED, WRONG_USE, INCOMPLETE, REFUTED, LEFT_OPEN, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130

app = typer.Typer(
    name="bench",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="How much training data does weakly-supervised visual grounding need? Trains SPRM on fractions of a"
    " training set, tests what comes of it and writes a report.",
    epilog="Exit codes: 0 fine, 1 some trials failed, 2 wrong use, protocol or data, 3 results incomplete,"
    " 130 interrupted; of verdicts also 4 a claim is refuted, 5 one is left open.",
)

ProtocolPath = Annotated[Path, typer.Argument(metavar="PROTOCOL", help="A protocol file.")]
ProtocolOrRun = Annotated[
    Path, typer.Argument(metavar="PROTOCOL|RUN", help="A protocol file, or a run's folder under results.")
]
Overrides = Annotated[
    list[str],
    typer.Option("--set", metavar="KEY=VALUE", help="Override a value by its dotted path; may be repeated."),
]
Results = Annotated[Path, typer.Option(metavar="DIR", help="Where runs keep their results.")]
Reports = Annotated[Path, typer.Option(metavar="DIR", help="Where reports are written.")]
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
    from bench import commands

    _leave(lambda: commands.run(protocol, overrides, results, reports, workers, as_json))


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
            metavar="RUN", help="With --power: the run whose spread is taken; by default this protocol's own."
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
    from bench import claim_commands, commands

    if power:
        _leave(lambda: claim_commands.power(protocol, overrides, results, pilot, spread, images, as_json))
    for option, given in (("--pilot", pilot), ("--sd", spread), ("--images", images)):
        if given is not None:
            raise typer.BadParameter("goes with --power", param_hint=option)
    _leave(lambda: commands.plan(protocol, overrides, results, workers, as_json))


@app.command()
def status(
    of: ProtocolOrRun,
    overrides: Overrides = [],  # noqa: B006
    results: Results = Path("results"),
    as_json: AsJson = False,
) -> None:
    """Count what is done and what is missing, and tell why trials failed."""
    from bench import commands

    _leave(lambda: commands.status(of, overrides, results, as_json))


@app.command()
def report(
    of: ProtocolOrRun,
    overrides: Overrides = [],  # noqa: B006
    results: Results = Path("results"),
    reports: Reports = Path("reports"),
    as_json: AsJson = False,
) -> None:
    """Write the report of what there is, complete or not; prints its path."""
    from bench import commands

    _leave(lambda: commands.report(of, overrides, results, reports, as_json))


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
    from bench import claim_commands

    _leave(lambda: claim_commands.verdicts(of, overrides, results, as_json))


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
    from bench import commands

    _leave(lambda: commands.doctor(protocol, overrides, as_json))


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
    from bench import commands

    _leave(lambda: commands.prepare(protocol, overrides, workers, as_json))


@app.command()
def validate(
    protocols: Annotated[list[Path], typer.Argument(metavar="PROTOCOL...", help="Protocol files.")],
    overrides: Overrides = [],  # noqa: B006
) -> None:
    """Check protocol files and tell every mistake in them."""
    from bench import commands

    _leave(lambda: commands.validate(protocols, overrides))


@app.command()
def schema() -> None:
    """Print the JSON schema of a protocol."""
    from bench import commands

    _leave(commands.schema)


@app.command()
def subsets(
    protocol: ProtocolPath,
    overrides: Overrides = [],  # noqa: B006
    results: Results = Path("results"),
    verify: Annotated[bool, typer.Option("--verify", help="Check the lists on disk, write none.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write the training subsets' id lists into the run's folder, or check those that are there."""
    from bench import commands

    _leave(lambda: commands.subsets(protocol, overrides, results, verify, as_json))


@app.command()
def speed(
    protocol: Annotated[
        Path | None, typer.Argument(metavar="[PROTOCOL]", help="Tell how long this protocol will take.")
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
    from bench import commands

    _leave(lambda: commands.speed(protocol, overrides, results, workers, quick, as_json))


def _leave(command: Callable[[], int]) -> None:
    """Run a command and exit with its code; mistakes in input become a message without a traceback."""
    # Whoever ends the process in an orderly way wants its workers ended, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        code = command()
    except SprmError as error:
        _complain(str(error))
        code = INCOMPLETE if isinstance(error, ResultsError) else WRONG_USE
    except BrokenPipeError:
        # Whoever read the answer has closed the pipe; typer ends quietly.
        raise
    except OSError as error:
        # A full disk is told without a file's name, and some libraries give no `strerror`.
        problem = error.strerror or str(error)
        if error.errno == ENOSPC:
            problem += "; what is finished is kept, and the same command goes on (BENCH_CACHE moves what is built)"
        _complain(problem if error.filename is None else f"{error.filename}: {problem}")
        code = WRONG_USE
    except KeyboardInterrupt:
        typer.echo("Interrupted.", err=True)
        code = INTERRUPTED
    raise typer.Exit(code)


def _complain(message: str) -> None:
    label = typer.style("error:", fg="red", bold=True) if sys.stderr.isatty() else "error:"
    typer.echo(f"{label} {message}", err=True)
