"""Plug-ins by --plugin: loaded in every process, named in fingerprints and errors."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import CommandLine
from places import ROOT

DOCUMENT = ROOT / "docs" / "extending.md"
BROKEN = '''\
from typing import ClassVar, Literal

from bench.systems.registry import SYSTEMS
from bench.systems.system import Encoding, Role, System


@SYSTEMS.register
class Broken(System):
    """What cannot divide."""

    kind: Literal["broken"]
    method: str
    role: ClassVar[Role] = Role.prior

    def reads(self):
        return 1 / 0 if self.method == "reads" else (Encoding("test"),)

    def score(self, task, split, weights):
        return [1 / 0] if self.method == "score" else "a score"
'''

FRESH = {"PYTHONUNBUFFERED": "1"}
"""Has a command start workers anew, which have to load plug-ins: a fork of this process would have them."""


def write_blocks(folder: Path) -> list[str]:
    """Write the files that the document shows, as they stand there; return their names."""
    blocks = re.findall(r"^```python\n(# (\w+\.py)\n.*?)^```$", DOCUMENT.read_text(), re.DOTALL | re.MULTILINE)
    for text, name in blocks:
        (folder / name).write_text(text)
    return [name for _, name in blocks]


def plugins(*names: str) -> list[str]:
    return [word for name in names for word in ("--plugin", name)]


@pytest.mark.slow
def test_the_files_of_the_document_do_what_it_says(cli: CommandLine) -> None:
    names = write_blocks(cli.folder)
    assert names == ["two_layer.py", "crowding.py", "strict.py", "first_captions.py"]
    assert len((cli.folder / "two_layer.py").read_text().splitlines()) < 60
    checked = cli("check-plugin", "two-layer", *plugins("two_layer.py"), "--set", "hidden=16", "--json", **FRESH)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert {each["result"] for each in json.loads(checked.stdout)["checks"]} == {"passed"}
    options = [
        *("--set", "corpus.kind=first-captions", "--set", "strata=crowding", "--set", "claims=[]"),
        *("--set", "systems={prior: {kind: prior}, rival: {kind: two-layer, hidden: 8}}", "--set", "seeds=1"),
        *plugins(*names),
    ]
    done = cli("run", "protocol.yaml", *options, "--json", **FRESH)
    assert done.returncode == 0, done.stderr
    report = Path(cli.folder, json.loads(done.stdout)["report"]).with_name("report.md").read_text()
    assert "rival: two layers from regions to the word vectors of phrases" in report
    assert "Subsets are not stratified by entity type but by number of boxes" in report
    assert "| System | Accuracy | Mean IoU | Pointing accuracy | Strict accuracy |" in report
    assert json.loads((cli.run_folder / "subsets" / "index.json").read_text())["strata"] == "crowding"
    record = json.loads((cli.run_folder / "trials" / "rival" / "1" / "0" / "record.json").read_text())
    sources = {name: hashlib.sha256((cli.folder / name).read_bytes()).hexdigest() for name in names}
    assert record["inputs"]["system"] == {"kind": "two-layer", "hidden": 8, "code": sources["two_layer.py"]}
    assert record["inputs"]["metrics"] == {"strict": sources["strict.py"]}
    # The folder names kinds alone.
    for command in ("status", "report", "verdicts"):
        without = cli(command, str(cli.run_folder))
        assert without.returncode == 2
        assert "systems.rival.kind: expected 'oracle', " in without.stderr
        assert "found 'two-layer' (one from elsewhere needs --plugin FILE, or its package installed)" in without.stderr
        assert "strata: expected 'entity_type' or 'none', found 'crowding' (one from elsewhere" in without.stderr
    assert cli("status", str(cli.run_folder), *plugins(*names)).returncode == 0
    without_metric = cli("status", str(cli.run_folder), *plugins(*names[:2], names[3]))
    assert "metrics.strict (which is from elsewhere and not loaded; see --plugin)" in without_metric.stdout
    # Other code is another system.
    with (cli.folder / names[0]).open("a") as file:
        file.write("# changed\n")
    planned = cli("plan", "protocol.yaml", *options, "--json")
    statuses = {trial["system"]: (trial["status"], trial["why"]) for trial in json.loads(planned.stdout)["trials"]}
    assert statuses["rival"][0] == "stale"
    assert "with another system.code" in statuses["rival"][1]
    assert "can be taken from" in statuses["prior"][1]


@pytest.mark.slow
def test_a_broken_plugin_fails_its_own_trials_and_no_others(cli: CommandLine) -> None:
    cli.write(BROKEN, "broken.py")
    systems = "systems={prior: {kind: prior}, " + ", ".join(
        f"{method}: {{kind: broken, method: {method}}}" for method in ("reads", "score", "other")
    )
    options = ("--set", systems + "}", "--set", "claims=[]", *plugins("broken.py"))
    done = cli("run", "protocol.yaml", *options)
    assert done.returncode == 1, done.stderr
    status = json.loads(cli("status", str(cli.run_folder), *plugins("broken.py"), "--json").stdout)
    found = {trial["system"]: (trial["status"], trial["why"]) for trial in status["trials"]}
    assert found["prior"] == ("done", "")
    failed = "system kind broken"
    assert found["reads"] == (
        "failed",
        f"{failed} (broken.py, line 16): reads: ZeroDivisionError: division by zero",
    )
    assert found["score"] == (
        "failed",
        f"{failed} (broken.py, line 19): score: ZeroDivisionError: division by zero",
    )
    assert found["other"] == ("failed", f"{failed}: score returns str; expected Scores")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("x = 1\ny = x / 0\n", "plugin.py, line 2: ZeroDivisionError: division by zero"),
        ("import no_such_module\n", "plugin.py, line 1: ModuleNotFoundError: No module named 'no_such_module'"),
        ("def broken(:\n", "plugin.py, line 1: not valid Python: invalid syntax"),
        ("import sys\n\nsys.exit()\n", "plugin.py, line 3: SystemExit: "),
        ("x = 1\n", "plugin.py: it adds nothing; expected a class with @SYSTEMS.register"),
        (
            BROKEN.replace('Literal["broken"]', 'Literal["prior"]'),
            "plugin.py, line 7: ValueError: Broken and Prior are both called 'prior'",
        ),
        (
            BROKEN.replace("method: str", "code: str"),
            "plugin.py, line 7: ValueError: no field of Broken can be called 'code'",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_its_line(text: str, problem: str, cli: CommandLine) -> None:
    cli.write(text, "plugin.py")
    done = cli("validate", "protocol.yaml", *plugins("plugin.py"))
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {problem}")
    assert len(done.stderr.splitlines()) == 1


def test_a_file_that_is_none_is_named(cli: CommandLine) -> None:
    (cli.folder / "noise.py").write_bytes(bytes(range(128, 256)))
    for name, problem in (
        ("gone.py", "gone.py: this file is missing"),
        ("data", "data: this file is a folder, where a file is expected"),
        ("noise.py", "noise.py: not a Python file: "),
    ):
        done = cli("schema", *plugins(name))
        assert done.returncode == 2
        assert done.stderr.startswith(f"error: {problem}")


def test_files_of_one_name_do_not_collide_and_one_file_counts_once(cli: CommandLine) -> None:
    for kind in ("one", "other"):
        (cli.folder / kind).mkdir()
        cli.write(BROKEN.replace('"broken"', f'"{kind}"'), f"{kind}/plugin.py")
    done = cli("schema", *plugins("one/plugin.py", "other/plugin.py", "one/plugin.py"))
    assert done.returncode == 0, done.stderr
    assert {"one", "other", "prior"} <= json.loads(done.stdout)["properties"]["systems"]["patternProperties"][
        "^[a-z0-9]+(-[a-z0-9]+)*$"
    ]["discriminator"]["mapping"].keys()


def test_a_process_without_the_file_reads_what_a_plugin_defines(tmp_path: Path) -> None:
    """As the workers of clusters do, which are sent an order."""
    (tmp_path / "broken.py").write_text(BROKEN)
    send = (
        "import pickle, sys; from pathlib import Path; from bench.protocol.plugins import load_plugins;"
        "from bench.systems.registry import SYSTEMS; from sprm.plugins import Shipped;"
        "load_plugins([Path('broken.py')]);"
        "system = SYSTEMS.by_name()['broken'](kind='broken', method='score');"
        "sys.stdout.buffer.write(pickle.dumps(Shipped(system)))"
    )
    receive = (
        "import pickle, sys; shipped = pickle.load(sys.stdin.buffer);"
        "from bench.systems.registry import SYSTEMS, identity_of; print(identity_of(shipped.value)['code'])"
    )
    sent = subprocess.run([sys.executable, "-c", send], cwd=tmp_path, capture_output=True, check=True).stdout
    (tmp_path / "broken.py").unlink()
    received = subprocess.run([sys.executable, "-c", receive], input=sent, capture_output=True, check=True).stdout
    assert received.decode().strip() == hashlib.sha256(BROKEN.encode()).hexdigest()
