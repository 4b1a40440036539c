"""From a source to three splits and their word vectors, built once and kept in the cache folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache as once
from itertools import chain
from pathlib import Path
from typing import TypeAlias

from joblib import delayed
from joblib.externals.loky.process_executor import TerminatedWorkerError

from sprm.corpus.annotated import Annotations
from sprm.corpus.bottom_up import BottomUpDetections
from sprm.corpus.building import Building, exclusively
from sprm.corpus.coverage import coverage
from sprm.corpus.detections import Detections
from sprm.corpus.joining import join
from sprm.corpus.keys import READING, code_hash, file_state, short_hash
from sprm.corpus.opening import image_files, open_annotations, open_released
from sprm.corpus.parts import Part, PartJob, divide, is_whole, write_part
from sprm.corpus.records import SCHEMA_VERSION, SPLITS, Corpus, Origin
from sprm.corpus.requirements import detection_files, requirements
from sprm.corpus.source import CorpusSource, FilesSource, Flickr30kSource, ScenesSource
from sprm.corpus.study import COVERAGE
from sprm.errors import DataError, WorkerError
from sprm.glove import word_table
from sprm.heads import identity
from sprm.lexicon import builtin_vectors
from sprm.phrases import label_variants, tokenize
from sprm.settings import Device, Rules
from sprm.workers import on_workers, usable_cpus

Progress: TypeAlias = Callable[[str, int, int], None]
"""Told the stage, how much of it is done, and how much there is."""


def cache_folder() -> Path:
    """Folder of what can be built again: `$BENCH_CACHE`, or `sprm-bench` in the user's cache folder."""
    named = os.environ.get("BENCH_CACHE")
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sprm-bench"


def prepare(source: CorpusSource, rules: Rules, cache: Path, *, progress: Progress, workers: int | None = None) -> Path:
    """Build a study's folder unless the cache holds it.

    Args:
        source: where the corpus comes from.
        rules: how phrases and targets are read.
        cache: the cache folder.
        progress: told how far the work is.
        workers: processes that read files; by default one a CPU.

    Returns:
        The folder, for `open_study`. A folder of that name is whole: it is built under another one. What was read
        before an interruption is kept, and the next call goes on from there.

    Raises:
        DataError: the source is missing something, is malformed or contradicts itself.
        WorkerError: the system ended a worker.
    """
    files = _files(source, cache, progress)
    refuse_missing(files)
    folder = cache / "corpora" / _key(source, files, rules)
    if not folder.exists():
        conversion = _Conversion(source.kind, files, rules, cache, workers or usable_cpus(), progress)
        with exclusively(
            conversion.store, lambda: progress("waiting for another process that reads these files", 0, 1)
        ):
            if not folder.exists():
                conversion.run(folder)
    return folder


def prepared_folder(source: CorpusSource, rules: Rules, cache: Path) -> Path | None:
    """Return a study's folder when it has been built, which needs all of its files to be as they were then.

    Raises:
        DataError: a pipeline that finds head words is missing.
    """
    files = _scenes(source, cache) if isinstance(source, ScenesSource) else source
    folder = cache / "corpora" / _key(source, files, rules)
    return folder if folder.is_dir() else None


def _files(source: CorpusSource, cache: Path, progress: Progress) -> FilesSource:
    """Find the files to read: the user's, or those that the built-in corpus writes in the same layout."""
    if not isinstance(source, ScenesSource):
        return source
    files = _scenes(source, cache)
    if not files.root.exists():
        # Drawing needs libraries that reading the files does not.
        from sprm.corpus.scenes import write_scenes

        with Building(files.root) as building:
            write_scenes(building, seed=source.seed, images=source.images.model_dump(), progress=progress)
    return files


def _scenes(source: ScenesSource, cache: Path) -> Flickr30kSource:
    """Return where the built-in corpus writes its files, there or not yet."""
    folder = cache / "scenes" / short_hash([source.model_dump_json(), code_hash("corpus/scenes")])
    return Flickr30kSource(kind="flickr30k", root=folder)


def refuse_missing(source: FilesSource) -> None:
    """Check that every file is there, before hours of reading and not after.

    Raises:
        DataError: one is missing; how many others are is told.
    """
    if not source.root.is_dir():
        raise DataError("this folder is missing", path=source.root)
    missing = [needed for needed in requirements(source) if not needed.optional and needed.found is None]
    if missing:
        first, *others = missing
        kind = "folder" if first.kind == "folder" else "file"
        more = f"; {len(others)} more are missing, and `doctor` names them all" if others else ""
        raise DataError(f"this {kind} is missing: {first.what}, from {first.owner}{more}", path=first.places[0])


def _key(source: CorpusSource, files: FilesSource, rules: Rules) -> str:
    """Name a study by its settings, the code that reads it, and the state of every file it is read from."""
    states = [file_state(path) for needed in requirements(files) for path in needed.files]
    return short_hash([source.kind, *_settings(files, rules), file_state(_words(files)), *states])


def _settings(files: FilesSource, rules: Rules) -> list[str]:
    """Everything but files that decides what the parts of a corpus hold."""
    settings = files.model_dump_json(exclude={"root", "images", "words"})
    return [str(SCHEMA_VERSION), settings, rules.value, code_hash(*READING), identity(files.heads)]


def _words(files: FilesSource) -> Path:
    return builtin_vectors() if files.words == "built-in" else files.words


