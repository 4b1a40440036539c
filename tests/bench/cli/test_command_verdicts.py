from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from command_line import CommandLine
from simulated_run import SimulatedRun

from bench.store.records import TrialKey

HOLDS = "name: ahead, kind: better_than, system: sprm, rival: prior, at: [0.5, 1.0]"
FAILS = "name: behind, kind: better_than, system: refinement, rival: prior, at: [0.1]"
OPEN = "name: exactly, kind: competitive, system: sprm, margin: 0"
NOWHERE = "name: above, kind: above_reference, system: sprm, reference: 0.4, source: A, corpus: referit, split: test"
STUDY = {"fractions": (0.1, 0.5, 1.0), "seeds": 3, "images": 60}


def run(
    folder: Path, *claims: str, without: tuple[TrialKey, ...] = (), failed: tuple[TrialKey, ...] = ()
) -> CommandLine:
    """Write a run, `run`, with some claims, and return the command line beside it."""
    SimulatedRun(**STUDY, claims=claims).write(folder / "run", without=without, failed=failed)  # type: ignore[arg-type]
    return CommandLine(folder)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    """A run with a claim of each verdict; not to be changed."""
    return run(tmp_path_factory.mktemp("judged"), HOLDS, FAILS, OPEN, NOWHERE)


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_claim_is_told_with_its_verdict_and_why(judged: CommandLine) -> None:
    told = judged("verdicts", "run")
    assert told.returncode == 4
    blocks = told.stdout.split("\n\n")
    assert [block.splitlines()[0] for block in blocks[:4]] == [
        "ahead: supported", "behind: refuted", "exactly: inconclusive", "above: not testable",
    ]  # fmt: skip
    assert blocks[0].splitlines()[1] == (
        "  Claimed: with each of 500 and 1,000 training images, sprm is more accurate than prior."
    )
    assert (
        blocks[0].splitlines()[2].startswith("  sprm is more accurate than prior with each of 500 and 1,000 training")
    )
    assert "  A study of this size (3 seeds, 60 test images) has 80 % power to show the claim if" in blocks[2]
    assert blocks[3].splitlines()[2] == (
        "  The claim cannot be tested: the published accuracy was measured on referit, but this run uses scenes."
    )
    assert blocks[4].splitlines() == [
        "run: 1 supported, 1 refuted, 1 inconclusive, 1 not testable",
        "This corpus is synthetic: it proves nothing about the paper's numbers.",
    ]


def test_a_pipe_gets_each_sentence_on_one_line_and_no_colour(judged: CommandLine) -> None:
    told = judged("verdicts", "run").stdout
    assert "\x1b" not in told
    assert max(len(line) for line in told.splitlines()) > 120


def test_a_terminal_gets_lines_of_its_width_and_no_number_apart_from_its_sign(judged: CommandLine) -> None:
    told = judged("verdicts", "run", FORCE_COLOR="1", TERM="xterm", COLUMNS="60").stdout
    lines = [line for line in told.splitlines() if line.startswith("  ")]
    assert len(lines) > 12
    assert all(len(line) <= 60 for line in lines)
    assert not any(
        line.endswith((" =", " <", "(p", " p")) or line.strip().startswith(("%", "=", "<")) for line in lines
    )
    assert "\u00a0" not in told
    assert "\x1b[32msupported" in told


def test_machines_get_the_file_that_the_report_has(judged: CommandLine) -> None:
    told = judged("verdicts", "run", "--json")
    assert told.returncode == 4
    answer = json.loads(told.stdout)
    assert [(claim["name"], claim["verdict"]) for claim in answer["claims"]] == [
        ("ahead", "supported"), ("behind", "refuted"), ("exactly", "inconclusive"), ("above", "not testable"),
    ]  # fmt: skip
    assert judged("report", "run").returncode == 0
    assert (judged.folder / "reports" / "run" / "claims.json").read_text(encoding="utf-8") == told.stdout


