"""Converting a corpus: its owners' files to shards, shards to three splits, and the word vectors that these need."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from joblib import delayed
from joblib.externals.loky.process_executor import TerminatedWorkerError

from sprm.corpus.annotation import Annotations
from sprm.corpus.build.inputs import class_vocabulary, image_files
from sprm.corpus.build.join import all_or_none_scored, join
from sprm.corpus.build.opening import AllDetections, Opening, fitted, open_detections
from sprm.corpus.build.requirements import detection_files
from sprm.corpus.build.shards import Shard, ShardJob, divide, is_written, write_shard
from sprm.corpus.corpus import SCHEMA_VERSION, SPLITS, Corpus, Origin, Warnings
from sprm.corpus.coverage import coverage
from sprm.corpus.dataset import COVERAGE, PLAUSIBILITY
from sprm.corpus.detection import Detections
from sprm.corpus.detectors.extracted import LIBRARIES
from sprm.corpus.detectors.feature_archives import archive_of
from sprm.corpus.detectors.projection import sample
from sprm.corpus.detectors.released import DIFFERING
from sprm.corpus.lines import CRLF
from sprm.corpus.plausibility import plausibility
from sprm.corpus.settings import FilesSource, Progress
from sprm.corpus.sources.registry import code_of
from sprm.corpus.warnings import Tally
from sprm.errors import DataError, WorkerError
from sprm.files.atomic_folder import Building, discard, sweep
from sprm.files.cache_keys import library_versions, short_hash
from sprm.files.contents import Contents
from sprm.settings import Rules
from sprm.text.glove import WordTable, word_table
from sprm.text.glove_parser import has_crlf
from sprm.text.heads import identity, pipeline_files
from sprm.text.tokens import label_words, tokenize
from sprm.text.word_vectors import builtin_vectors
from sprm.workers import on_workers

VERSION = 2
"""Raised whenever other content is read from the same files, so that corpora are built again."""


def settings_of(files: FilesSource, rules: Rules) -> list[str]:
    """Everything but files that decides what the shards of a corpus hold."""
    settings = files.model_dump_json(exclude=_indifferent(files))
    extracting = library_versions(*LIBRARIES) if files.extracts else []
    return [
        str(SCHEMA_VERSION),
        settings,
        rules.value,
        f"reading {VERSION}",
        *map(identity, files.finders),
        *extracting,
        *code_of(files),
    ]


def _indifferent(files: FilesSource) -> dict[str, Any]:
    """Settings that say where a file stands, whose contents count, and those that this corpus does not use."""
    indifferent: dict[str, Any] = dict.fromkeys(files.own_paths, True)
    if files.detections != "extracted":
        indifferent["detector"] = True
    indifferent["backbone"] = {"weights"} if files.detections == "coco" else True
    if files.project is None:
        indifferent["project"] = True
    return indifferent


def words_file(files: FilesSource) -> Path:
    """Path of the word vectors, packaged or the user's."""
    return builtin_vectors() if files.words == "built-in" else files.words


