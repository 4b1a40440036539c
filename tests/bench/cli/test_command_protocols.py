"""The protocols of the real corpora, on small files in their owners' layouts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import CommandLine
from flickr_folder import write_flickr_folder
from places import PROTOCOLS
from refcoco_folder import write_refcoco_tsv_folder
from referit_folder import write_referit_folder

SMALLER = {
    "corpus.root": "data",
    "corpus.words": "built-in",
    "fractions": "[0.25, 0.5, 1.0]",
    "seeds": "2",
    "training.epochs": "2",
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "write_folder", "corpus", "rules"),
    [
        ("flickr30k", write_flickr_folder, "files in the layout of Flickr30k Entities", "official"),
        (
            "refcoco",
            write_refcoco_tsv_folder,
            "files in the layout of RefCOCO, divided by unc, judged on testA",
            "corrected",
        ),
        ("referit", write_referit_folder, "files in the layout of ReferIt", "official"),
    ],
)
def test_a_run_on_files_in_the_owners_layout_ends_in_a_report(
    tmp_path: Path, name: str, write_folder: Callable[[Path], None], corpus: str, rules: str
) -> None:
    (tmp_path / "data").mkdir()
    write_folder(tmp_path / "data")
    cli = CommandLine(tmp_path)
    options = [part for key, value in SMALLER.items() for part in ("--set", f"{key}={value}")]
    done = cli("run", str(PROTOCOLS / f"{name}.yaml"), *options)
    assert done.returncode == 0, done.stderr
    page = tmp_path / done.stdout.strip()
    text = (page.parent / "report.md").read_text(encoding="utf-8")
    assert page.is_file()
    assert corpus in text
    assert f"{rules} rules" in text
    # Only the counts of the paper's corpora are known.
    assert ("train split: 12 images, where the full corpus has" in text) == (name != "refcoco")
    assert "| phrases | train |" in text
    assert "learning_rate: 1.0e-05" in text
    again = cli("run", str(PROTOCOLS / f"{name}.yaml"), *options)
    assert again.stdout == done.stdout
    assert "trials to run" not in again.stderr
