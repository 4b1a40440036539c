from __future__ import annotations

import json

from command_line import PROTOCOL, CommandLine


def test_id_lists_are_written_and_verified(cli: CommandLine) -> None:
    written = cli("subsets", "protocol.yaml")
    assert written.returncode == 0
    folder = cli.folder / written.stdout.splitlines()[-1]
    assert len((folder / "1" / "0.5.txt").read_text().split()) == 6
    assert cli("subsets", "protocol.yaml", "--verify").returncode == 0
    (folder / "1" / "0.5.txt").write_text("")
    told = cli("subsets", "protocol.yaml", "--verify")
    assert told.returncode == 3
    assert "0.5.txt: not the images that the protocol selects" in told.stderr


def test_their_hashes_and_shares_are_answered_in_json(cli: CommandLine) -> None:
    answer = json.loads(cli("subsets", "protocol.yaml", "--json").stdout)
    assert [(one["seed"], one["fraction"], one["images"]) for one in answer["subsets"]] == [
        (0, "0.5", 6),
        (0, "1", 12),
        (1, "0.5", 6),
        (1, "1", 12),
    ]
    assert 0 < answer["shares"]["people"] <= 1


def test_lists_that_were_never_written_do_not_verify(cli: CommandLine) -> None:
    told = cli("subsets", "protocol.yaml", "--verify")
    assert told.returncode == 3
    assert told.stderr.count("missing") == 4


def test_a_corpus_larger_than_there_is_is_told_with_file_line_and_key(cli: CommandLine) -> None:
    cli.write(PROTOCOL.replace("[0.5, 1.0]", "[0.5, 1.0]\nsizes: [4, 13]"))
    told = cli("subsets", "protocol.yaml")
    assert told.returncode == 2
    message = "line 4: sizes: 13 training images are requested, but the corpus has 12"
    assert told.stderr.splitlines()[-1] == f"error: protocol.yaml: {message}"


def test_fractions_that_select_no_image_are_told_with_file_line_and_key(cli: CommandLine) -> None:
    cli.write(PROTOCOL.replace("[0.5, 1.0]", "[0.5, 0.01]"))
    for command in ("run", "plan", "subsets"):
        told = cli(command, "protocol.yaml")
        assert told.returncode == 2
        message = "line 3: fractions: the fraction 0.01 of 12 training images selects no image"
        assert told.stderr.splitlines()[-1] == f"error: protocol.yaml: {message}"