@dataclass(frozen=True)
class Conversion:
    """One corpus on its way from its owners' files to three splits."""

    kind: str
    files: FilesSource
    rules: Rules
    cache: Path
    workers: int
    progress: Progress

    @property
    def store(self) -> Path:
        """Where shards are kept until the corpus is whole; the same when a file has changed."""
        about = [self.kind, str(self.files.root.absolute()), *settings_of(self.files, self.rules)]
        return self.cache / "parts" / short_hash(about)

    @property
    def _judged(self) -> tuple[str, ...]:
        """Splits whose phrases have boxes that answers are compared with."""
        return ("val", "test") if self.files.val_has_boxes else ("test",)

    def run(self, folder: Path, named: Callable[[], Path]) -> None:
        """Convert everything; shards of splits that are there already are not read again.

        Nobody else may be at work in the same store.

        Args:
            folder: the name that the dataset takes, by what its files held.
            named: the name by what they hold now.

        Raises:
            DataError: the files are missing something, are malformed, contradict each other, or were changed meanwhile.
        """
        sweep(self.store)
        annotations = self.files.annotations(self.rules)
        ids = {split: annotations.image_ids(split) for split in SPLITS}
        self._refuse_missing(annotations, ids)
        # A wrong file of word vectors is reported at once, and not after everything else.
        table = word_table(words_file(self.files), self.cache, progress=self.progress)
        detections = self._detections(ids, annotations)
        shards = {split: self._read(split, ids[split], annotations, detections) for split in SPLITS}
        if named() != folder:
            raise self._changed()
        with Building(folder) as building:
            for split in SPLITS:
                self._join(shards[split], building / split, self._passed_over(split, annotations))
            self._add_words(building, table)
        shutil.rmtree(self.store, ignore_errors=True)

    def _refuse_missing(self, annotations: Annotations, ids: Mapping[str, Sequence[str]]) -> None:
        """Make sure that every image has its files, before hours of reading and not after."""
        missing = missing_files(self.files, annotations, chain.from_iterable(ids.values()))
        if missing:
            more = f"; {len(missing) - 1:,} more are missing" if len(missing) > 1 else ""
            raise DataError(f"this file is missing{more}", path=missing[0])

    def _detections(self, ids: Mapping[str, Sequence[str]], annotations: Annotations) -> AllDetections:
        """Open what all splits share, and fit the projection of features, if one is asked for, to training images."""
        whole = open_detections(Opening(self.files, ids, annotations, self.cache, self.progress))
        if self.files.project is None:
            return AllDetections(whole)
        train = SPLITS[0]
        with Contents(self.cache) as contents:
            about = [*self._about_split(contents, train), *ids[train]]
            about += contents.of_all(files_of(self.files, annotations, sample(ids[train])))
            about += [whole(train).extractor] if self.files.extracts else []
        folder = self.store / f"projection-{short_hash(about)}"
        projection = fitted(lambda: whole(train), ids[train], self.files.project, folder, self.progress)
        return AllDetections(whole, projection)

    def _read(self, split: str, ids: Sequence[str], annotations: Annotations, detections: AllDetections) -> list[Shard]:
        """Write the shards of a split that are not there yet."""
        with Contents(self.cache) as contents:
            shards = self._divided(contents, split, ids, annotations, detections)
            there = {shard for shard in shards if shard.folder.exists()}
            missing = [shard for shard in shards if not is_written(shard)]
            # A part takes its name only when it is whole, so what is there and is not was damaged.
            if there.intersection(missing):
                self.progress(f"reading damaged parts of {split} again", 0, 1)
            left = sum(len(shard.image_ids) for shard in missing)
            if not missing:
                self.progress(f"reading {split}", len(ids), len(ids))
                return shards
            self.progress(f"finding regions, {split}", 0, 1)
            opened = detections.open(split)
            self.progress(f"finding regions, {split}", 1, 1)
            self.progress(f"reading {split}", len(ids) - left, len(ids))
            with closing(self._written(missing, shards[0], split, annotations, opened)) as written:
                for shard in written:
                    if self._divided(contents, split, shard.image_ids, annotations, detections) != [shard]:
                        # It may hold what its files do not hold any more, and its name would say otherwise.
                        discard(shard.folder)
                        raise self._changed()
                    left -= len(shard.image_ids)
                    self.progress(f"reading {split}", len(ids) - left, len(ids))
        return shards

    def _divided(
        self,
        contents: Contents,
        split: str,
        ids: Sequence[str],
        annotations: Annotations,
        detections: AllDetections,
    ) -> list[Shard]:
        """Divide some images of a split into shards, named by what their files hold now."""
        about = self._about_split(contents, split)
        about += [detections.open(split).extractor] if self.files.extracts else []
        about += [] if detections.projection is None else [detections.projection.digest]
        return divide(
            self.store, split, ids, lambda some: contents.of_all(files_of(self.files, annotations, some)), about
        )

    def _about_split(self, contents: Contents, split: str) -> list[str]:
        """Describe everything that decides what any of a split's shards holds."""
        return [
            *settings_of(self.files, self.rules),
            *contents.of_all(detection_files(self.files, split)),
            *contents.of_all(chain.from_iterable(map(pipeline_files, self.files.finders))),
        ]

    def _changed(self) -> DataError:
        problem = "files were changed while they were read; the same command reads them again"
        return DataError(problem, path=self.files.root)

    def _written(
        self, shards: Sequence[Shard], first: Shard, split: str, annotations: Annotations, detections: Detections
    ) -> Generator[Shard, None, None]:
        heads = self.files.heads
        origin = Origin(
            source=self.kind, split=split, rules=self.rules, extractor=detections.extractor, heads=identity(heads)
        )
        jobs = (
            ShardJob(
                shard,
                origin,
                heads,
                annotations.part(split, shard.image_ids),
                detections.part(shard.image_ids),
                detections.passed_over(split) if shard == first else (),
            )
            for shard in shards
        )
        if self.workers == 1 or len(shards) == 1:
            yield from map(write_shard, jobs)
            return
        try:
            yield from on_workers(map(delayed(write_shard), jobs), min(self.workers, len(shards)))
        except TerminatedWorkerError as error:
            problem = f"reading {split}: a worker was killed by the operating system, perhaps because memory ran out"
            raise WorkerError(problem) from error

    def _passed_over(self, split: str, annotations: Annotations) -> list[Warnings]:
        """Return what lists and word vectors hold that is odd; the word vectors count with the first split."""
        tally, words = Tally(), words_file(self.files)
        tally.merge(annotations.passed_over(split))
        tally.add(CRLF, words.name, int(split == SPLITS[0] and has_crlf(words)))
        return tally.warnings()

    def _join(self, shards: Sequence[Shard], folder: Path, passed_over: Sequence[Warnings]) -> None:
        stage = f"joining {folder.name}"
        self.progress(stage, 0, len(shards))
        info = join(
            [shard.folder for shard in shards],
            folder,
            joined=lambda done: self.progress(stage, done, len(shards)),
            passed_over=passed_over,
        )
        for warning in info.warnings:
            if warning.kind == DIFFERING and 2 * warning.count > info.counts.images:
                problem = f"{warning.kind}: {warning.count:,} of {info.counts.images:,}, so features are not their own"
                raise DataError(problem, path=self.files.root, where=f"{folder.name} split")

    def _add_words(self, folder: Path, table: WordTable) -> None:
        corpora = {split: Corpus.open(folder / split, verify=False) for split in SPLITS}
        _refuse_mixed_regions(corpora, self.files.root)
        lexicon = table.lexicon(vocabulary(corpora.values(), self.rules))
        if len(lexicon.words) <= lexicon.UNKNOWN + 1:
            problem = "no word of the corpus has a vector in this file, so it may be the wrong file"
            raise DataError(problem, path=words_file(self.files))
        (folder / "lexicon").mkdir()
        lexicon.save(folder / "lexicon")
        (folder / COVERAGE).write_text(
            coverage(corpora, lexicon, self.rules).model_dump_json(indent=1), encoding="utf-8"
        )
        plausible = plausibility(corpora, class_vocabulary(self.files), self.rules, judged=self._judged)
        (folder / PLAUSIBILITY).write_text(plausible.model_dump_json(indent=1), encoding="utf-8")