def test_an_answer_changes_nothing_in_the_run(judged: CommandLine) -> None:
    before = content(judged.folder / "run")
    assert judged("verdicts", "run").returncode == 4
    assert content(judged.folder / "run") == before


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ((HOLDS,), 0),
        ((), 0),
        ((HOLDS, OPEN), 5),
        ((HOLDS, NOWHERE), 5),
        ((OPEN, FAILS), 4),
        ((FAILS, NOWHERE), 4),
    ],
)
def test_the_exit_code_is_that_of_the_worst_verdict(tmp_path: Path, claims: tuple[str, ...], code: int) -> None:
    told = run(tmp_path, *claims)("verdicts", "run")
    assert told.returncode == code
    assert "error" not in told.stderr


def test_no_claim_is_told_as_such(tmp_path: Path) -> None:
    assert run(tmp_path)("verdicts", "run").stdout == "The protocol makes no claims.\n"


def test_missing_trials_exit_with_3_and_the_verdicts_so_far_are_told(tmp_path: Path) -> None:
    told = run(tmp_path, HOLDS, FAILS, without=(TrialKey("sprm", "0.5", 2),))("verdicts", "run")
    assert told.returncode == 3
    assert (
        "The comparison uses 2 of 3 seeds, those with complete trials for every fraction that is compared (0 and 1)."
        in told.stdout
    )
    assert told.stdout.splitlines()[-2].endswith("20 of 21 trials are done, so this may change")


def test_failed_trials_exit_with_1(tmp_path: Path) -> None:
    failed = (TrialKey("sprm", "0.5", 2),)
    told = run(tmp_path, HOLDS, without=(TrialKey("oracle", "0", 0),), failed=failed)("verdicts", "run", "--json")
    assert told.returncode == 1
    assert json.loads(told.stdout)["trials"] == {"done": 19, "planned": 21, "complete": False}


def test_a_run_without_a_finished_trial_has_no_verdicts(tmp_path: Path) -> None:
    cli = run(tmp_path, HOLDS)
    for record in (tmp_path / "run" / "trials").rglob("record.json"):
        record.unlink()
    told = cli("verdicts", "run")
    assert (told.returncode, told.stdout) == (3, "")
    assert "run: no trial is done, so there is nothing to judge" in told.stderr


def test_wrong_use_exits_with_2(judged: CommandLine, tmp_path: Path) -> None:
    told = judged("verdicts", "run", "--set", "claims.0.margin=0.5")
    assert (told.returncode, told.stdout) == (2, "")
    assert "the protocol of a run is fixed" in told.stderr
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("name: x\nfractions: [1.0]\nsystems: {a: {kind: prior}}\nclaims: [{}]\n")
    told = judged("verdicts", str(wrong))
    assert told.returncode == 2
    assert "line 4: claims.0: needs a kind" in told.stderr
    assert "Traceback" not in told.stderr


