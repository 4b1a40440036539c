"""Encoded splits on disk: made once for a dataset and mapped by every trial that reads them.

`<dataset>/encoded/<key>/<split>` holds one `.npy` file for each array of `EncodedSplit` but the features, which stay
where they are, and `files.json` with the sha256 of each.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sprm.batches.encoding import EncodedSplit, Labels, Texts, encode
from sprm.batches.prefix_tree import Prefixes
from sprm.corpus.dataset import Dataset
from sprm.errors import IntegrityError
from sprm.files.atomic_folder import build
from sprm.files.cache_keys import short_hash
from sprm.files.hashes import file_hash
from sprm.settings import Rules

VERSION = 2
"""Raised whenever other arrays come of the same corpus, so that splits are encoded again."""
PARTS = {"labels": Labels, "texts": Texts, "heads": Texts, "prefixes": Prefixes}
"""Fields of `EncodedSplit` that are groups of arrays."""


def encoded(
    dataset: Dataset,
    split: str,
    rules: Rules,
    *,
    heads: bool,
    locations: bool,
    score: bool = False,
    verify: bool = False,
) -> EncodedSplit:
    """Open an encoded split, encoding it first when it has never been.

    Args:
        dataset: whose split.
        split: train, val or test.
        rules: see `encoding.encode`.
        heads: see `encoding.encode`.
        locations: see `encoding.encode`.
        score: see `encoding.encode`.
        verify: whether to hash every file and encode again what is not as it was written; False where the same
            process tree has done so already.

    Raises:
        DataError: scores are asked for, and the dataset has none.
        IntegrityError: a file cannot be read.
    """
    about = [rules.value, str(heads), str(locations), *(["score"] if score else []), f"encoding {VERSION}"]
    folder = dataset.folder / "encoded" / short_hash(about) / split
    build(
        folder,
        lambda building: save(
            encode(dataset.corpus(split), dataset.lexicon, rules, heads=heads, locations=locations, score=score),
            building,
        ),
        waiting=lambda holder: None,
        verify=verify,
    )
    return load(folder, dataset.folder / split / "features.npy")


def save(split: EncodedSplit, folder: Path) -> None:
    """Write every array of a split but its features into a folder that is there."""
    hashes = {}
    for name, array in _arrays(split):
        np.save(folder / f"{name}.npy", array, allow_pickle=False)
        hashes[f"{name}.npy"] = file_hash(folder / f"{name}.npy")
    (folder / "files.json").write_text(json.dumps(hashes, indent=1), encoding="utf-8")


def _arrays(part: object, prefix: str = "") -> Iterator[tuple[str, NDArray[Any]]]:
    assert is_dataclass(part)
    for field in fields(part):
        value = getattr(part, field.name)
        if field.name in PARTS:
            yield from _arrays(value, f"{field.name}.")
        elif field.name != "features":
            yield prefix + field.name, value


def load(folder: Path, features: Path) -> EncodedSplit:
    """Map what `save` wrote.

    Args:
        folder: where it was written.
        features: the `.npy` file of the split's features.

    Raises:
        IntegrityError: a file is missing or has another form.
    """
    try:
        hashes = _hashes(folder)
        # Seen as plain arrays, which numpy indexes faster than maps; the features say themselves that they are mapped.
        arrays = {name.removesuffix(".npy"): np.asarray(_mapped(folder / name)) for name in hashes}
        parts = {name: kind(**_part(arrays, f"{name}.")) for name, kind in PARTS.items()}
        return EncodedSplit(features=_mapped(features), **parts, **_part(arrays, ""))
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise IntegrityError(f"an encoded split cannot be read ({error})", path=folder) from error


def _hashes(folder: Path) -> dict[str, str]:
    hashes: dict[str, str] = json.loads((folder / "files.json").read_text(encoding="utf-8"))
    if any(Path(name).name != name for name in hashes):
        raise ValueError("files.json names a file of another folder")
    return hashes


def _part(arrays: dict[str, NDArray[Any]], prefix: str) -> dict[str, Any]:
    return {
        name.removeprefix(prefix): array
        for name, array in arrays.items()
        if name.rpartition(".")[0] == prefix.removesuffix(".")
    }


def _mapped(path: Path) -> NDArray[Any]:
    array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    return array
