"""A kind of source is one class: those of the package, and one that another distribution brings."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest
from captions_folder import write_captions_folder
from command_line import CommandLine
from distribution import distribution
from flickr_folder import write_flickr_folder
from refcoco_folder import write_refcoco_folder
from referit_folder import write_referit_folder

from sprm.corpus.build.convert import settings_of
from sprm.corpus.build.requirements import requirements
from sprm.corpus.corpus import SPLITS
from sprm.corpus.settings import FilesSource, Source
from sprm.corpus.sources.flickr30k.source import Flickr30kSource
from sprm.corpus.sources.registry import SOURCES
from sprm.settings import Rules

WRITERS = {
    "captions": write_captions_folder,
    "flickr30k": write_flickr_folder,
    "refcoco": write_refcoco_folder,
    "referit": write_referit_folder,
}
CHOICES = {"refcoco": {"dataset": "refcoco", "split_by": "unc", "test": "testA"}}
"""What has to be set of a kind beside its root."""
ONE_CAPTION = '''\
"""Flickr30k Entities with the first caption of each image alone, from another distribution."""

from dataclasses import replace
from typing import Literal

from sprm.corpus.sources.flickr30k.reader import Flickr30kEntities
from sprm.corpus.sources.flickr30k.source import Flickr30kSource
from sprm.corpus.sources.registry import SOURCES


class FirstCaptions(Flickr30kEntities):
    def read(self, image_id, tally):
        image = super().read(image_id, tally)
        return replace(image, sentences=image.sentences[:1])


@SOURCES.register
class OneCaptionSource(Flickr30kSource):
    """Files in the layout of Flickr30k Entities, of which one caption an image is read."""

    kind: Literal["one-caption"]
    title = "the first captions of files in the layout of Flickr30k Entities"

    def annotations(self, rules):
        return FirstCaptions(self.root, rules)
'''


@pytest.mark.parametrize("kind", [kind for kind in SOURCES.by_name().values() if issubclass(kind, FilesSource)])
def test_files_of_a_kind_are_asked_for_found_and_read(kind: type[FilesSource], tmp_path: Path) -> None:
    name = kind.model_json_schema()["properties"]["kind"]["const"]
    source = kind.model_validate({"kind": name, "root": tmp_path / "root", **CHOICES.get(name, {})})
    assert all(needed.found is None for needed in requirements(source))
    WRITERS[name](tmp_path / "root")
    assert [needed.what for needed in requirements(source) if needed.found is None and not needed.optional] == []
    annotations = source.annotations(Rules.corrected)
    ids = {split: annotations.image_ids(split) for split in SPLITS}
    assert all(ids.values())
    assert all(path.is_file() for path in annotations.files(ids["train"]))
    assert kind.title
    assert set(kind.published.images) in (set(SPLITS), set())


@pytest.mark.parametrize("kind", SOURCES.by_name().values())
def test_only_what_is_synthetic_is_called_so(kind: type[Source]) -> None:
    assert ("synthetic" in kind.title) == (kind.synthetic is not None)


class Elsewhere(Flickr30kSource):
    """The layout of Flickr30k Entities, read by this file."""


def test_the_code_of_a_kind_from_elsewhere_names_its_corpora_and_that_of_the_project_does_not(tmp_path: Path) -> None:
    code = f"code {hashlib.sha256(Path(__file__).read_bytes()).hexdigest()}"
    settings = {"kind": "flickr30k", "root": tmp_path}
    own = settings_of(Flickr30kSource.model_validate(settings), Rules.corrected)
    assert settings_of(Elsewhere.model_validate(settings), Rules.corrected) == [*own, code]


@pytest.mark.slow
def test_a_kind_from_another_distribution_runs_from_protocol_to_report(tmp_path: Path) -> None:
    cli = CommandLine.at(tmp_path)
    outside = distribution(tmp_path / "outside", "one_caption", ONE_CAPTION, SOURCES.group)
    path = os.pathsep.join(filter(None, [outside, os.environ.get("PYTHONPATH")]))
    options = ("--set", "corpus.kind=one-caption", "--set", "systems={prior: {kind: prior}}", "--set", "claims=[]")
    done = cli("run", "protocol.yaml", *options, "--workers", "1", "--json", PYTHONPATH=path)
    assert done.returncode == 0, done.stderr
    report = Path(cli.folder, json.loads(done.stdout)["report"]).with_name("report.md").read_text()
    assert "the first captions of files in the layout of Flickr30k Entities" in report
    manifest = json.loads((cli.run_folder / "manifest.json").read_text())
    assert manifest["splits"]["train"]["sentences"] <= manifest["splits"]["train"]["images"]
