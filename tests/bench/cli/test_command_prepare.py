from __future__ import annotations

import json

from command_line import CommandLine


def test_a_corpus_is_built_once_and_its_folder_printed(cli: CommandLine) -> None:
    first = cli("prepare", "protocol.yaml")
    assert first.returncode == 0
    assert "reading train" in first.stderr
    again = cli("prepare", "protocol.yaml")
    assert again.stdout == first.stdout
    assert "reading" not in again.stderr


def test_what_was_read_is_summed_up(cli: CommandLine) -> None:
    told = cli("prepare", "protocol.yaml").stderr.splitlines()
    assert "train: 12 images, 20 sentences, 37 phrases, 62 regions" in told
    assert "train: 12 images, where the full corpus has 29,783" in told
    assert any(line.startswith("labels: ") and "of the words have a vector" in line for line in told)


def test_the_plausibility_of_boxes_is_told_for_each_split(cli: CommandLine) -> None:
    told = cli("prepare", "protocol.yaml").stderr.splitlines()
    (line,) = [line for line in told if line.startswith("plausibility, test: ")]
    assert "boxes per image, 0.0 % of them under 2 pixels, 0.0 % without area" in line
    assert "of the phrases have a matching box, chance " in line
    assert not any(line.startswith("implausible") for line in told)


def test_counts_and_warnings_are_answered_in_json(cli: CommandLine) -> None:
    answer = json.loads(cli("prepare", "protocol.yaml", "--json").stdout)
    assert answer["splits"]["train"]["counts"]["images"] == 12
    assert "warnings" in answer["splits"]["test"]
