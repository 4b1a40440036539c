"""Measure `python -m bench prepare` on files of the true size; by hand, as it takes ten minutes and 15 GB of disk.

    python tests/manual/full_size.py FOLDER [--images-scale 0.01]

Files that an earlier call wrote into the folder are used again. They are invented, but as many and as big as those of
Flickr30k Entities. Code that changes meanwhile has a corpus built again, which would be measured.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Annotated, Any

import psutil
import typer
from full_size_files import CAPTIONS, IMAGES, Files, write_files
from joblib import delayed

from bench.store.provenance import provenance
from bench.text.durations import spoken
from sprm.corpus.sources.flickr30k.reader import Flickr30kEntities
from sprm.corpus.warnings import Tally
from sprm.settings import Rules
from sprm.workers import on_workers

REPOSITORY = Path(__file__).resolve().parents[2]
LOOK_EVERY = 0.2
"""Seconds between two looks at the memory of all processes."""
PARSERS = 2
"""Processes that parse annotations, when nothing else is measured."""
INTERRUPT_AT = 1 / 3
"""Part of the training images that are read when Ctrl-C comes."""
_TRAINING = "reading train"
"""What `prepare` calls the stage that takes the longest."""
_PROGRESS = re.compile(r"(?P<stage>[a-z, ]+) (?P<done>[0-9,]+)/(?P<total>[0-9,]+)")


@dataclass
class Peaks:
    """The most memory at any look, in bytes."""

    main: int = 0
    """Private to the first process."""
    worker: int = 0
    """Private to any other process."""
    together: int = 0
    """Private to each, summed over all processes."""
    resident: int = 0
    """Resident in all processes; what they share counts in each."""

    def look(self, root: psutil.Process) -> None:
        """Take the memory of a process and its descendants into account."""
        private, resident = {}, 0
        try:
            for process in (root, *root.children(recursive=True)):
                try:
                    memory = process.memory_full_info()
                except psutil.Error:
                    # It ended between being listed and being asked.
                    continue
                private[process.pid] = memory.uss
                resident += memory.rss
        except psutil.NoSuchProcess:
            return
        self.together = max(self.together, sum(private.values()))
        self.main = max(self.main, private.pop(root.pid, 0))
        self.worker = max(self.worker, *private.values(), 0)
        self.resident = max(self.resident, resident)


@dataclass
class Outcome:
    """One call of `prepare`."""

    code: int = 0
    seconds: float = 0.0
    peaks: Peaks = field(default_factory=Peaks)
    lines: list[tuple[float, str]] = field(default_factory=list)
    """What it said on stderr, each with the seconds since the call."""
    answer: dict[str, Any] = field(default_factory=dict)

    @property
    def stages(self) -> dict[str, float]:
        """Seconds from the first line of each stage to that of the next; the last one also holds what follows it."""
        begins: dict[str, float] = {}
        for at, line in self.lines:
            if (told := _told(line)) is not None:
                begins.setdefault(told[0], at)
        ends = [*list(begins.values())[1:], self.seconds]
        return {stage: end - begin for (stage, begin), end in zip(begins.items(), ends, strict=True)}


def main(
    folder: Annotated[Path, typer.Argument(help="Gets the files and the caches.")],
    images_scale: Annotated[float, typer.Option(min=0.0001, max=1.0, help="Part of the true size.")] = 1.0,
) -> None:
    """Write files, convert them in several ways and print what it took, in Markdown."""
    folder = folder.resolve()
    began = time.perf_counter()
    _note(f"writing files into {folder}")
    files = write_files(folder, images_scale)
    _note(f"they are there after {spoken(time.perf_counter() - began)}")
    rows = [*_conversion_rows(files), *_parsing_rows(files)]
    typer.echo("\n".join(_document(folder, images_scale, rows)))


def _conversion_rows(files: Files) -> Iterator[tuple[str, str]]:
    """Measure `prepare` from scratch, again, and interrupted."""
    cache, broken = files.folder / "measured-cache", files.folder / "measured-cache-interrupted"
    for folder in (cache, broken):
        shutil.rmtree(folder, ignore_errors=True)
    whole = _prepare(files, cache)
    yield "`prepare`, nothing in the cache", spoken(whole.seconds)
    yield from ((f"— {stage}", spoken(seconds)) for stage, seconds in whole.stages.items())
    yield from _memory_rows(whole.peaks)
    yield "phrases read", f"{sum(split['counts']['phrases'] for split in whole.answer['splits'].values()):,}"
    yield "files read", _gigabytes(files.root, files.vectors)
    yield "cache afterwards", _gigabytes(cache)
    again = _prepare(files, cache)
    yield "`prepare` again, which only checks", spoken(again.seconds)
    # Two caches at a time may not fit on the disk.
    shutil.rmtree(cache)
    partly = _prepare(files, broken, interrupt_at=INTERRUPT_AT)
    yield f"interrupted at {_reached(partly)} training images (exit code {partly.code})", spoken(partly.seconds)
    rest = _prepare(files, broken)
    yield "`prepare` after that", spoken(rest.seconds)
    same = whole.answer["fingerprint"] == again.answer["fingerprint"] == rest.answer["fingerprint"]
    yield "what the three made", "the same" if same else "NOT the same"
    shutil.rmtree(broken)


def _memory_rows(peaks: Peaks) -> Iterator[tuple[str, str]]:
    yield "private memory of the main process, at most", _megabytes(peaks.main)
    yield "private memory of a worker, at most", _megabytes(peaks.worker)
    yield "private memory of all processes together, at most", _megabytes(peaks.together)
    yield "resident memory of all processes, summed, at most", _megabytes(peaks.resident)


def _prepare(files: Files, cache: Path, interrupt_at: float | None = None) -> Outcome:
    """Run `prepare` to its end, or to a Ctrl-C when a part of the training images is read."""
    _note(f"preparing in {cache.name}")
    began, found, ended = time.perf_counter(), Outcome(), threading.Event()
    with TemporaryFile("w+") as answer, _started(files, cache, answer) as process:
        watch = threading.Thread(target=_watch, args=(psutil.Process(process.pid), found.peaks, ended))
        watch.start()
        try:
            assert process.stderr is not None
            for line in process.stderr:
                found.lines.append((time.perf_counter() - began, line.rstrip()))
                _note(f"  {found.lines[-1][0]:7.1f} s  {line.rstrip()}")
                if interrupt_at is not None and _is_beyond(line, interrupt_at):
                    # A terminal sends it to every process of the group.
                    os.killpg(process.pid, signal.SIGINT)
                    interrupt_at = None
            found.code, found.seconds = process.wait(), time.perf_counter() - began
        finally:
            ended.set()
            watch.join()
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
        if found.code not in (0, 130):
            raise SystemExit(f"prepare ended with {found.code}")
        answer.seek(0)
        found.answer = json.load(answer) if found.code == 0 else {}
    return found


def _started(files: Files, cache: Path, answer: IO[str]) -> subprocess.Popen[str]:
    settings = [f"corpus.root={files.root}", f"corpus.words={files.vectors}"]
    overrides = [word for setting in settings for word in ("--set", setting)]
    return subprocess.Popen(
        [sys.executable, "-m", "bench", "prepare", "protocols/flickr30k.yaml", *overrides, "--json"],
        cwd=REPOSITORY,
        env={**os.environ, "BENCH_CACHE": str(cache)},
        stdout=answer,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _watch(root: psutil.Process, peaks: Peaks, ended: threading.Event) -> None:
    while not ended.wait(LOOK_EVERY):
        peaks.look(root)


def _told(line: str) -> tuple[str, int, int] | None:
    """Take a line about progress, such as `reading train 512/29,783, about 40 s left`, apart."""
    found = _PROGRESS.match(line)
    if found is None:
        return None
    done, total = (int(found[name].replace(",", "")) for name in ("done", "total"))
    return found["stage"], done, total


def _reached(outcome: Outcome) -> str:
    """Return how far the reading of the training images came, `512 of 29,783`."""
    told = [told for _, line in outcome.lines if (told := _told(line)) and told[0] == _TRAINING]
    return f"{told[-1][1]:,} of {told[-1][2]:,}"


def _is_beyond(line: str, part: float) -> bool:
    told = _told(line)
    return told is not None and told[0] == _TRAINING and told[1] >= part * told[2]


def _parsing_rows(files: Files) -> Iterator[tuple[str, str]]:
    """Measure how long it takes to parse all annotations, and nothing else."""
    _note("parsing the annotations")
    entities = Flickr30kEntities(files.root, Rules.official)
    ids = [name for split in IMAGES for name in entities.image_ids(split)]
    began = time.perf_counter()
    jobs = (delayed(_parse)(entities, ids[start : start + 512]) for start in range(0, len(ids), 512))
    texts = [text for found in on_workers(jobs, PARSERS) for text in found]
    seconds = time.perf_counter() - began
    told = f"{seconds:.1f} s, {len(ids) / seconds:,.0f} images a second"
    yield f"parsing {len(ids):,} images with {CAPTIONS * len(ids):,} captions in {PARSERS} processes", told
    yield "— phrases with boxes, and distinct ones", f"{len(texts):,}, {len(set(texts)):,}"


def _parse(entities: Flickr30kEntities, ids: Sequence[str]) -> list[str]:
    tally = Tally()
    images = (entities.read(name, tally) for name in ids)
    return [phrase.text for image in images for sentence in image.sentences for phrase in sentence.phrases]


def _document(folder: Path, scale: float, rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    machine = provenance()
    yield f"`python tests/manual/full_size.py {folder} --images-scale {scale:g}`"
    yield ""
    yield f"{machine.processor}, {machine.processors} CPUs, revision {machine.code}"
    yield ""
    yield from ("| What | |", "|---|---|")
    yield from (f"| {what} | {found} |" for what, found in rows)


def _gigabytes(*roots: Path) -> str:
    files = (path for root in roots for path in (root.rglob("*") if root.is_dir() else [root]))
    return f"{sum(path.stat().st_size for path in files if path.is_file()) / 1e9:.1f} GB"


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"


def _note(what: str) -> None:
    typer.echo(what, err=True)


if __name__ == "__main__":
    typer.run(main)
