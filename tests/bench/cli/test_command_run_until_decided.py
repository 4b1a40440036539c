"""`run --until decided` on real trainings: look by look, resumed, and what other commands then say."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from command_line import PROTOCOL, CommandLine

from bench.cli.locate import already_built, needed_plan
from bench.protocol.load import load
from bench.store.ledger import Ledger
from bench.store.records import TrialKey

SYSTEMS = PROTOCOL.replace("seeds: 2\n", "seeds: 4\nsequential: {looks: [3, 4]}\n").partition("claims:")[0]
SHARING = SYSTEMS.replace("training:", "  refinement: {kind: refinement}\ntraining:")
"""Two systems that one training serves."""
CLEAR = SHARING + (
    "claims:\n  - {name: elsewhere, kind: above_reference, system: sprm, reference: 0.5, source: A, corpus: referit,"
    " split: test}\n"
)
"""Its only claim is not testable on this corpus, however many seeds there are, so the first look decides it."""
CLOSE = SYSTEMS + "claims:\n  - {name: small, kind: competitive, system: sprm, margin: 0.0001}\n"


def trained(run: Path) -> set[int]:
    return {record.seed for record in Ledger(run).records() if record.system == "sprm"}


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> tuple[CommandLine, str]:
    """The command line in a folder where a run stopped at its first look, and what was printed meanwhile."""
    cli = CommandLine.at(tmp_path_factory.mktemp("stopped"))
    cli.write(CLEAR)
    done = cli("run", "protocol.yaml", "--until", "decided")
    assert done.returncode == 0, done.stderr
    return cli, done.stderr


@pytest.mark.slow
def test_a_run_stops_at_the_look_that_decides_and_says_what_it_saves(stopped: tuple[CommandLine, str]) -> None:
    cli, told = stopped
    assert "Look 1 of 2, 3 of 4 seeds: elsewhere not testable" in told
    assert "Every claim is decided: 2 of 8 trainings (25 %) are not needed." in told
    assert trained(cli.run_folder) == {0, 1, 2}


@pytest.mark.slow
def test_a_second_call_on_a_decided_run_starts_nothing_and_says_so(stopped: tuple[CommandLine, str]) -> None:
    cli, _ = stopped
    again = cli("run", "protocol.yaml", "--until", "decided", "--json")
    assert again.returncode == 0
    assert "There is nothing to run." in again.stderr
    assert "trials to run" not in again.stderr
    assert json.loads(again.stdout)["trials"] == {"done": 15, "not needed": 4}


@pytest.mark.slow
def test_other_commands_take_a_run_that_stopped_as_complete(stopped: tuple[CommandLine, str]) -> None:
    cli, _ = stopped
    status = cli("status", "protocol.yaml", "--json")
    assert status.returncode == 0
    answer = json.loads(status.stdout)
    assert answer["counts"] == {"done": 15, "stale": 0, "missing": 0, "failed": 0, "not needed": 4}
    assert {each["seed"] for each in answer["trials"] if each["status"] == "not needed"} == {3}
    shown = cli("status", "protocol.yaml").stdout
    assert "not needed" in shown
    assert "15 of 19 trials done, 4 not needed" in shown
    plan = json.loads(cli("plan", "protocol.yaml", "--json").stdout)
    assert [each["status"] for each in plan["trials"]].count("not needed") == 4
    assert plan["seconds_left"] == 0
    shown = cli("plan", "protocol.yaml").stdout
    assert "4 trials are not needed; `run` without `--until decided` would still run them." in shown
    report = cli("report", str(cli.run_folder))
    assert report.returncode == 0
    page = (cli.folder / report.stdout.strip()).read_text("utf-8")
    assert "This run stopped at look 1 of 2, with 3 of 4 seeds, as planned" in page
    assert "Partial results" not in page
    # Its claim is not testable, which is the same as without a plan.
    assert cli("verdicts", "protocol.yaml").returncode == 5


@pytest.mark.slow
def test_nothing_is_left_in_the_plan_that_a_forecast_is_made_of(
    stopped: tuple[CommandLine, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = stopped[0].folder
    monkeypatch.chdir(folder)
    monkeypatch.setenv("BENCH_CACHE", str(folder / "cache"))
    loaded = load(Path("protocol.yaml"))
    plan = needed_plan(loaded, already_built(loaded), Path("results"))
    assert (len(plan.trials), plan.left) == (19, [])


@pytest.mark.slow
def test_a_plain_run_goes_on_to_all_seeds(stopped: tuple[CommandLine, str], tmp_path: Path) -> None:
    shutil.copytree(stopped[0].folder, tmp_path, dirs_exist_ok=True)
    cli = CommandLine(tmp_path)
    done = cli("run", "protocol.yaml")
    assert done.returncode == 0
    assert "4 of 19 trials to run" in done.stderr
    assert trained(cli.run_folder) == set(range(4))


@pytest.mark.slow
def test_a_run_that_is_not_decided_goes_on_to_its_last_look(cli: CommandLine) -> None:
    cli.write(CLOSE)
    done = cli("run", "protocol.yaml", "--until", "decided")
    assert done.returncode == 0
    assert "Look 1 of 2, 3 of 4 seeds: small inconclusive" in done.stderr
    assert "Not decided yet: small" in done.stderr
    assert "All looks are done. Not decided: small" in done.stderr
    assert trained(cli.run_folder) == set(range(4))
    with (cli.folder / "protocol.yaml").open("a") as file:
        file.write("  - {name: other, kind: competitive, system: sprm, margin: 0.001}\n")
    again = cli("run", "protocol.yaml")
    assert again.returncode == 0
    assert "trials to run" not in again.stderr
    (run,) = (cli.folder / "results").iterdir()
    told = json.loads((cli.folder / "reports" / run.name / "claims.json").read_text())
    assert [each["seeds"] for each in told["sequential"]["reached"]] == [3, 4]
    assert told["sequential"]["stopped"] is False
    assert [claim["look"] for claim in told["claims"]] == [2, 2]


@pytest.mark.slow
def test_a_look_of_which_a_trial_fails_is_not_reached_and_no_later_one_is_begun(cli: CommandLine) -> None:
    cli.write(CLOSE.replace("training:", "  wild: {kind: sprm, learning_rate: 1e38}\ntraining:"))
    done = cli("run", "protocol.yaml", "--until", "decided")
    assert done.returncode == 1
    assert "wild 100 % seed 0: failed" in done.stderr
    assert "6 of 19 trials failed; `status` shows why, and the same command tries them again." in done.stderr
    assert "Look 1 of 2: 3 of 4 seeds" in done.stderr
    assert "Look 2" not in done.stderr
    assert "Every claim is decided" not in done.stderr
    assert "small: not testable" in done.stderr
    assert trained(cli.run_folder) == {0, 1, 2}


@pytest.mark.slow
def test_what_failed_after_the_look_that_decides_is_told_but_fails_no_run_until_decided(
    stopped: tuple[CommandLine, str], tmp_path: Path
) -> None:
    shutil.copytree(stopped[0].folder, tmp_path, dirs_exist_ok=True)
    cli = CommandLine(tmp_path)
    ledger = Ledger(cli.run_folder)
    plan = json.loads(cli("plan", "protocol.yaml", "--json").stdout)
    later = next(each for each in plan["trials"] if each["status"] == "not needed")
    key = TrialKey(later["system"], later["fraction"], later["seed"])
    ledger.write_failure(key, later["fingerprint"], "the disk is full", "Traceback ...")
    status = cli("status", "protocol.yaml")
    assert status.returncode == 1
    assert "failed, the disk is full" in status.stdout
    assert "not needed" not in status.stdout
    again = cli("run", "protocol.yaml", "--until", "decided")
    assert again.returncode == 0
    assert "Every claim is decided: 2 of 8 trainings (25 %) are not needed." in again.stderr
    page = (cli.folder / again.stdout.strip()).read_text("utf-8")
    assert "but the run did not stop" in page


def test_a_protocol_without_a_plan_or_without_claims_is_refused(cli: CommandLine) -> None:
    without = cli("run", "protocol.yaml", "--until", "decided")
    assert without.returncode == 2
    assert "protocol.yaml: --until decided needs a sequential plan" in without.stderr
    assert "no key `sequential`" in without.stderr
    cli.write(SYSTEMS + "claims: []\n")
    no_claims = cli("run", "protocol.yaml", "--until", "decided")
    assert no_claims.returncode == 2
    assert "--until decided needs claims" in no_claims.stderr
    assert not (cli.folder / "results").exists()


def test_nothing_else_can_be_waited_for(cli: CommandLine) -> None:
    other = cli("run", "protocol.yaml", "--until", "tomorrow")
    assert other.returncode == 2
    assert "'decided'" in other.stderr
