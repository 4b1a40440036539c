"""The training subsets of a run: drawn, written out as id lists, and checked against those lists."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from bench.protocol.schema import Protocol
from bench.protocol.stratifier import strata_of
from bench.protocol.yaml_source import Problem
from bench.store.stored_model import Record, Stored
from bench.store.test_split import SubsetKey
from bench.subsets.strata.entity_type import entity_types
from bench.subsets.stratified import subset_size, subsets
from sprm.corpus.corpus import Corpus
from sprm.errors import DataError, ProtocolError, ResultsError
from sprm.files.atomic_file import write_atomically
from sprm.files.regular import content_of
from sprm.seeding import generator

AXIS = "subset"
"""Names, with the seed, the generator that subsets are drawn with."""


class SubsetRecord(Record):
    """One subset, as `subsets/<seed>/<fraction>.txt` lists it."""

    seed: int
    fraction: str
    images: int = Field(ge=1)
    sentences: int
    sha256: str
    """Hash of the id list, which has one image id a line."""
    shares: dict[str, float]
    """Share of the subset's images that show each entity type."""


class SubsetIndex(Stored):
    """Every subset of a run and, to hold them against, the whole training set."""

    strata: str
    """Name of what was kept in proportion, as the protocol has it."""
    images: int = Field(ge=1)
    shares: dict[str, float]
    """Share of all training images that show each entity type."""
    subsets: tuple[SubsetRecord, ...]


@dataclass(frozen=True, eq=False)
class Subsets:
    """The subsets of a run.

    Attributes:
        index: what each of them is.
        images: by (seed, fraction label), (n,) indices of training images, ascending.
        ids: (train images,) image ids in the corpus's order.
    """

    index: SubsetIndex
    images: Mapping[tuple[int, str], NDArray[np.int64]]
    ids: NDArray[np.str_]

    def records(self) -> dict[tuple[int, str], SubsetRecord]:
        """Return each subset's record by its seed and fraction label."""
        return {(record.seed, record.fraction): record for record in self.index.subsets}


def draw(protocol: Protocol, train: Corpus) -> Subsets:
    """Draw a protocol's subsets: nested within a seed, independent between seeds.

    Stratified by entity type, a type that is expected in less than about half an image of the smallest subset
    is in none of its images, whatever the seed; see `bench.subsets.stratified.subsets`.

    Raises:
        ProtocolError: a fraction selects no image, or more shots or a larger size is asked for than there are images.
    """
    types = entity_types(train)
    sentences = np.bincount(train.sentences["image"].to_numpy(), minlength=len(types))
    ids = train.images["image_id"].to_numpy().astype(str)
    if problems := unselectable(protocol, len(types)):
        raise ProtocolError(f"{protocol.name}: {'; '.join(problem.message for problem in problems)}")
    sizes = {label: subset_size(fraction, len(types)) for label, fraction in protocol.fraction_labels.items()}
    strata = strata_of(protocol.strata, train)
    images: dict[tuple[int, str], NDArray[np.int64]] = {}
    records = []
    for seed in range(protocol.design.subsets):
        drawn = subsets(strata, list(sizes.values()), generator(AXIS, seed))
        for label, chosen in zip(sizes, drawn, strict=True):
            images[seed, label] = chosen
            record = SubsetRecord(
                seed=seed,
                fraction=label,
                images=len(chosen),
                sentences=int(sentences[chosen].sum()),
                sha256=hashlib.sha256(_id_list(ids[chosen])).hexdigest(),
                shares=_shares([types[image] for image in chosen]),
            )
            records.append(record)
    index = SubsetIndex(strata=protocol.strata, images=len(types), shares=_shares(types), subsets=tuple(records))
    return Subsets(index, images, ids)


def subset_keys(records: Iterable[SubsetRecord]) -> tuple[SubsetKey, ...]:
    """Name subsets by what makes them the same in another run."""
    return tuple(SubsetKey(seed=each.seed, fraction=each.fraction, sha256=each.sha256) for each in records)


def unselectable(protocol: Protocol, images: int) -> list[Problem]:
    """Return a problem for each fraction, count of shots or size that cannot be drawn from so many training images."""
    problems = []
    # The fractions of a corpus are never more than all of it.
    key = "sizes" if protocol.sizes else "fractions" if protocol.fractions else "shots"
    for fraction in protocol.sizes or protocol.fraction_labels.values():
        try:
            subset_size(fraction, images)
        except DataError as error:
            problems.append(Problem((key,), error.problem))
    return problems


def write(subsets: Subsets, run: Path) -> Path:
    """Write the id lists and their index under a run folder; return the folder they lie in."""
    folder = run / "subsets"
    for (seed, label), chosen in subsets.images.items():
        (folder / str(seed)).mkdir(parents=True, exist_ok=True)
        write_atomically(folder / str(seed) / f"{label}.txt", _id_list(subsets.ids[chosen]))
    write_atomically(folder / "index.json", subsets.index.to_json())
    return folder


def read_index(run: Path) -> SubsetIndex:
    """Read the index of a run's subsets.

    Raises:
        ResultsError: there is none, or it is not one.
    """
    path = run / "subsets" / "index.json"
    try:
        return SubsetIndex.model_validate_json(content_of(path))
    except (OSError, ValidationError) as error:
        raise ResultsError(f"{path}: cannot be read; `bench subsets` writes it") from error


def differences(subsets: Subsets, run: Path) -> list[str]:
    """Compare the lists on disk with freshly drawn ones; return a sentence for each that differs."""
    folder = run / "subsets"
    sentences = []
    for (seed, label), record in subsets.records().items():
        path = folder / str(seed) / f"{label}.txt"
        content = path.read_bytes() if path.is_file() else None
        if content is None:
            sentences.append(f"{path}: missing")
        elif hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest() != record.sha256:
            sentences.append(f"{path}: not the images that the protocol selects")
        elif b"\r\n" in content:
            sentences.append(f"{path}: the right images, in lines that end in CR LF; `bench subsets` writes it again")
    try:
        if read_index(run) != subsets.index:
            sentences.append(f"{folder / 'index.json'}: does not describe these subsets")
    except ResultsError as error:
        sentences.append(str(error))
    return sentences


def _shares(types: list[frozenset[str]]) -> dict[str, float]:
    names = sorted(set().union(*types))
    return {name: sum(name in image for image in types) / len(types) for name in names}


def _id_list(ids: NDArray[np.str_]) -> bytes:
    return "".join(f"{image_id}\n" for image_id in ids.tolist()).encode()
