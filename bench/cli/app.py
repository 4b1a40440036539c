"""The command line: what each command takes and says of itself; a file of `bench.cli.commands` does the work.

Nothing heavy is imported here, so that `--help` answers at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.leaving import leaving
from bench.cli.options import (
    AsJson,
    Overrides,
    Plugins,
    ProtocolOrRun,
    ProtocolPath,
    Readers,
    Reports,
    Results,
    Split,
    Until,
    Workers,
    to_minutes,
    to_path,
)
from bench.trials.engine import Engine, EngineName
from bench.trials.merging.allowance import Allowance
from bench.trials.options import CHECKPOINT_MINUTES, TrialOptions

app = typer.Typer(
    name="bench",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="How much training data does weakly-supervised visual grounding need? Trains SPRM on fractions of a"
    " training set, tests the results statistically and writes a report.",
    epilog="Exit codes: 0 success, 1 some trials failed, 2 wrong usage, or a mistake in the protocol or the data, 3"
    " results incomplete, 70 unexpected error, 130 interrupted, 141 output pipe closed early. `verdicts` also returns 4"
    " if a claim is refuted, 5 if one is undecided.",
)


@app.command()
def run(
    protocol: ProtocolPath,
    overrides: Overrides = [],  # noqa: B006
    results: Results = Path("results"),
    reports: Reports = Path("reports"),
    workers: Workers = None,
    until: Annotated[
        Until | None,
        typer.Option(
            help="Run one look of the protocol's `sequential` plan after another, and stop when every claim is decided."
        ),
    ] = None,
    backend: Annotated[
        EngineName,
        typer.Option(help="Where trials run: joblib's processes on this machine, or a Dask or Ray cluster."),
    ] = EngineName.loky,
    scheduler: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="With --backend dask: tcp://HOST:PORT of the scheduler, or its scheduler file (default: start one"
            " here).",
        ),
    ] = None,
    address: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS", help="With --backend ray: HOST:PORT of the cluster, or auto (default: start one here)."
        ),
    ] = None,
    checkpoint: Annotated[
        float,
        typer.Option(metavar="MINUTES", help="Time between two checkpoints of a training.", parser=to_minutes),
    ] = CHECKPOINT_MINUTES,
    record_host: Annotated[
        bool,
        typer.Option("--record-host", help="Record the names of the machines. By default, no name is recorded."),
    ] = False,
    keep_weights: Annotated[
        bool,
        typer.Option(
            "--keep-weights",
            help="Keep the selected epoch's weights beside each record, for `predict`. Finished trials without weights"
            " are trained again.",
        ),
    ] = False,
    watch: Annotated[
        bool,
        typer.Option("--watch", help="Redraw the report as trials finish; its page reloads itself during the run."),
    ] = False,
    plugins: Plugins = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Run the missing trials, write the report and print its path.

    Finished trials are kept: after an interruption, the same command continues where it stopped. An interrupted
    training continues from its last checkpoint.
    """
    for option, given, needed in (
        ("--scheduler", scheduler, EngineName.dask),
        ("--address", address, EngineName.ray),
    ):
        if given is not None and backend is not needed:
            raise typer.BadParameter(f"only valid together with --backend {needed}", param_hint=option)
    engine = Engine(backend, scheduler or address, workers)
    with leaving(plugins):
        from bench.cli.commands import run as command

        options = TrialOptions(checkpoint, keep_weights, record_host)
        raise typer.Exit(
            command.run(protocol, overrides, results, reports, engine, until is not None, watch, as_json, options)
        )


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
            parser=to_path,
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
    plugins: Plugins = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """List every trial with its status and estimated time.

    No trial is started. The corpus must have been prepared (see `prepare`).
    """
    if power:
        with leaving(plugins):
            from bench.cli.commands import power as power_command

            raise typer.Exit(power_command.power(protocol, overrides, results, pilot, spread, images, as_json))
    for option, given in (("--pilot", pilot), ("--sd", spread), ("--images", images)):
        if given is not None:
            raise typer.BadParameter("only valid together with --power", param_hint=option)
    with leaving(plugins):
        from bench.cli.commands import plan as command

        raise typer.Exit(command.plan(protocol, overrides, results, workers, as_json))