def files_of(files: FilesSource, annotations: Annotations, ids: Sequence[str]) -> Iterator[Path]:
    """Every file that some images have to themselves, or share with few others."""
    yield from _needed_files(files, annotations, ids)
    if files.detections == "npz":
        # It may be named by the id or as the image's owners do.
        names = dict.fromkeys(chain.from_iterable((image_id, files.image_name(image_id)) for image_id in ids))
        yield from (archive_of(files.root, name) for name in names)


def _needed_files(files: FilesSource, annotations: Annotations, ids: Sequence[str]) -> Iterator[Path]:
    yield from annotations.files(ids)
    if files.extracts:
        yield from image_files(files, ids).values()


def missing_files(files: FilesSource, annotations: Annotations, ids: Iterable[str]) -> list[Path]:
    """Return those of the images' files that are not there.

    Raises:
        DataError: two raw images have one name.
    """
    return [path for path in _needed_files(files, annotations, list(ids)) if not path.is_file()]


def _refuse_mixed_regions(corpora: Mapping[str, Corpus], root: Path) -> None:
    sizes = {split: corpus.info.feature_size for split, corpus in corpora.items()}
    if len(set(sizes.values())) > 1:
        lengths = ", ".join(f"{size} in {split}" for split, size in sizes.items())
        raise DataError(f"the splits' features differ in length: {lengths}", path=root)
    all_or_none_scored(list(corpora.values()), root)


def vocabulary(corpora: Iterable[Corpus], rules: Rules) -> set[str]:
    """Every word of the phrases, their heads and the labels of some splits."""
    words: set[str] = set()
    for corpus in corpora:
        for text in corpus.phrases["text"].unique():
            words.update(tokenize(text, rules))
        for head in corpus.phrases["head"].unique():
            words.update(head.split())
        for name in corpus.label_names:
            words.update(label_words(name))
    return words
