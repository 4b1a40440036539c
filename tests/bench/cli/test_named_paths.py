"""Paths name what people mean by them, and what stands in the way of one is told as what it is."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import CommandLine


def test_a_tilde_is_the_home_folder_in_options_and_in_the_variable(copy: CommandLine, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(copy.folder / "cache", home / "cache")
    shutil.copytree(copy.folder / "results", home / "results")
    shutil.copytree(copy.folder / "data", home / "data")
    told = copy(
        *("report", "protocol.yaml", "--results", "~/results", "--reports", "~/reports", "--set", "corpus.root=~/data"),
        HOME=str(home),
        BENCH_CACHE="~/cache",
    )
    assert told.returncode == 0, told.stderr
    assert list((home / "reports").glob("tiny-*/index.html"))
    assert not (copy.folder / "~").exists()
    unknown = copy("status", "protocol.yaml", "--results", "~nobody-of-this-name/results")
    assert unknown.returncode == 2
    assert "~ cannot be expanded, because no home folder is known" in unknown.stderr


@pytest.mark.parametrize(("below", "named"), [(".", "."), ("trials", "..")])
def test_the_folder_that_one_is_in_is_reported_under_its_own_name(copy: CommandLine, below: str, named: str) -> None:
    run = copy.run_folder
    told = CommandLine(run / below)("report", named, "--reports", str(copy.folder / "again"))
    assert told.returncode == 0, told.stderr
    page = copy.folder / "again" / run.name / "index.html"
    assert told.stdout.strip() == str(page)
    assert f"python -m bench report results/{run.name}" in page.with_name("report.md").read_text()


def a_file(path: Path) -> str:
    path.write_text("no folder")
    return "is a file"


def a_dangling_link(path: Path) -> str:
    path.symlink_to("gone")
    return "is a link to gone, which is not there"


@pytest.mark.parametrize(
    ("put", "arguments", "environment"),
    [
        (a_file, ("run", "protocol.yaml", "--results", "place"), {}),
        (a_dangling_link, ("report", "protocol.yaml", "--reports", "place"), {}),
        (a_dangling_link, ("prepare", "protocol.yaml"), {"BENCH_CACHE": "place"}),
        (a_dangling_link, ("prepare", "protocol.yaml", "--set", "corpus.root=place"), {}),
        (a_file, ("prepare", "protocol.yaml", "--set", "corpus.words=place/glove.txt"), {}),
    ],
)
def test_what_stands_in_the_place_of_a_folder_is_told(
    copy: CommandLine, put: Callable[[Path], str], arguments: tuple[str, ...], environment: dict[str, str]
) -> None:
    what = put(copy.folder / "place")
    done = copy(*arguments, **environment)
    assert done.returncode == 2
    (*_, told) = done.stderr.splitlines()
    assert f"place {what}" in told or f"place: {what}" in told or f"place: this folder {what}" in told


def test_a_protocol_that_is_a_dangling_link_or_a_folder_is_told(cli: CommandLine) -> None:
    (cli.folder / "link.yaml").symlink_to("gone.yaml")
    told = cli("validate", "link.yaml", "data")
    assert told.returncode == 2
    assert told.stderr.splitlines() == [
        "link.yaml: this file is a link to gone.yaml, which is not there",
        "data: is a folder, expected a YAML file",
    ]


def test_a_folder_whose_name_is_not_text_holds_results_and_is_told_as_data(copy: CommandLine) -> None:
    folder = os.fsdecode(b"caf\xe9")
    told = copy("report", "protocol.yaml", "--reports", folder)
    assert told.returncode == 0, told.stderr
    (copy.folder / folder / "data").mkdir()
    inside = CommandLine(copy.folder / folder)
    shutil.copy(copy.folder / "protocol.yaml", inside.folder)
    refused = inside("prepare", "protocol.yaml")
    assert refused.returncode == 2
    assert "data: its name is not in UTF-8" in refused.stderr


def test_an_empty_path_is_not_the_folder_that_one_is_in(finished: CommandLine) -> None:
    told = finished("status", "")
    assert told.returncode == 2
    assert "expected a path, found an empty string" in told.stderr
    no_run = finished("verdicts", ".")
    assert no_run.returncode == 3
    assert "not a run folder" in no_run.stderr
