from __future__ import annotations

import json
import os
import shutil
import signal
from pathlib import Path

import psutil
import pytest
from command_line import CommandLine
from descendants import of_each, still_alive, workers_of
from flickr_folder import image_id
from waiting import LONGEST, until

from bench.store.ledger import Ledger
from bench.store.records import TrialKey


def slow(epochs: int) -> tuple[str, ...]:
    """Options for two quick trials and two that share a training, which takes as long as a test needs."""
    long = f"slow: {{kind: sprm, epochs: {epochs}}}, blind: {{kind: refinement, epochs: {epochs}}}"
    systems = f"{{prior: {{kind: prior}}, quick: {{kind: sprm}}, {long}}}"
    return ("--set", f"systems={systems}", "--set", "claims=[]", "--set", "fractions=[1]", "--set", "seeds=1")


def test_stdout_holds_the_path_of_the_report_and_nothing_else(finished: CommandLine) -> None:
    again = finished("run", "protocol.yaml")
    (line,) = again.stdout.splitlines()
    assert (finished.folder / line).is_file()
    assert line.endswith("index.html")


def test_the_run_folder_holds_protocol_manifest_index_and_subsets(finished: CommandLine) -> None:
    run = finished.run_folder
    assert {path.name for path in run.iterdir()} == {
        "manifest.json",
        "phrases",
        "preregistration.json",
        "protocol.yaml",
        "subsets",
        "test",
        "trials",
        "trials.parquet",
    }
    manifest = json.loads((run / "manifest.json").read_text())
    assert {"torch", "numpy", "pandas", "scipy"} <= set(manifest["provenance"]["libraries"])
    assert len(manifest["splits"]["train"]["files"]["features.npy"]) == 64


def test_a_finished_run_is_quiet_and_loads_neither_model_nor_drawing_libraries(finished: CommandLine) -> None:
    again = finished("run", "protocol.yaml", "--json")
    assert json.loads(again.stdout)["trials"] == {"done": 7}
    assert again.stderr == ""
    imports = finished("run", "protocol.yaml", PYTHONPROFILEIMPORTTIME="1").stderr
    loaded = {line.rpartition("|")[2].strip() for line in imports.splitlines()}
    assert loaded & {"torch", "scipy.stats", "scipy.special", "seaborn", "matplotlib", "jinja2"} == set()


def test_an_option_that_changes_no_number_starts_no_trial(copy: CommandLine) -> None:
    before = {path: path.stat().st_mtime_ns for path in copy.run_folder.rglob("record.json")}
    done = copy("run", "protocol.yaml", "--workers", "1", "--set", "claims.0.margin=0.1")
    assert done.returncode == 0
    assert {path: path.stat().st_mtime_ns for path in copy.run_folder.rglob("record.json")} == before
    assert "margin: 0.1" in (copy.run_folder / "protocol.yaml").read_text()


@pytest.mark.slow
def test_a_removed_trial_alone_is_run_again(copy: CommandLine) -> None:
    ledger = Ledger(copy.run_folder)
    key = TrialKey("sprm", "0.5", 1)
    outcomes = (ledger.trial_folder(key) / "items.parquet").read_bytes()
    shutil.rmtree(ledger.trial_folder(key))
    done = copy("run", "protocol.yaml", "--workers", "1")
    assert done.returncode == 0
    assert "1 of 7 trials to run" in done.stderr
    assert (ledger.trial_folder(key) / "items.parquet").read_bytes() == outcomes


@pytest.mark.slow
def test_a_trial_that_fails_leaves_the_others_a_report_and_exit_code_1(cli: CommandLine) -> None:
    systems = "systems={prior: {kind: prior}, sprm: {kind: sprm}, wild: {kind: sprm, learning_rate: 1e38}}"
    done = cli("run", "protocol.yaml", "--workers", "1", "--set", systems, "--set", "seeds=1", "--set", "fractions=[1]")
    assert done.returncode == 1
    assert "wild 100 % seed 0: failed" in done.stderr
    assert "1 of 3 trials failed" in done.stderr
    assert "Traceback" not in done.stderr
    assert (cli.folder / done.stdout.strip()).is_file()
    assert [path.parts[-4] for path in cli.run_folder.glob("trials/*/*/*/failure.json")] == ["wild"]


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_an_interrupt_keeps_what_is_finished_and_leaves_no_worker(number: signal.Signals, cli: CommandLine) -> None:
    options = slow(epochs=200_000)
    with cli.started("run", "protocol.yaml", *options, "--workers", "2") as process:
        until(lambda: len(list(cli.folder.glob("results/*/trials/*/*/*/record.json"))) == 2)
        workers = workers_of(process.pid)
        if number is signal.SIGINT:
            # A terminal sends the interrupt to the whole group, workers included.
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
        stdout, stderr = process.communicate(timeout=LONGEST)
        assert len(workers) >= 2
        assert still_alive(workers) == []
    assert process.returncode == 130
    assert stdout == ""
    assert "Interrupted: 2 of 4 trials are done and kept" in stderr
    assert "Traceback" not in stderr
    status = cli("status", "protocol.yaml", *options, "--json")
    assert status.returncode == 3
    assert json.loads(status.stdout)["counts"] == {"done": 2, "stale": 0, "missing": 2, "failed": 0}


def seconds_of_workers(pid: int) -> dict[psutil.Process, float]:
    """Return the CPU time of each worker of a run."""
    seconds = of_each(pid, lambda process: process.cpu_times().user)
    return {worker: seconds[worker] for worker in workers_of(pid) if worker in seconds}