@app.command()
def status(
    of: ProtocolOrRun,
    overrides: Overrides = [],  # noqa: B006
    results: Results = Path("results"),
    plugins: Plugins = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Count finished and missing trials, and show why some failed."""
    with leaving(plugins):
        from bench.cli.commands import status as command

        raise typer.Exit(command.status(of, overrides, results, as_json))


@app.command()
def report(
    of: ProtocolOrRun,
    overrides: Overrides = [],  # noqa: B006
    results: Results = Path("results"),
    reports: Reports = Path("reports"),
    plugins: Plugins = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Write the report from the results so far and print its path."""
    with leaving(plugins):
        from bench.cli.commands import report as command

        raise typer.Exit(command.report(of, overrides, results, reports, as_json))


@app.command()
def index(reports: Reports = Path("reports"), as_json: AsJson = False) -> None:
    """Write the index of all reports and print its path.

    `run`, `report` and `compare --page` also write it. Use this command after adding or removing folders by hand.
    """
    with leaving():
        from bench.cli.commands import index as command

        raise typer.Exit(command.index(reports, as_json))


@app.command()
def verdicts(
    of: ProtocolOrRun,
    overrides: Overrides = [],  # noqa: B006
    results: Results = Path("results"),
    plugins: Plugins = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Print the verdict on each claim, without writing a report.

    Exit codes: 0 if every claim is supported, 4 if one is refuted, 5 if none is refuted but one is inconclusive or not
    testable. If trials failed or are missing, the exit code is 1 or 3, as for `status`.
    """
    with leaving(plugins):
        from bench.cli.commands import verdicts as command

        raise typer.Exit(command.verdicts(of, overrides, results, as_json))


@app.command()
def merge(
    runs: Annotated[
        list[Path],
        typer.Argument(metavar="RUN", help="Run folders, at least two.", parser=to_path),
    ],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="RUN", help="The new run folder; must not exist yet.", parser=to_path),
    ],
    keep: Annotated[
        list[Path],
        typer.Option(
            metavar="RUN",
            help="If results or settings differ, keep those of this run; repeatable, the first run has priority.",
            parser=to_path,
        ),
    ] = [],  # noqa: B006
    allow: Annotated[
        list[Allowance],
        typer.Option(
            metavar="other-corpus|other-code",
            help="Also merge results from another corpus or other code, and mark them in reports; repeatable.",
        ),
    ] = [],  # noqa: B006
    plugins: Plugins = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Join the results of several machines in a new run folder.

    Prints the path of the new folder. A trial with the same outcomes in several runs is kept once. If outcomes,
    settings, corpora or code differ, nothing is written, the differences are listed and the exit code is 2. --keep and
    --allow choose what is kept.
    """
    with leaving(plugins):
        from bench.cli.commands import merge as command

        raise typer.Exit(command.merge(runs, output, keep, allow, as_json))


@app.command()
def compare(
    first: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.", parser=to_path)],
    second: Annotated[Path, typer.Argument(metavar="RUN", help="Another run folder.", parser=to_path)],
    page: Annotated[
        bool, typer.Option("--page", help="Also write a page into the reports folder, and print its path last.")
    ] = False,
    reports: Reports = Path("reports"),
    plugins: Plugins = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Show how two runs differ, with paired tests.

    Lists settings, corpora, code and machines that differ, and the accuracies and verdicts of both runs. Accuracies are
    tested if both runs have the trials; for all others, the reason is shown. The exit code is 0 even if the runs
    differ.
    """
    with leaving(plugins):
        from bench.cli.commands import compare as command

        raise typer.Exit(command.compare(first, second, page, reports, as_json))


@app.command()
def doctor(
    protocol: ProtocolPath,
    overrides: Overrides = [],  # noqa: B006
    plugins: Plugins = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Check which files a protocol needs and where to get them.

    Also shows the disk space needed to prepare the corpus, and the CPUs, threads and memory of this machine. Exits
    with 2 if something is missing.
    """
    with leaving(plugins):
        from bench.cli.commands import doctor as command

        raise typer.Exit(command.doctor(protocol, overrides, as_json))


@app.command()
def predict(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder inside the results folder.", parser=to_path)],
    system: Annotated[str, typer.Option(metavar="NAME", help="A system of the run's protocol.")],
    fraction: Annotated[
        str | None,
        typer.Option(metavar="LABEL", help="Training fraction, as in the run folder: 0.05 or 16-images."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, metavar="K", help="Seed of the training.")] = 0,
    corpus: Annotated[
        Path | None,
        typer.Option(
            metavar="PROTOCOL",
            help="Answer the phrases of this protocol's corpus instead of the run's corpus.",
            parser=to_path,
        ),
    ] = None,
    overrides: Annotated[
        list[str],
        typer.Option("--set", metavar="KEY=VALUE", help="Override a protocol value of the corpus; repeatable."),
    ] = [],  # noqa: B006
    split: Annotated[Split, typer.Option(help="The split whose phrases are answered.")] = Split.test,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE",
            help="Write a .csv, .jsonl or .parquet file and print its path, instead of CSV to stdout.",
            parser=to_path,
        ),
    ] = None,
    plugins: Plugins = [],  # noqa: B006
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON lines instead of CSV; with -o, a summary as JSON.")
    ] = False,
) -> None:
    """Choose a box for each phrase with a system of a run.

    Trained systems need the weights that `run --keep-weights` keeps.
    """
    with leaving(plugins):
        from bench.cli.commands import predict as command

        key = command.Wanted(system, fraction, seed)
        raise typer.Exit(command.predict(run, key, corpus, overrides, split.value, out, as_json))


