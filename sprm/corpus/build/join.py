"""Putting the shards of a split together, a shard at a time, in memory that does not grow with the split."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sprm.corpus.build.published_counts import differences
from sprm.corpus.corpus import ARRAYS, TABLES, Corpus, CorpusInfo, Counts, LeftOut, Origin, Warnings, verify_corpus
from sprm.corpus.warnings import Tally
from sprm.corpus.writer import describe
from sprm.errors import DataError


def join(
    shards: Sequence[Path],
    folder: Path,
    *,
    joined: Callable[[int], object],
    passed_over: Iterable[Warnings] = (),
) -> CorpusInfo:
    """Write a split from its shards.

    Args:
        shards: folders that `CorpusWriter` wrote, all of one origin, in the order of the split's images.
        folder: must not exist.
        joined: told how many shards are in.
        passed_over: warnings about the split beside those of its shards.

    Returns:
        What the split says of itself.

    Raises:
        DataError: no shard holds an image, or the shards' features differ in length.
        IntegrityError: a shard is not what was written.
    """
    infos = [verify_corpus(shard) for shard in shards]
    origin = infos[0].origin
    tally, left_out = Tally(), [left for info in infos for left in info.left_out]
    for warnings in (passed_over, *(info.warnings for info in infos)):
        tally.merge(warnings)
    filled = [shard for shard, info in zip(shards, infos, strict=True) if info.counts.images]
    feature_size = _common_feature_size([info for info in infos if info.counts.images], origin, left_out)
    has_scores = all_or_none_scored([Corpus.open(shard, verify=False) for shard in filled])
    counts = Counts(**{name: sum(getattr(info.counts, name) for info in infos) for name in Counts.model_fields})
    folder.mkdir(parents=True)
    with _Join(folder, counts, feature_size, has_scores) as join:
        for done, (shard, info) in enumerate(zip(shards, infos, strict=True), start=1):
            if info.counts.images:
                join.add(Corpus.open(shard, verify=False))
            joined(done)
    describe(
        folder,
        origin,
        counts,
        feature_size=feature_size,
        has_scores=has_scores,
        warnings=tally.warnings(),
        left_out=left_out,
        differences=differences(origin, counts.images + len(left_out), counts.phrases),
    )
    return CorpusInfo.model_validate_json((folder / "corpus.json").read_bytes())


def _common_feature_size(infos: Sequence[CorpusInfo], origin: Origin, left_out: Sequence[LeftOut]) -> int:
    sizes = {info.feature_size for info in infos}
    if not sizes:
        reasons = Tally()
        for left in left_out:
            reasons.add(f"left out, missing {left.reason}", left.image_id)
        counts = "; ".join(f"{warning.kind}: {warning.count}" for warning in reasons.warnings())
        raise DataError(f"the split {origin.split} has no usable image ({counts})")
    if len(sizes) > 1:
        lengths = ", ".join(map(str, sorted(sizes)))
        raise DataError(
            f"the features of the split {origin.split}, from {origin.extractor}, differ in length: {lengths}"
        )
    return sizes.pop()


def all_or_none_scored(corpora: Sequence[Corpus], path: Path | None = None) -> bool:
    """Tell whether some splits, or parts of one, have the detector's scores.

    Args:
        corpora: at least one, each with an image.
        path: what they were read from, for the error.

    Raises:
        DataError: some have and others have not; the error names an image of each.
    """
    first: dict[bool, str] = {}
    for corpus in corpora:
        split, image_id = corpus.info.origin.split, corpus.images["image_id"].iloc[0]
        first.setdefault(corpus.scores is not None, f"image {image_id} of {split}")
    if len(first) > 1:
        raise DataError(f"no scores of the detector, which {first[True]} has", path=path, where=first[False])
    return True in first


class _Join:
    """The files of a split while shards are added to them."""

    def __init__(self, folder: Path, counts: Counts, feature_size: int, has_scores: bool) -> None:
        self._folder = folder
        self._kinds = {**ARRAYS, **({"scores": np.float32} if has_scores else {})}
        self._shapes = {
            "features": (counts.regions, feature_size),
            "boxes": (counts.regions, 4),
            "labels": (counts.regions,),
            "scores": (counts.regions,),
            "offsets": (counts.images + 1,),
        }
        self._label_rows: dict[str, int] = {}
        self._added = Counts(images=0, sentences=0, phrases=0, regions=0)
        self._tables: dict[str, pq.ParquetWriter] = {}

    def __enter__(self) -> _Join:
        self._arrays = {name: self._start(name) for name in self._kinds}
        self._arrays["offsets"].write(np.zeros(1, dtype=ARRAYS["offsets"]).tobytes())
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        for file in self._arrays.values():
            file.close()
        for writer in self._tables.values():
            writer.close()
        (self._folder / "labels.json").write_text(json.dumps(list(self._label_rows)), encoding="utf-8")

    def _start(self, name: str) -> IO[bytes]:
        file = (self._folder / f"{name}.npy").open("wb")
        descr = np.lib.format.dtype_to_descr(np.dtype(self._kinds[name]))
        header = {"descr": descr, "fortran_order": False, "shape": self._shapes[name]}
        np.lib.format.write_array_header_1_0(file, header)
        return file

    def add(self, shard: Corpus) -> None:
        """Append a shard."""
        rows = np.array([self._label_rows.setdefault(name, len(self._label_rows)) for name in shard.label_names])
        labels = rows[shard.labels].astype(ARRAYS["labels"])
        scores = {} if shard.scores is None else {"scores": shard.scores}
        for name, values in {"boxes": shard.boxes, "labels": labels, **scores}.items():
            self._arrays[name].write(np.ascontiguousarray(values).tobytes())
        self._arrays["offsets"].write((shard.offsets[1:] + self._added.regions).tobytes())
        with _body(shard.folder / "features.npy") as body:
            shutil.copyfileobj(body, self._arrays["features"], 2**20)
        self._add_tables(shard.folder)
        counts = shard.info.counts
        self._added = Counts(**{n: getattr(self._added, n) + getattr(counts, n) for n in Counts.model_fields})

    def _add_tables(self, shard: Path) -> None:
        above = {"sentences": ("image", self._added.images), "phrases": ("sentence", self._added.sentences)}
        for name in TABLES:
            table = pq.read_table(shard / f"{name}.parquet")
            if name in above:
                column, first = above[name]
                at = table.schema.get_field_index(column)
                moved = pc.add(table[column], pa.scalar(first, table[column].type))
                table = table.set_column(at, table.schema.field(at), moved)
            if name not in self._tables:
                self._tables[name] = pq.ParquetWriter(self._folder / f"{name}.parquet", table.schema)
            self._tables[name].write_table(table)


@contextmanager
def _body(path: Path) -> Iterator[IO[bytes]]:
    """Open a `.npy` file where its numbers begin."""
    with path.open("rb") as file:
        np.lib.format.read_magic(file)
        np.lib.format.read_array_header_1_0(file)
        yield file
