from __future__ import annotations

import json
import re
import shutil
from dataclasses import asdict
from pathlib import Path

import pytest
from command_line import CommandLine
from simulated_run import SimulatedRun

from bench.stats import VarianceComponents, minimum_detectable_effect, seeds_needed

DETECTS = "the smallest effect that this study detects with 80 % power; for several leads, in a single one"
NO_SHARES = "--sd: expected three numbers in [0, 1], where 0.01 is one point, found"


def test_every_trial_is_listed_with_its_state_and_why_and_none_is_started(cli: CommandLine) -> None:
    assert cli("prepare", "protocol.yaml").returncode == 0
    told = cli("plan", "protocol.yaml")
    assert told.returncode == 0
    lines = told.stdout.splitlines()
    assert lines[0].split() == ["system", "fraction", "seed", "images", "status", "time", "why"]
    assert lines[5].split()[:5] == ["sprm", "0.5", "1", "6", "missing"]
    assert lines[5].endswith("  has not run")
    # Nothing has run, so training steps are timed.
    assert re.search(
        r"^Time left with \d+ in parallel: (about \d+ s|under 1 s) "
        r"\(estimated from training steps timed on this machine\)$",
        told.stdout,
        re.MULTILINE,
    )
    assert "0 of 7 trials done, 7 missing" in told.stdout
    assert not (cli.folder / "results").exists()


def test_a_corpus_that_is_not_built_is_not_built_by_the_way(cli: CommandLine) -> None:
    told = cli("plan", "protocol.yaml")
    assert told.returncode == 3
    assert "protocol.yaml: its corpus is not built yet, or its source files have changed since" in told.stderr
    assert not (cli.folder / "cache" / "corpora").exists()


def test_finished_trials_give_the_time_of_those_that_are_left(finished: CommandLine) -> None:
    told = finished("plan", "protocol.yaml", "--set", "seeds=4", "--json")
    answer = json.loads(told.stdout)
    assert len(answer["trials"]) == 11
    assert {trial["status"] for trial in answer["trials"]} == {"missing"}
    taken = [trial for trial in answer["trials"] if "can be taken from" in trial["why"]]
    assert len(taken) == 7
    assert {trial["seconds"] for trial in taken} == {0}
    assert all(trial["seconds"] > 0 for trial in answer["trials"] if trial not in taken)
    assert answer["seconds_left"] > 0
    assert answer["estimated_from"] == "records of this machine"


