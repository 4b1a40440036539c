from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import CommandLine
from places import PROTOCOLS

FILES = sorted(PROTOCOLS.glob("*.yaml"))


def test_sound_files_are_named_on_stdout_and_mistakes_on_stderr(cli: CommandLine) -> None:
    cli.write("name: x\nseeds: 0\n", "wrong.yaml")
    told = cli("validate", "protocol.yaml", "wrong.yaml")
    assert told.returncode == 2
    assert told.stdout == "protocol.yaml: valid\n"
    assert "line 2: seeds: expected at least 1, found 0" in told.stderr


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_the_protocols_of_this_project_are_sound_and_named_like_their_files(cli: CommandLine, path: Path) -> None:
    assert cli("validate", str(path)).returncode == 0
    assert f"name: {path.stem.replace('_', '-')}\n" in path.read_text()


def test_the_schema_is_json_that_names_every_key_and_kind(cli: CommandLine) -> None:
    schema = json.loads(cli("schema").stdout)
    assert {"name", "corpus", "fractions", "shots", "sizes", "systems", "claims"} <= set(schema["properties"])
    assert {"Sprm", "Prior", "CompetitiveClaim", "TrainingSettings"} <= set(schema["$defs"])
