from __future__ import annotations

import json

from command_line import CommandLine


def test_a_corpus_is_built_once_and_its_folder_printed(cli: CommandLine) -> None:
    first = cli("prepare", "protocol.yaml")
    assert first.returncode == 0
    assert "reading train" in first.stderr
    again = cli("prepare", "protocol.yaml")
    assert again.stdout == first.stdout
    assert again.stderr == ""


def test_counts_and_warnings_are_answered_in_json(cli: CommandLine) -> None:
    answer = json.loads(cli("prepare", "protocol.yaml", "--json").stdout)
    assert answer["splits"]["train"]["counts"]["images"] == 12
    assert "warnings" in answer["splits"]["test"]
