"""From a source to three splits and their word vectors, built once and kept in the cache folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeAlias

from sprm.corpus.building import Building
from sprm.corpus.detections import MafDetections
from sprm.corpus.flickr30k import Flickr30kEntities
from sprm.corpus.keys import READING, code_hash, file_state, short_hash, source_files
from sprm.corpus.records import SCHEMA_VERSION, SPLITS, Corpus
from sprm.corpus.source import CorpusSource, Flickr30kSource
from sprm.corpus.tally import Tally
from sprm.corpus.writer import CorpusWriter, ImageRecord
from sprm.errors import DataError
from sprm.lexicon import builtin_vectors, read_glove
from sprm.phrases import label_variants, tokenize
from sprm.settings import Rules

Progress: TypeAlias = Callable[[str, int, int], None]
"""Told the stage, how much of it is done, and how much there is."""


def cache_folder() -> Path:
    """Folder of what can be built again: `$BENCH_CACHE`, or `sprm-bench` in the user's cache folder."""
    named = os.environ.get("BENCH_CACHE")
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sprm-bench"


def prepare(source: CorpusSource, rules: Rules, cache: Path, *, progress: Progress) -> Path:
    """Build a study's folder unless the cache holds it.

    Args:
        source: where the corpus comes from.
        rules: how phrases and targets are read.
        cache: the cache folder.
        progress: told how far the work is.

    Returns:
        The folder, for `open_study`. A folder of that name is whole: it is built under another one.

    Raises:
        DataError: the source is missing something, is malformed or contradicts itself.
    """
    files = _flickr_layout(source, cache, progress)
    folder = cache / "corpora" / _key(source, files, rules)
    if not folder.exists():
        with Building(folder) as building:
            _build(source.kind, files, rules, building, progress)
    return folder


def _flickr_layout(source: CorpusSource, cache: Path, progress: Progress) -> Flickr30kSource:
    """Find the files to read: the user's, or those that the built-in corpus writes in the same layout."""
    if isinstance(source, Flickr30kSource):
        return source
    folder = cache / "scenes" / short_hash([source.model_dump_json(), code_hash("corpus/scenes")])
    if not folder.exists():
        # Drawing needs libraries that reading the files does not.
        from sprm.corpus.scenes import write_scenes

        with Building(folder) as building:
            write_scenes(building, seed=source.seed, images=source.images.model_dump(), progress=progress)
    return Flickr30kSource(kind="flickr30k", root=folder)


def _key(source: CorpusSource, files: Flickr30kSource, rules: Rules) -> str:
    """Name a study by its settings, the code that reads it, and the state of every file it is read from."""
    about = [str(SCHEMA_VERSION), source.model_dump_json(), files.model_dump_json(exclude={"root"}), rules.value]
    about += [code_hash(*READING), file_state(_words(files))]
    about += [file_state(path) for path in source_files(files.root)]
    return short_hash(about)


def _words(files: Flickr30kSource) -> Path:
    """Path of the word vectors, packaged or the user's.

    Raises:
        DataError: it is missing; told before hours of reading, not after.
    """
    path = builtin_vectors() if files.words == "built-in" else files.words
    if not path.is_file():
        raise DataError("the file of word vectors is missing", path=path)
    return path


def _build(kind: str, files: Flickr30kSource, rules: Rules, folder: Path, progress: Progress) -> None:
    annotations = Flickr30kEntities(files.root, rules)
    ids = {split: annotations.image_ids(split) for split in SPLITS}
    _refuse_shared(ids)
    for split in SPLITS:
        _build_split(kind, annotations, ids[split], files.root, folder / split, rules, progress)
    corpora = [Corpus.open(folder / split, verify=False) for split in SPLITS]
    _refuse_mixed_features(corpora, files.root)
    progress("word vectors", 0, 1)
    lexicon = read_glove(_words(files), vocabulary(corpora, rules))
    (folder / "lexicon").mkdir()
    lexicon.save(folder / "lexicon")
    progress("word vectors", 1, 1)


def _refuse_shared(ids: dict[str, list[str]]) -> None:
    place: dict[str, str] = {}
    for split, names in ids.items():
        for name in names:
            if name in place:
                raise DataError(f"image {name} is in {place[name]} and in {split}; splits may share none")
            place[name] = split


def _refuse_mixed_features(corpora: Sequence[Corpus], root: Path) -> None:
    sizes = {corpus.info.split: corpus.info.feature_size for corpus in corpora}
    if len(set(sizes.values())) > 1:
        told = ", ".join(f"{size} in {split}" for split, size in sizes.items())
        raise DataError(f"the splits' features differ in length: {told}", path=root)


def _build_split(
    kind: str,
    annotations: Flickr30kEntities,
    ids: list[str],
    root: Path,
    folder: Path,
    rules: Rules,
    progress: Progress,
) -> None:
    tally, left_out = Tally(), []
    split = folder.name
    with (
        MafDetections(root, split) as detections,
        CorpusWriter(folder, source=kind, split=split, rules=rules, extractor=detections.extractor) as writer,
    ):
        for done, image_id in enumerate(ids):
            progress(f"reading {split}", done, len(ids))
            image = _read_image(image_id, annotations, detections, tally)
            if image is None:
                left_out.append(image_id)
            else:
                writer.add(image)
        progress(f"reading {split}", len(ids), len(ids))
        writer.finish(warnings=tally.warnings(), left_out=left_out)


def _read_image(
    image_id: str, annotations: Flickr30kEntities, detections: MafDetections, tally: Tally
) -> ImageRecord | None:
    annotation = annotations.annotation(image_id, tally)
    sentences = annotations.sentences(image_id, annotation, tally)
    if not sentences:
        tally.add("images left out for want of a phrase with a box", image_id)
        return None
    found = detections.find(image_id, tally)
    if found is None:
        tally.add("images left out for want of detections", image_id)
        return None
    if (annotation.width, annotation.height) != (found.width, found.height):
        tally.add("images whose size differs between annotations and detections", image_id)
    return ImageRecord(image_id, found.width, found.height, found.boxes, found.class_names, found.features, sentences)


def vocabulary(corpora: Iterable[Corpus], rules: Rules) -> set[str]:
    """Every word of the phrases, their heads and the labels of some splits."""
    words: set[str] = set()
    for corpus in corpora:
        for text in corpus.phrases["text"].unique():
            words.update(tokenize(text, rules))
        for head in corpus.phrases["head"].unique():
            words.update(head.split())
        for name in corpus.label_names:
            words.update(word for variant in label_variants(name) for word in variant)
    return words
