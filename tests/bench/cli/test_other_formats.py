"""Files in their owners' other formats lead to a report like any: archives an image, and ReferIt's JSON form."""

from __future__ import annotations

from pathlib import Path

from command_line import PROTOCOL, CommandLine
from feature_archive_files import write_feature_archives
from referit_folder import write_json_form, write_referit_folder


def report_of(cli: CommandLine, *options: str) -> str:
    told = cli("run", "protocol.yaml", *options)
    assert told.returncode == 0, told.stderr
    return (cli.folder / told.stdout.strip()).with_name("report.md").read_text(encoding="utf-8")


def test_archives_an_image_are_read_with_their_scores_into_a_report(cli: CommandLine) -> None:
    data = cli.folder / "data"
    write_feature_archives(data)
    for path in (*data.glob("*_detection_dict.json"), *data.glob("*_features_compress.hdf5")):
        path.unlink()
    weighed = "systems.weighed={kind: prior, score_weight: 0.15, size_weight: 0.1}"
    report = report_of(cli, "--set", "corpus.detections=npz", "--set", weighed)
    assert "| weighed | first |" in report
    assert "| prior | first |" in report


def test_the_json_form_of_referit_leads_to_a_report(tmp_path: Path) -> None:
    cli = CommandLine(tmp_path)
    write_referit_folder(tmp_path / "data")
    write_json_form(tmp_path / "data")
    cli.write(PROTOCOL.replace("kind: flickr30k", "kind: referit"))
    report = report_of(cli)
    assert "files in the layout of ReferIt" in report
    assert "| sprm |" in report
