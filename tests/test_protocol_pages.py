"""The gallery of protocols says all that their files say."""

from __future__ import annotations

from pathlib import Path

import pytest
from places import ROOT
from protocol_pages import comments, section

PROTOCOLS = sorted((ROOT / "protocols").glob("*.yaml"))


@pytest.mark.parametrize("path", PROTOCOLS, ids=lambda path: path.stem)
def test_every_comment_of_a_protocol_is_on_the_page(path: Path) -> None:
    page = " ".join(section(path).split())
    lines = path.read_text(encoding="utf-8").splitlines()
    said = [" ".join(line.rpartition("# ")[2].split()) for line in lines if "# " in line]
    assert said
    assert [line for line in said if line not in page] == []


def test_a_comment_belongs_to_its_key_and_one_before_an_empty_line_to_what_holds_it() -> None:
    text = """\
# Of the file.
name: it
systems:
  prior: {kind: prior}   # beside
  # above,
  # in two lines
  sprm: {kind: sprm}

claims:
  # of all

  # of one
  - name: small
    kind: competitive
"""
    assert comments(text) == {
        "name": "Of the file.",
        "systems.prior": "beside",
        "systems.sprm": "above, in two lines",
        "claims": "of all",
        "claims.small": "of one",
    }
