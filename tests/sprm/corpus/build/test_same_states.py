"""Two folders whose files agree in name, size and time of change share nothing that is built from them."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from flickr_folder import image_id
from noun_pipeline import write_pipeline

from sprm.corpus.build.prepare import prepare, prepared_folder
from sprm.corpus.sources.flickr30k.source import Flickr30kSource
from sprm.errors import DataError
from sprm.files.atomic_folder import damage
from sprm.settings import Rules
from sprm.text.glove import word_table


def silent(stage: str, done: int, total: int) -> None:
    pass


def build(root: Path, cache: Path, heads: str = "rule") -> Path:
    source = Flickr30kSource(kind="flickr30k", root=root, heads=heads)
    return prepare(source, Rules.corrected, cache, progress=silent, workers=1)


def level(*folders: Path) -> None:
    """Give all files of some folders the same time of change."""
    for folder in folders:
        for path in (folder, *folder.rglob("*")):
            os.utime(path, ns=(10**9, 10**9))


def test_corpora(flickr_folder: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(flickr_folder, tmp_path / "other"))
    path = other / "Flickr30kEntities" / "Annotations" / f"{image_id(0)}.xml"
    text = path.read_text()
    path.write_text(text.replace("<xmin>60<", "<xmin>61<", 1))
    assert path.stat().st_size == len(text) and path.read_text() != text
    level(flickr_folder, other)
    first = build(flickr_folder, tmp_path / "cache")
    assert build(other, tmp_path / "cache") != first
    assert build(Path(shutil.copytree(flickr_folder, tmp_path / "same")), tmp_path / "cache") == first


def test_parts_of_a_corpus_that_was_interrupted(flickr_folder: Path, tmp_path: Path) -> None:
    class Enough(Exception):
        pass

    def stop(stage: str, done: int, total: int) -> None:
        if stage == "joining train":
            raise Enough

    source = Flickr30kSource(kind="flickr30k", root=flickr_folder)
    with suppress(Enough):
        prepare(source, Rules.corrected, tmp_path / "cache", progress=stop, workers=1)
    path = flickr_folder / "Flickr30kEntities" / "Annotations" / f"{image_id(0)}.xml"
    state = path.stat()
    path.write_text(path.read_text().replace("<xmin>60<", "<xmin>61<", 1))
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    resumed = build(flickr_folder, tmp_path / "cache")
    fresh = build(flickr_folder, tmp_path / "fresh")
    assert (resumed / "train" / "corpus.json").read_bytes() == (fresh / "train" / "corpus.json").read_bytes()


def test_files_that_change_while_they_are_read_are_told_and_nothing_is_built_of_them(
    flickr_folder: Path, tmp_path: Path
) -> None:
    path = flickr_folder / "Flickr30kEntities" / "Annotations" / f"{image_id(0)}.xml"
    before = path.read_text()

    def edit(stage: str, done: int, total: int) -> None:
        if stage == "reading train":
            path.write_text(before.replace("<xmin>60<", "<xmin>61<", 1))

    source = Flickr30kSource(kind="flickr30k", root=flickr_folder)
    with pytest.raises(DataError, match="files were changed while they were read"):
        prepare(source, Rules.corrected, tmp_path / "cache", progress=edit, workers=1)
    assert not list((tmp_path / "cache").glob("corpora/[!.]*"))
    path.write_text(before)
    again, fresh = (build(flickr_folder, tmp_path / name) for name in ("cache", "fresh"))
    assert (again / "train" / "corpus.json").read_bytes() == (fresh / "train" / "corpus.json").read_bytes()


def test_one_content_at_two_places_is_built_by_both_at_once(flickr_folder: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(flickr_folder, tmp_path / "other"))
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda root: build(root, tmp_path / "cache"), (flickr_folder, other)))
    assert found[0] == found[1]
    assert damage(found[0]) is None


def test_word_tables(tmp_path: Path) -> None:
    for name, text in (("a", "dog 1 2\n"), ("b", "dog 3 4\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "glove.txt").write_text(text)
    level(tmp_path / "a", tmp_path / "b")
    first, second = (
        word_table(tmp_path / name / "glove.txt", tmp_path / "cache", progress=silent).vectors for name in "ab"
    )
    np.testing.assert_array_equal(np.concatenate([first, second]), [[1, 2], [3, 4]])


def test_pipelines_that_find_head_words(flickr_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    first = write_pipeline(tmp_path / "a" / "nouns")
    second = Path(shutil.copytree(first, tmp_path / "b" / "nouns"))
    patterns = next(path for path in (second / "attribute_ruler").iterdir() if path.name == "patterns")
    content = patterns.read_bytes()
    patterns.write_bytes(content.replace(b"dog", b"cat"))
    assert patterns.read_bytes() != content
    level(tmp_path / "a", tmp_path / "b")
    folders = {build(flickr_folder, tmp_path / "cache", f"spacy:{folder}") for folder in (first, second)}
    assert len(folders) == 2


def test_a_corpus_that_is_built_is_found_by_what_its_files_hold(flickr_folder: Path, tmp_path: Path) -> None:
    folder = build(flickr_folder, tmp_path / "cache")
    level(flickr_folder)
    moved = flickr_folder.rename(tmp_path / "moved")
    source = Flickr30kSource(kind="flickr30k", root=moved)
    assert prepared_folder(source, Rules.corrected, tmp_path / "cache", progress=silent) == folder