@app.command()
def prepare(
    protocol: ProtocolPath,
    overrides: Overrides = [],  # noqa: B006
    workers: Readers = None,
    plugins: Plugins = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Build a protocol's corpus in the cache and print its folder.

    An existing corpus is reused. After an interruption, the same command continues where it stopped.
    """
    with leaving(plugins):
        from bench.cli.commands import prepare as command

        raise typer.Exit(command.prepare(protocol, overrides, workers, as_json))


@app.command()
def validate(
    protocols: Annotated[list[Path], typer.Argument(metavar="PROTOCOL", help="Protocol files.", parser=to_path)],
    overrides: Overrides = [],  # noqa: B006
    plugins: Plugins = [],  # noqa: B006
) -> None:
    """Check protocol files and list every mistake in them."""
    with leaving(plugins):
        from bench.cli.commands import validate as command

        raise typer.Exit(command.validate(protocols, overrides))


@app.command()
def schema(plugins: Plugins = []) -> None:  # noqa: B006
    """Print the JSON schema of protocol files."""
    with leaving(plugins):
        from bench.cli.commands import schema as command

        raise typer.Exit(command.schema())


@app.command()
def check_plugin(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="A kind of system, a stratifier or a metric.")],
    overrides: Annotated[
        list[str],
        typer.Option("--set", metavar="KEY=VALUE", help="Override a setting of a kind of system; repeatable."),
    ] = [],  # noqa: B006
    plugins: Plugins = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Check a plug-in, or a built-in kind, on a small corpus.

    Trains a kind of system for two epochs and says what it does otherwise than it has to. The exit code is 1 if a check
    fails.
    """
    with leaving(plugins):
        from bench.cli.commands import check_plugin as command

        raise typer.Exit(command.check_plugin(kind, overrides, as_json))


@app.command()
def subsets(
    protocol: ProtocolPath,
    overrides: Overrides = [],  # noqa: B006
    results: Results = Path("results"),
    verify: Annotated[bool, typer.Option("--verify", help="Only check the lists on disk.")] = False,
    plugins: Plugins = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Write or check the lists of images of the training subsets.

    The lists are written to the run folder.
    """
    with leaving(plugins):
        from bench.cli.commands import subsets as command

        raise typer.Exit(command.subsets(protocol, overrides, results, verify, as_json))


@app.command()
def speed(
    protocol: Annotated[
        Path | None,
        typer.Argument(metavar="PROTOCOL", help="Also estimate how long this protocol will take.", parser=to_path),
    ] = None,
    overrides: Overrides = [],  # noqa: B006
    results: Results = Path("results"),
    workers: Workers = None,
    quick: Annotated[bool, typer.Option("--quick", help="Measure at small sizes: seconds instead of minutes.")] = False,
    plugins: Plugins = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Measure the training speed of this machine.

    A training step is compared with the reference implementation of the equations, and with a lower bound: the time of
    its matrix products alone. Without --quick, this takes a few minutes and 7 GB of memory.
    """
    with leaving(plugins):
        from bench.cli.commands import speed as command

        raise typer.Exit(command.speed(protocol, overrides, results, workers, quick, as_json))
