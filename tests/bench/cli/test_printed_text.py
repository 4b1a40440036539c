"""Names and messages are printed as they are: no bracket in them is markup."""

from __future__ import annotations

from io import StringIO

import pytest
from command_line import CommandLine
from places import ROOT
from rich.console import Console
from simulated_run import SimulatedRun

from bench.cli.terminal import console
from bench.protocol.load import load
from bench.store.ledger import Ledger
from bench.store.records import TrialKey
from bench.trials.status import run_progress

TEXTS = ["[old]", "[/b]y", "x[", "[red]no memory[/red]", ":warning:", r"\[bold]", "[link=x]"]


@pytest.mark.parametrize("text", TEXTS)
def test_text_is_printed_as_it_is(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    console().print(text, soft_wrap=True)
    assert capsys.readouterr().out == f"{text}\n"


def test_every_console_of_the_package_prints_text_as_it_is() -> None:
    made = [path for path in (ROOT / "bench").rglob("*.py") if "Console(" in path.read_text()]
    assert [path.name for path in made] == ["terminal.py"]


def test_a_stage_is_shown_as_it_is_where_a_person_looks_on() -> None:
    from bench.cli.progress import PreparationDisplay

    screen = Console(file=StringIO(), force_terminal=True, width=100)
    with PreparationDisplay(screen) as display:
        display("reading [/b]x[old]", 1, 2)
        display._bar.refresh()
    assert isinstance(screen.file, StringIO)
    assert "reading [/b]x[old]" in screen.file.getvalue()


def test_brackets_in_a_folders_name_and_in_a_failure_are_told_by_status(cli: CommandLine) -> None:
    key = TrialKey("prior", "0", 0)
    run = SimulatedRun(fractions=(1.0,), seeds=1, images=5).write(cli.folder / "x[" / "[/b]y", without=(key,))
    ledger = Ledger(run)
    (found,) = [one for one in run_progress(load(run / "protocol.yaml").protocol, ledger) if one.key == key]
    assert found.why == "has not run"
    problem = "RuntimeError: [enforce fail at alloc.cpp:1] no memory [/build/x]"
    SimulatedRun(fractions=(1.0,), seeds=1, images=5).fail(run, key, problem)
    told = cli("status", str(run))
    assert told.returncode == 1
    assert f"{run}: 4 of 5 trials done, 1 failed" in told.stdout
    assert f"prior 0 seed 0: failed, {problem}" in told.stdout