@pytest.mark.slow
def test_a_killed_worker_fails_its_trial_with_a_reason_and_the_rest_goes_on(cli: CommandLine) -> None:
    with cli.started("run", "protocol.yaml", *slow(epochs=200_000), "--workers", "1") as process:
        # The longest trial goes first. Who has encoded the splits is a worker, too, but does nothing any more.
        until(lambda: any(cli.folder.glob("results/*/trials/slow/*/*/running.json")))
        before = seconds_of_workers(process.pid)
        at_work: list[psutil.Process] = []

        def found() -> bool:
            now = seconds_of_workers(process.pid)
            at_work.extend(worker for worker in before.keys() & now.keys() if now[worker] > before[worker] + 3)
            return bool(at_work)

        until(found)
        at_work[0].kill()
        stdout, stderr = process.communicate(timeout=LONGEST)
    assert process.returncode == 1
    for name in ("slow", "blind"):
        assert f"{name} 100 % seed 0: failed: its worker process ended by SIGKILL; it was seen with up to" in stderr
    assert "Traceback" not in stderr
    assert {record.system for record in Ledger(cli.run_folder).records()} == {"prior", "quick"}
    assert (cli.folder / stdout.strip()).is_file()


@pytest.mark.slow
def test_a_corpus_that_was_damaged_is_told_and_built_again_before_anything_trains(copy: CommandLine) -> None:
    features = Path(copy("prepare", "protocol.yaml").stdout.strip()) / "train" / "features.npy"
    written = features.read_bytes()
    features.write_bytes(written[:-1] + bytes([written[-1] ^ 1]))
    told = copy("doctor", "protocol.yaml")
    assert told.returncode == 0
    assert "The corpus is damaged; `prepare` or `run` will rebuild it" in told.stdout
    done = copy("run", "protocol.yaml", "--workers", "1", "--set", "training.epochs=3")
    assert done.returncode == 0
    assert "features.npy: the content has changed" in done.stderr
    assert "rebuilding the corpus" in done.stderr
    assert features.read_bytes() == written


def test_a_missing_folder_and_a_fraction_of_no_image_are_told_before_anything_trains(cli: CommandLine) -> None:
    missing = cli("run", "protocol.yaml", "--set", "corpus.root=nowhere")
    assert missing.returncode == 2
    assert "nowhere" in missing.stderr
    none = cli("run", "protocol.yaml", "--set", "fractions=[0.01, 1]")
    assert none.returncode == 2
    assert "--set fractions=[0.01, 1]: fractions: the fraction 0.01 of 12 training images selects no" in none.stderr
    assert not (cli.folder / "results").exists()
    assert "Traceback" not in missing.stderr + none.stderr


def test_an_image_that_had_to_be_left_out_of_a_finished_run_is_told_without_any_trial(copy: CommandLine) -> None:
    before = json.loads((copy.run_folder / "manifest.json").read_text())
    entities = copy.folder / "data" / "Flickr30kEntities"
    for name, suffix in (("Sentences", "txt"), ("Annotations", "xml")):
        shutil.copy(entities / name / f"{image_id(16)}.{suffix}", entities / name / f"987654321.{suffix}")
    with (copy.folder / "data" / "test.txt").open("a") as listed:
        listed.write("987654321\n")
    done = copy("run", "protocol.yaml")
    assert done.returncode == 0
    assert "trials to run" not in done.stderr
    after = json.loads((copy.run_folder / "manifest.json").read_text())
    assert after["splits"]["test"]["left_out"] == [{"image_id": "987654321", "reason": "detections"}]
    assert {**after, "splits": {}, "warnings": {}} == {**before, "splits": {}, "warnings": {}}
    report = copy.folder / done.stdout.strip()
    assert "1 image left out, missing detections: 987654321" in report.read_text()
    assert "test,987654321,detections" in (report.parent / "tables" / "left_out.csv").read_text()


@pytest.mark.slow
def test_a_stale_result_whose_trial_fails_when_run_again_counts_as_failed(cli: CommandLine) -> None:
    systems = "systems={prior: {kind: prior}, wild: {kind: sprm, learning_rate: 1e38}}"
    options = ("--set", systems, "--set", "seeds=1", "--set", "fractions=[1]", "--set", "claims=[]")
    assert cli("run", "protocol.yaml", *options, "--workers", "1").returncode == 1
    ledger, wild = Ledger(cli.run_folder), TrialKey("wild", "1", 0)
    prior = ledger.record(TrialKey("prior", "0", 0))
    assert prior is not None
    stale = prior.model_copy(update={"system": "wild", "kind": "sprm", "fraction": "1", "images": 12})
    ledger.write(stale, ledger.items(prior.key))
    again = cli("run", "protocol.yaml", *options, "--workers", "1", "--json")
    assert again.returncode == 1
    assert json.loads(again.stdout)["trials"] == {"done": 1, "failed": 1}
    assert ledger.record(wild) is None
    aside = {path.name for path in ledger.trial_folder(wild).iterdir()}
    assert aside == {"failure.json", "record.set-aside-1.json", "items.set-aside-1.parquet"}
    assert "record.json: made with another" in again.stderr
    status = cli("status", str(cli.run_folder), "--json")
    assert status.returncode == 1
    assert json.loads(status.stdout)["counts"] == {"done": 1, "stale": 0, "missing": 0, "failed": 1}
