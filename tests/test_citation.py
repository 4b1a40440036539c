"""The files beside the code that name its version name the same one."""

from __future__ import annotations

import tomllib

import yaml
from places import ROOT

VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]


def test_a_citation_names_the_version_of_the_package() -> None:
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))["version"] == VERSION


def test_the_changelog_says_what_the_version_changes() -> None:
    assert f"## {VERSION} - " in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