def test_changed_settings_are_named(finished: CommandLine) -> None:
    told = finished("plan", "protocol.yaml", "--set", "systems.sprm.omega=0.5")
    assert "has it with another system.omega" in told.stdout
    assert "4 stale, 3 missing" in told.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the protocol and its corpus, built, and a pilot of its systems and fractions; not to be changed."""
    cli = CommandLine.at(tmp_path_factory.mktemp("built"))
    assert cli("prepare", "protocol.yaml").returncode == 0
    SimulatedRun(fractions=(0.5, 1.0), seeds=3, images=40, claims=()).write(cli.folder / "pilot")
    return cli.folder


@pytest.fixture
def planned(built: Path, tmp_path: Path) -> CommandLine:
    """A copy of that folder that may be changed."""
    shutil.copytree(built, tmp_path / "planned")
    return CommandLine(tmp_path / "planned")


def test_a_pilot_tells_what_the_planned_seeds_and_images_can_show(planned: CommandLine) -> None:
    told = planned("plan", "protocol.yaml", "--power", "--pilot", "pilot")
    assert (told.returncode, told.stderr) == (0, "")
    lines = told.stdout.splitlines()
    assert lines[0].split() == ["claim", "training", "images", "detects", "unlimited", "seeds", "if", "true", "seeds"]
    assert lines[1].split()[:4] == ["small-fraction", "500", "against", "1,000"]
    assert "5.0" in lines[1].split()
    assert any(line.startswith("2 seeds, 4 test images.") for line in lines)
    assert f"  detects: {DETECTS}" in lines
    assert lines[-1].startswith("  seeds: the number of seeds that detect this effect")
    assert not (planned.folder / "results").exists()


def test_stated_standard_deviations_stand_in_for_a_pilot(planned: CommandLine) -> None:
    command = ("plan", "protocol.yaml", "--power", "--sd", "0.01", "0.1", "0.05")
    told = planned(*command, "--json")
    assert told.returncode == 0
    components = VarianceComponents(0.01, 0.1, 0.05)
    expected = minimum_detectable_effect(components, 2, 4, alpha=0.05)
    answer = json.loads(told.stdout)
    assert answer == {
        "seeds": 2,
        "trainings": 2,
        "test_images": 4,
        "comparisons": [
            {
                "claim": "small-fraction",
                "comparison": "any",
                "detectable": {**asdict(expected), "status": "ok"},
                "effect": 0.05,
                "needed": {**asdict(seeds_needed(components, 4, 0.05, alpha=0.05)), "status": "images too few"},
                "alpha": 0.05,
            }
        ],
        "unknown": {},
    }
    assert "none" in planned(*command).stdout.splitlines()[1].split()


def test_undefined_numbers_of_power_are_null(planned: CommandLine) -> None:
    told = planned("plan", "protocol.yaml", "--power", "--sd", "0", "0", "0", "--json")
    (one,) = json.loads(told.stdout, parse_constant=lambda name: name)["comparisons"]
    assert one["detectable"] == {"effect": None, "se": None, "df": None, "status": "constant"}
    assert one["needed"] == {"seeds": None, "floor": None, "status": "unknown"}
    assert (
        "constant" in planned("plan", "protocol.yaml", "--power", "--sd", "0", "0", "0").stdout.splitlines()[1].split()
    )


def test_without_a_pilot_the_protocols_own_run_is_one(finished: CommandLine) -> None:
    own = finished("plan", "protocol.yaml", "--power")
    assert own.returncode == 0
    assert own.stdout == finished("plan", "protocol.yaml", "--power", "--pilot", str(finished.run_folder)).stdout
    assert own.stdout.splitlines()[1].split()[:4] == ["small-fraction", "6", "against", "12"]


def test_the_table_of_power_fits_a_narrow_terminal(planned: CommandLine) -> None:
    told = planned("plan", "protocol.yaml", "--power", "--pilot", "pilot", FORCE_COLOR="1", TERM="xterm", COLUMNS="80")
    plain = re.sub(r"\x1b\[[\d;]*m", "", told.stdout)
    assert "…" not in plain
    assert all(len(line.rstrip()) <= 80 for line in plain.splitlines())


def test_a_protocol_without_claims_has_no_power_to_tell(planned: CommandLine) -> None:
    told = planned("plan", "protocol.yaml", "--power", "--pilot", "pilot", "--set", "claims=[]")
    assert (told.returncode, told.stdout) == (0, "The protocol makes no claims.\n")


def test_a_number_of_images_stands_in_for_a_corpus_and_a_synthetic_one_is_called_so(cli: CommandLine) -> None:
    SimulatedRun(fractions=(0.5, 1.0), seeds=3, images=40, claims=()).write(cli.folder / "pilot")
    synthetic = ("--images", "300", "--set", "corpus={kind: scenes}")
    for source in (("--pilot", "pilot"), ("--sd", "0.01", "0.1", "0.05")):
        told = cli("plan", "protocol.yaml", "--power", *source, *synthetic)
        assert (told.returncode, told.stderr) == (0, "")
        lines = told.stdout.splitlines()
        assert any(line.startswith("2 seeds, 300 test images.") for line in lines)
        assert lines[-1] == "This corpus is synthetic: it proves nothing about the paper's numbers."
    assert not (cli.folder / "cache" / "corpora").exists()


def test_a_claim_that_the_pilot_knows_nothing_of_is_told_with_the_reason(planned: CommandLine) -> None:
    other = ("--set", "systems.other={kind: sprm}", "--set", "claims.0.system=other")
    command = ("plan", "protocol.yaml", "--power", "--pilot", "pilot", *other)
    told = planned(*command)
    assert (told.returncode, told.stderr) == (0, "")
    why = "pilot cannot be its pilot, system other: expected 'sprm' or 'refinement'"
    assert told.stdout.splitlines()[0] == f"small-fraction: {why}."
    answer = json.loads(planned(*command, "--json").stdout)
    assert (answer["comparisons"], answer["unknown"]) == ([], {"small-fraction": why})


@pytest.mark.parametrize(
    ("options", "code", "complaint"),
    [
        (("--power", "--pilot", "pilot", "--sd", "0.01", "0.1", "0.1"), 2, "--pilot and --sd both set"),
        (("--power", "--sd", "-0.01", "0.1", "0.1"), 2, f"{NO_SHARES} -0.01 0.1 0.1"),
        (("--power", "--sd", "0.01", "nan", "0.1"), 2, f"{NO_SHARES} 0.01 nan 0.1"),
        (("--power", "--sd", "0.01", "inf", "0.1"), 2, f"{NO_SHARES} 0.01 inf 0.1"),
        (("--power", "--sd", "1.5", "0.1", "0.1"), 2, f"{NO_SHARES} 1.5 0.1 0.1"),
        (("--power", "--sd", "0.01", "0.1"), 2, "Option '--sd' requires 3 arguments"),
        (("--power", "--sd", "much", "0.1", "0.1"), 2, "Invalid value for '--sd'"),
        (("--pilot", "pilot"), 2, "Invalid value for --pilot: only valid together with --power"),
        (("--sd", "0.01", "0.1", "0.1"), 2, "Invalid value for --sd: only valid together with --power"),
        (("--images", "300"), 2, "Invalid value for --images: only valid together with --power"),
        (("--power",), 3, "no trial of this protocol has run, so its variance is unknown; estimate it from"),
        (("--power", "--pilot", "nowhere"), 3, "nowhere: not a run folder: it has no protocol.yaml"),
        (("--power", "--pilot", "data"), 3, "data: not a run folder: it has no protocol.yaml"),
    ],
)  # fmt: skip
def test_mistakes_about_power_are_told_plainly(
    planned: CommandLine, options: tuple[str, ...], code: int, complaint: str
) -> None:
    told = planned("plan", "protocol.yaml", *options)
    assert (told.returncode, told.stdout) == (code, "")
    assert complaint in told.stderr
    assert "Traceback" not in told.stderr