def test_a_folder_that_is_no_run_exits_with_3(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    told = CommandLine(tmp_path)("verdicts", "empty")
    assert told.returncode == 3
    assert "empty: not a run folder" in told.stderr


def test_a_claim_that_is_changed_after_the_results_is_told_so(tmp_path: Path) -> None:
    cli = run(tmp_path, HOLDS, OPEN)
    protocol = tmp_path / "run" / "protocol.yaml"
    protocol.write_text(protocol.read_text().replace("system: sprm, margin: 0.0", "system: sprm, margin: 0.09"))
    told = cli("verdicts", "run")
    late = [line for line in told.stdout.splitlines() if "so the claim was not fixed before all results" in line]
    assert len(late) == 1
    assert "At that time, 21 of 21 trials were finished" in late[0]
    assert told.stdout.splitlines()[-2].startswith(
        "1 other claim was stated for this run and is no longer in its protocol: “exactly” (competitive, sprm, margin "
        "0, since 2026-01-02 03:04 UTC)."
    )
    by_name = {
        claim["name"]: claim["stated"] for claim in json.loads(cli("verdicts", "run", "--json").stdout)["claims"]
    }
    assert by_name["ahead"]["beforehand"] is True
    assert (by_name["exactly"]["beforehand"], by_name["exactly"]["trials_finished_before"]) == (False, 21)


def test_a_damaged_preregistration_is_one_clear_error(tmp_path: Path) -> None:
    cli = run(tmp_path, HOLDS)
    (tmp_path / "run" / "preregistration.json").write_text("{")
    told = cli("verdicts", "run")
    assert (told.returncode, told.stdout) == (3, "")
    assert told.stderr.count("error:") == 1
    assert "preregistration.json: cannot be read" in told.stderr
    assert "Traceback" not in told.stderr


def test_claims_that_were_withdrawn_are_told_where_none_is_left(tmp_path: Path) -> None:
    cli = run(tmp_path, HOLDS, OPEN)
    protocol = tmp_path / "run" / "protocol.yaml"
    protocol.write_text(protocol.read_text().partition("claims:")[0] + "claims: []\n")
    none, others = cli("verdicts", "run").stdout.splitlines()
    assert none == "The protocol makes no claims."
    assert others.startswith("2 other claims were stated for this run and are no longer in its protocol: “ahead” (")


def test_margins_that_are_tried_out_leave_a_trace_and_the_protocol_as_it_was(
    finished: CommandLine, tmp_path: Path
) -> None:
    shutil.copytree(finished.folder, tmp_path / "copy")
    copy = CommandLine(tmp_path / "copy")
    before = (copy.run_folder / "protocol.yaml").read_bytes()
    (tried,) = json.loads(copy("verdicts", "protocol.yaml", "--set", "claims.0.margin=0.125", "--json").stdout)[
        "claims"
    ]
    assert tried["margin"] == 0.125
    assert (tried["stated"]["beforehand"], tried["stated"]["trials_finished_before"]) == (False, 7)
    assert (copy.run_folder / "protocol.yaml").read_bytes() == before
    told = copy("verdicts", "protocol.yaml", "--json").stdout
    (kept,), (other,) = (json.loads(told)[part] for part in ("claims", "withdrawn"))
    assert kept["stated"]["beforehand"] is True
    assert kept["margin"] != 0.125
    assert (other["kind"], other["margin"], other["stated"]) == (
        tried["kind"], 0.125, {name: tried["stated"][name] for name in ("at", "fingerprint")},
    )  # fmt: skip
    page = copy.folder / copy("report", "protocol.yaml").stdout.strip()
    assert page.with_name("claims.json").read_text(encoding="utf-8") == told
    for name in ("index.html", "report.md"):
        report = page.with_name(name).read_text(encoding="utf-8")
        assert "1 other claim was stated for this run and is no longer in its protocol" in report
        assert "margin 0.125, since" in report


def test_a_protocol_file_stands_for_its_run(finished: CommandLine) -> None:
    by_protocol, by_folder = (finished("verdicts", of, "--json") for of in ("protocol.yaml", str(finished.run_folder)))
    assert by_protocol.returncode == by_folder.returncode
    assert by_protocol.returncode in (0, 4, 5)
    assert by_protocol.stdout == by_folder.stdout
    (claim,) = json.loads(by_protocol.stdout)["claims"]
    assert claim["stated"]["beforehand"] is True


def test_a_claim_that_is_asked_about_before_results_are_taken_over_is_not_beforehand(copy: CommandLine) -> None:
    text = (copy.folder / "protocol.yaml").read_text()
    copy.write(text.replace("name: tiny", "name: other").replace("margin: 0.05", "margin: 0.5"), "other.yaml")
    assert copy("subsets", "other.yaml").returncode == 0
    assert copy("verdicts", "other.yaml").returncode == 3
    assert copy("run", "other.yaml").returncode == 0
    (claim,) = json.loads(copy("verdicts", "other.yaml", "--json").stdout)["claims"]
    assert claim["stated"]["beforehand"] is False
    assert claim["stated"]["trials_finished_before"] == 7
