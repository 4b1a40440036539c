"""From a source to three splits and their word vectors, built once and kept in the cache folder."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from sprm.corpus.detections import FILES as DETECTION_FILES
from sprm.corpus.detections import MafDetections
from sprm.corpus.flickr30k import Flickr30kEntities
from sprm.corpus.records import SCHEMA_VERSION, Corpus
from sprm.corpus.source import CorpusSource, Flickr30kSource
from sprm.corpus.tally import Tally
from sprm.corpus.writer import CorpusWriter, ImageRecord
from sprm.errors import DataError
from sprm.lexicon import Lexicon, builtin_vectors, read_glove
from sprm.phrases import label_variants, tokenize
from sprm.settings import Rules

SPLITS = ("train", "val", "test")
Progress: TypeAlias = Callable[[str, int, int], None]
"""Told the stage, how much of it is done, and how much there is."""


@dataclass(frozen=True, eq=False)
class Study:
    """Everything a trial reads: three splits and the word vectors of their vocabulary."""

    train: Corpus
    val: Corpus
    test: Corpus
    lexicon: Lexicon

    @property
    def fingerprint(self) -> str:
        """sha256 over the splits and the word vectors."""
        parts = [corpus.fingerprint for corpus in (self.train, self.val, self.test)]
        return hashlib.sha256("".join([*parts, self.lexicon.fingerprint]).encode()).hexdigest()


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
        with _Building(folder) as building:
            _build(source.kind, files, rules, building, progress)
    return folder


def open_study(folder: Path, *, verify: bool = True) -> Study:
    """Open what `prepare` built.

    Args:
        folder: from `prepare`.
        verify: whether every file is hashed; see `Corpus.open`.
    """
    train, val, test = (Corpus.open(folder / split, verify=verify) for split in SPLITS)
    return Study(train, val, test, Lexicon.open(folder / "lexicon"))


def _flickr_layout(source: CorpusSource, cache: Path, progress: Progress) -> Flickr30kSource:
    """Find the files to read: the user's, or those that the built-in corpus writes in the same layout."""
    if isinstance(source, Flickr30kSource):
        return source
    # Drawing needs libraries that reading the files does not.
    from sprm.corpus.scenes import VERSION, write_scenes

    about = f"{source.model_dump_json()} {VERSION}"
    folder = cache / "scenes" / hashlib.sha256(about.encode()).hexdigest()[:16]
    if not folder.exists():
        with _Building(folder) as building:
            write_scenes(building, seed=source.seed, images=source.images.model_dump(), progress=progress)
    return Flickr30kSource(kind="flickr30k", root=folder)


def _key(source: CorpusSource, files: Flickr30kSource, rules: Rules) -> str:
    """Name a study by its settings and by the size and time of every file it is read from."""
    words = builtin_vectors() if files.words == "built-in" else files.words
    paths = [words, *_source_files(files.root)]
    about = [str(SCHEMA_VERSION), source.model_dump_json(), files.model_dump_json(exclude={"root"}), rules.value]
    for path in paths:
        if path.is_file():
            state = path.stat()
            about.append(f"{path.name} {state.st_size} {state.st_mtime_ns}")
    return hashlib.sha256("\n".join(about).encode()).hexdigest()[:16]


def _source_files(root: Path) -> Iterable[Path]:
    entities = root / "Flickr30kEntities"
    for split in SPLITS:
        yield from (root / f"{split}_{name}" for name in DETECTION_FILES)
        yield from (folder / f"{split}.txt" for folder in (root, entities))
    yield entities / "UNRELATED_CAPTIONS"
    for name in ("Sentences", "Annotations"):
        yield from sorted((entities / name).glob("*"))


class _Building:
    """A folder that takes its name only when it is whole; what was half built goes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._building = folder.with_name(f".{folder.name}.building-{os.getpid()}")

    def __enter__(self) -> Path:
        shutil.rmtree(self._building, ignore_errors=True)
        self._building.mkdir(parents=True)
        return self._building

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if error is None and not self._folder.exists():
            self._building.replace(self._folder)
        shutil.rmtree(self._building, ignore_errors=True)


def _build(kind: str, files: Flickr30kSource, rules: Rules, folder: Path, progress: Progress) -> None:
    annotations = Flickr30kEntities(files.root, rules)
    ids = {split: annotations.image_ids(split) for split in SPLITS}
    _refuse_shared(ids)
    for split in SPLITS:
        _build_split(kind, annotations, ids[split], files.root, folder / split, rules, progress)
    corpora = [Corpus.open(folder / split, verify=False) for split in SPLITS]
    progress("word vectors", 0, 1)
    words = builtin_vectors() if files.words == "built-in" else files.words
    lexicon = read_glove(words, vocabulary(corpora, rules))
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
    sentences = annotations.sentences(image_id, annotations.annotation(image_id, tally), tally)
    if not sentences:
        tally.add("images left out for want of a phrase with a box", image_id)
        return None
    found = detections.find(image_id, tally)
    if found is None:
        tally.add("images left out for want of detections", image_id)
        return None
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
