"""From a source to three splits and their word vectors, built once and kept in the cache folder."""

from __future__ import annotations

import os
from pathlib import Path

from sprm.corpus.building import Building, exclusively
from sprm.corpus.conversion import Conversion, Progress, settings_of, words_file
from sprm.corpus.keys import code_hash, file_state, short_hash
from sprm.corpus.requirements import requirements
from sprm.corpus.source import CorpusSource, FilesSource, Flickr30kSource, ScenesSource
from sprm.errors import DataError
from sprm.settings import Rules
from sprm.workers import usable_cpus


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
    if files.detections == "extracted":
        # The weights are part of a study's name, so they have to be there first.
        from sprm.corpus.detector_weights import fetch_weights

        fetch_weights(files.detector)
    folder = cache / "corpora" / _key(source, files, rules)
    if not folder.exists():
        conversion = Conversion(source.kind, files, rules, cache, workers or usable_cpus(), progress)
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
        raise DataError("this folder is missing; `doctor` names what has to be in it", path=source.root)
    missing = [needed for needed in requirements(source) if not needed.optional and needed.found is None]
    if missing:
        first, *others = missing
        kind = "folder" if first.kind == "folder" else "file"
        are = "is" if len(others) == 1 else "are"
        more = f"; {len(others)} more {are} missing, and `doctor` names them all" if others else ""
        raise DataError(f"this {kind} is missing: {first.what}, from {first.owner}{more}", path=first.places[0])


def _key(source: CorpusSource, files: FilesSource, rules: Rules) -> str:
    """Name a study by its settings, the code that reads it, and the state of every file it is read from."""
    states = [file_state(path) for needed in requirements(files) for path in needed.files]
    if files.detections == "extracted":
        from sprm.corpus.detector_weights import weights_path

        states.append(file_state(weights_path(files.detector)))
    return short_hash([source.kind, *settings_of(files, rules), file_state(words_file(files)), *states])