@dataclass(frozen=True)
class _Conversion:
    """One corpus on its way from its owners' files to three splits."""

    kind: str
    files: FilesSource
    rules: Rules
    cache: Path
    workers: int
    progress: Progress

    @property
    def store(self) -> Path:
        """Where parts are kept until the corpus is whole; the same when a file has changed."""
        about = [self.kind, str(self.files.root), *_settings(self.files, self.rules)]
        return self.cache / "parts" / short_hash(about)

    def run(self, folder: Path) -> None:
        """Convert everything; parts of splits that are there already are not read again."""
        annotations = open_annotations(self.files, self.rules)
        ids = {split: annotations.image_ids(split) for split in SPLITS}
        _refuse_shared(ids)
        detections = self._detections(ids, annotations)
        parts = {split: self._read(split, ids[split], annotations, detections) for split in SPLITS}
        with Building(folder) as building:
            for split in SPLITS:
                self._join(parts[split], building / split)
            self._add_words(building)
        shutil.rmtree(self.store, ignore_errors=True)

    def _detections(self, ids: Mapping[str, Sequence[str]], annotations: Annotations) -> Callable[[str], Detections]:
        """Return what opens the detections of a split; those that all splits share are opened once."""
        if self.files.detections == "maf":
            return lambda split: open_released(self.files, split, ids[split], annotations)
        everything = list(chain.from_iterable(ids.values()))
        if self.files.detections == "tsv":
            tables = once(lambda: BottomUpDetections(self.files.root, everything))
            return lambda _: tables()
        extracted = self._extracted(everything)
        return lambda _: extracted

    def _extracted(self, ids: Sequence[str]) -> Detections:
        """Run the detector on the images of all splits, as far as it has not been."""
        # What everything else is read with takes a second less to import than torch.
        import torch

        from sprm.corpus.extraction import extract
        from sprm.devices import settled

        images = image_files(self.files, ids)
        device = torch.device(settled(Device.auto).value)
        return extract(
            images, self.files.detector, self.cache, device=device, threads=self.workers, progress=self.progress
        )

    def _read(
        self, split: str, ids: Sequence[str], annotations: Annotations, detections: Callable[[str], Detections]
    ) -> list[Part]:
        """Write the parts of a split that are not there yet."""
        about = [*_settings(self.files, self.rules), *map(file_state, detection_files(self.files, split))]
        about += [detections(split).extractor] if self.files.detections == "extracted" else []
        parts = divide(self.store, split, ids, lambda some: self._files_of(some, annotations), about)
        missing = [part for part in parts if not is_whole(part)]
        left = sum(len(part.image_ids) for part in missing)
        self.progress(f"reading {split}", len(ids) - left, len(ids))
        if missing:
            with closing(self._written(missing, split, annotations, detections(split))) as written:
                for part in written:
                    left -= len(part.image_ids)
                    self.progress(f"reading {split}", len(ids) - left, len(ids))
        return parts

    def _files_of(self, ids: Sequence[str], annotations: Annotations) -> Iterator[Path]:
        yield from annotations.files(ids)
        if self.files.detections == "extracted":
            yield from image_files(self.files, ids).values()

    def _written(
        self, parts: Sequence[Part], split: str, annotations: Annotations, detections: Detections
    ) -> Generator[Part, None, None]:
        heads = self.files.heads
        origin = Origin(
            source=self.kind, split=split, rules=self.rules, extractor=detections.extractor, heads=identity(heads)
        )
        jobs = (
            PartJob(part, origin, heads, annotations.part(part.image_ids), detections.part(part.image_ids))
            for part in parts
        )
        if self.workers == 1 or len(parts) == 1:
            yield from map(write_part, jobs)
            return
        try:
            yield from on_workers(map(delayed(write_part), jobs), min(self.workers, len(parts)))
        except TerminatedWorkerError as error:
            problem = f"reading {split}: a worker was killed by the operating system, perhaps for want of memory"
            raise WorkerError(problem) from error

    def _join(self, parts: Sequence[Part], folder: Path) -> None:
        stage = f"joining {folder.name}"
        self.progress(stage, 0, len(parts))
        join([part.folder for part in parts], folder, joined=lambda done: self.progress(stage, done, len(parts)))

    def _add_words(self, folder: Path) -> None:
        corpora = {split: Corpus.open(folder / split, verify=False) for split in SPLITS}
        _refuse_mixed_features(corpora, self.files.root)
        table = word_table(_words(self.files), self.cache, progress=self.progress)
        lexicon = table.lexicon(vocabulary(corpora.values(), self.rules))
        (folder / "lexicon").mkdir()
        lexicon.save(folder / "lexicon")
        (folder / COVERAGE).write_text(
            coverage(corpora, lexicon, self.rules).model_dump_json(indent=1), encoding="utf-8"
        )


def _refuse_shared(ids: Mapping[str, Sequence[str]]) -> None:
    place: dict[str, str] = {}
    for split, names in ids.items():
        for name in names:
            if name in place:
                raise DataError(f"image {name} is in {place[name]} and in {split}; splits may share none")
            place[name] = split


def _refuse_mixed_features(corpora: Mapping[str, Corpus], root: Path) -> None:
    sizes = {split: corpus.info.feature_size for split, corpus in corpora.items()}
    if len(set(sizes.values())) > 1:
        told = ", ".join(f"{size} in {split}" for split, size in sizes.items())
        raise DataError(f"the splits' features differ in length: {told}", path=root)


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
