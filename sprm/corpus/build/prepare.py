"""From a source to three splits and their word vectors, built once and kept in the cache folder."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

from sprm.corpus.build.convert import Conversion, settings_of, words_file
from sprm.corpus.build.requirements import requirements
from sprm.corpus.settings import FilesSource, Progress, Source
from sprm.corpus.sources.registry import code_of
from sprm.errors import DataError
from sprm.files.atomic_folder import discard, is_whole, sweep
from sprm.files.cache_keys import short_hash
from sprm.files.contents import Contents
from sprm.files.leases import Holder, leased
from sprm.files.paths import absence
from sprm.settings import Rules
from sprm.text.heads import pipeline_files
from sprm.workers import usable_cpus

_TOLD = 1000
"""Files that are looked at between two words about it."""


def prepare(
    source: Source,
    rules: Rules,
    cache: Path,
    *,
    progress: Progress,
    workers: int | None = None,
    verify: bool = False,
) -> Path:
    """Build a dataset's folder unless the cache holds it.

    Args:
        source: where the corpus comes from.
        rules: how phrases and targets are read.
        cache: the cache folder.
        progress: told how far the work is.
        workers: processes that read files; by default one a CPU.
        verify: whether every file of a folder that is there is hashed; otherwise only their sizes are looked at.

    Returns:
        The folder, for `open_dataset`. A folder of that name is whole: it is built under another one, and what is
        damaged is built again. What was read before an interruption is kept, and the next call goes on from there.

    Raises:
        DataError: the source is missing something, is malformed or contradicts itself.
        WorkerError: the system ended a worker.
    """
    files = source.files(cache)
    if source is files:
        refuse_missing(files)
    if files.detections == "extracted":
        # The weights are part of a dataset's name, so they have to be there first.
        from sprm.corpus.detectors.detector_weights import fetch_weights

        fetch_weights(files.detector)

    def named() -> Path:
        return _folder(source, files, rules, cache, progress)

    folder = named()
    if is_whole(folder, verify=verify):
        return folder
    if folder.exists():
        progress("building again what was damaged", 0, 1)
    source.make(files, progress)
    conversion = Conversion(source.kind, files, rules, cache, workers or usable_cpus(), progress)

    def wait(holder: Holder) -> None:
        progress(holder.at_work("reads these files"), 0, 1)

    with leased(conversion.store, wait):
        # Waiting may have taken hours.
        folder = named()
        with leased(folder, wait):
            if not is_whole(folder, verify=verify):
                discard(folder)
                sweep(folder.parent, folder.name)
                conversion.run(folder, named)
    return folder


def prepared_folder(source: Source, rules: Rules, cache: Path, *, progress: Progress) -> Path | None:
    """Return a dataset's folder when it has been built and is whole, which needs all of its files as they were then.

    Args:
        source: where the corpus comes from.
        rules: how phrases and targets are read.
        cache: the cache folder.
        progress: told how many files have been looked at.

    Raises:
        DataError: a pipeline that finds head words is missing.
    """
    files = source.files(cache)
    folder = _folder(source, files, rules, cache, progress)
    return folder if is_whole(folder) else None


def refuse_missing(source: FilesSource) -> None:
    """Check that every file is there, before hours of reading and not after.

    Raises:
        DataError: one is missing; the error counts the others.
    """
    if not source.root.is_dir():
        why = absence(source.root, folder=True)
        raise DataError(f"this folder {why}; `doctor` names what has to be in it", path=source.root)
    missing = [needed for needed in requirements(source) if not needed.optional and needed.found is None]
    if missing:
        first, *others = missing
        is_folder = first.kind == "folder"
        kind, why = "folder" if is_folder else "file", absence(first.places[0], folder=is_folder)
        are = "is" if len(others) == 1 else "are"
        more = f"; {len(others)} more {are} missing, and `doctor` names them all" if others else ""
        raise DataError(f"this {kind} {why}: {first.what}, from {first.owner}{more}", path=first.places[0])


def _folder(source: Source, files: FilesSource, rules: Rules, cache: Path, progress: Progress) -> Path:
    """Name a dataset by its settings, the code that reads it, and what every file holds that it is read from."""
    with Contents(cache) as contents:
        about = [source.kind, *code_of(source), *settings_of(files, rules), contents.of(words_file(files))]
        if source is not files:
            # Its settings and its code, which name their folder, decide what its files hold.
            about.append(files.root.name)
        else:
            paths = [path for needed in requirements(files) for path in needed.files]
            for done, path in enumerate(paths):
                about.append(contents.of(path))
                if done % _TOLD == 0 and done:
                    progress("looking at files", done, len(paths))
        about += contents.of_all(chain.from_iterable(map(pipeline_files, files.finders)))
        if files.detections == "extracted":
            from sprm.corpus.detectors.detector_weights import weights_path

            about.append(contents.of(weights_path(files.detector)))
    return cache / "corpora" / short_hash(about)
