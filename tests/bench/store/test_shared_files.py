from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from command_line import PROTOCOL, CommandLine

import bench
import sprm
from bench.store.ledger import Ledger
from bench.store.records import TrialKey

TELL_TALE = "ada-lovelace"
SECRET = "sk-0123456789-not-to-be-told"
FAILING = "  sprm: {kind: sprm}\n  diverging: {kind: sprm, learning_rate: 1.0e+300}\n"


@pytest.mark.slow
def test_what_a_run_leaves_tells_nothing_of_who_ran_it_or_where(tmp_path: Path) -> None:
    home = tmp_path / TELL_TALE
    clone = home / f"{TELL_TALE}-clone"
    for package in (bench, sprm):
        source = Path(str(package.__file__)).parent
        shutil.copytree(source, clone / source.name)
    command = CommandLine.at(home / "study")
    command.write(PROTOCOL.replace("  sprm: {kind: sprm}\n", FAILING).replace("seeds: 2", "seeds: 1"))
    done = command(
        "run", "protocol.yaml", HOME=str(home), USER=TELL_TALE, LOGNAME=TELL_TALE, HOSTNAME=TELL_TALE,
        API_TOKEN=SECRET, AWS_SECRET_ACCESS_KEY=SECRET, PYTHONPATH=str(clone),
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert Ledger(command.run_folder).failure(TrialKey("diverging", "1", 0)) is not None
    told = {}
    # What the user wrote into the protocol stays in it, the corpus' folder included.
    for path in (each for top in ("results", "reports") for each in (command.folder / top).rglob("*")):
        if path.is_file() and path.name != "protocol.yaml":
            content = path.read_bytes()
            told[path.name] = [word for word in (TELL_TALE, SECRET, str(tmp_path)) if word.encode() in content]
    assert {"record.json", "manifest.json", "failure.json", "index.html", "report.md"} <= told.keys()
    assert {name: words for name, words in told.items() if words} == {}
