"""What the cache holds of small hand-made files, described so that a change of content shows, and held on disk.

    python tests/support/golden_cache.py

writes `golden/cache.json` anew. It refuses what has changed under the same version: raise the version beside the code
that writes it first, or whoever has such files already would go on with the old ones.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

import h5py
import numpy as np
import pandas as pd
from bottom_up_files import ANDERSON, write_bottom_up_files
from feature_archive_files import write_feature_archives
from flickr_folder import write_flickr_folder
from layouts import FLICKR30K
from numpy.typing import NDArray
from PIL import Image
from places import GOLDEN
from random_detector import save_random
from raw_images import write_raw_images
from refcoco_folder import write_refcoco_folder
from referit_folder import write_referit_folder

from sprm.batches import encoding_cache as encoded
from sprm.corpus.build import convert as conversion
from sprm.corpus.build import prepare
from sprm.corpus.dataset import open_dataset
from sprm.corpus.detectors import extraction
from sprm.corpus.sources.flickr30k.source import Flickr30kSource
from sprm.corpus.sources.refcoco.source import RefcocoSource
from sprm.corpus.sources.referit.source import ReferitSource
from sprm.corpus.sources.scenes import source as scenes
from sprm.corpus.sources.scenes.source import ScenesSource
from sprm.settings import Rules
from sprm.text import glove

HELD = GOLDEN / "cache.json"
KEY = re.compile("[0-9a-f]{16}")
"""A name that is made of a version."""
SUMS = re.compile("sha256 [0-9a-f]{16}")
"""What a record says of a projection, whose last digits differ between processors."""
HASHES = {"files", "words_hash", "vectors_hash"}
"""Keys of records whose values are hashes of files that are described themselves."""

Described: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Cached:
    """Something in the cache: where to find its version, and how to make a small one."""

    version: int
    make: Callable[[Path, Path], Path]
    """Given a folder for the files that it is made from, and the cache, returns the folder that was built."""
    exact: bool = True
    """Whether numbers are held; those of a network of random weights are as good as drawn anew on each processor."""


def told_nothing(stage: str, done: int, total: int) -> None:
    """Take what progress is told."""


def flickr_corpus(folder: Path, cache: Path) -> Path:
    write_flickr_folder(folder)
    return prepare.prepare(
        Flickr30kSource(kind="flickr30k", root=folder), Rules.corrected, cache, progress=told_nothing
    )


def official_corpus(folder: Path, cache: Path) -> Path:
    write_flickr_folder(folder)
    return prepare.prepare(Flickr30kSource(kind="flickr30k", root=folder), Rules.official, cache, progress=told_nothing)


def bottom_up_corpus(folder: Path, cache: Path) -> Path:
    write_flickr_folder(folder)
    write_bottom_up_files(folder, FLICKR30K, columns=ANDERSON)
    source = Flickr30kSource(kind="flickr30k", root=folder, detections="tsv")
    return prepare.prepare(source, Rules.corrected, cache, progress=told_nothing)


def archive_corpus(folder: Path, cache: Path) -> Path:
    write_flickr_folder(folder)
    write_feature_archives(folder)
    source = Flickr30kSource(kind="flickr30k", root=folder, detections="npz", project=6)
    return prepare.prepare(source, Rules.corrected, cache, progress=told_nothing)


def referit_corpus(folder: Path, cache: Path) -> Path:
    write_referit_folder(folder)
    return prepare.prepare(ReferitSource(kind="referit", root=folder), Rules.corrected, cache, progress=told_nothing)


def refcoco_corpus(folder: Path, cache: Path) -> Path:
    write_refcoco_folder(folder, "refcocog", "google")
    fields = {"kind": "refcoco", "root": folder, "dataset": "refcocog", "split_by": "google", "test": "val"}
    return prepare.prepare(RefcocoSource.model_validate(fields), Rules.corrected, cache, progress=told_nothing)


def scenes_files(folder: Path, cache: Path) -> Path:
    source = ScenesSource.model_validate({"images": {"train": 3, "val": 1, "test": 1}})
    prepare.prepare(source, Rules.corrected, cache, progress=told_nothing)
    (found,) = (cache / "scenes").iterdir()
    return found


def extracted_regions(folder: Path, cache: Path) -> Path:
    write_flickr_folder(folder)
    write_raw_images(folder)
    weights = save_random("ssdlite320_mobilenet_v3_large", folder)
    detector = {"name": weights.stem, "weights": weights, "at_least": 5, "at_most": 20, "threads": 1}
    fields = {"kind": "flickr30k", "root": folder, "detections": "extracted", "detector": detector}
    prepare.prepare(Flickr30kSource.model_validate(fields), Rules.corrected, cache, progress=told_nothing, workers=1)
    (found,) = (cache / "extracted").iterdir()
    return found


def word_table(folder: Path, cache: Path) -> Path:
    path = folder / "words.txt"
    path.parent.mkdir(parents=True)
    path.write_text("man 0.5 -1 0.25\nwoman 1e-3 2 3\nMan 0 0 1\n", encoding="utf-8")
    return glove.word_table(path, cache, progress=told_nothing).folder


def encoded_splits(folder: Path, cache: Path) -> Path:
    dataset = open_dataset(flickr_corpus(folder, cache))
    for rules in Rules:
        encoded.encoded(dataset, "test", rules, heads=True, locations=rules is Rules.official)
    encoded.encoded(dataset, "test", Rules.corrected, heads=False, locations=True)
    return dataset.folder / "encoded"


CACHED = {
    "corpus of flickr30k, corrected rules": Cached(conversion.VERSION, flickr_corpus),
    "corpus of flickr30k, official rules": Cached(conversion.VERSION, official_corpus),
    "corpus of flickr30k, bottom-up attention": Cached(conversion.VERSION, bottom_up_corpus),
    "projected corpus of archives": Cached(conversion.VERSION, archive_corpus),
    "corpus of referit": Cached(conversion.VERSION, referit_corpus),
    "corpus of refcocog, divided by google": Cached(conversion.VERSION, refcoco_corpus),
    "scenes": Cached(scenes.VERSION, scenes_files),
    "extracted regions": Cached(extraction.VERSION, extracted_regions, exact=False),
    "word table": Cached(glove.VERSION, word_table),
    "encoded splits": Cached(encoded.VERSION, encoded_splits),
}


def described(name: str) -> Described:
    """Make a small one of something cached, and return its version and what its files hold."""
    with TemporaryDirectory() as scratch:
        folder = CACHED[name].make(Path(scratch, "files"), Path(scratch, "cache"))
        files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        held = [path for path in files if path.name not in ("built.json", "files.json")]
        of_files = [
            {"file": KEY.sub("*", path.relative_to(folder).as_posix()), "holds": content_of(path, CACHED[name].exact)}
            for path in held
        ]
    return {"version": CACHED[name].version, "files": of_files}


def content_of(path: Path, exact: bool) -> Any:
    """Describe what a file holds, but for what libraries add."""
    match path.suffix:
        case ".npy" if not exact:
            array = np.load(path)
            return {"type": str(array.dtype), "row": list(array.shape[1:])}
        case ".npy":
            return of_array(np.load(path))
        case ".f32":
            return of_array(np.fromfile(path, "<f4"))
        case ".parquet":
            return digest(pd.read_parquet(path).to_json(orient="split").encode())
        case ".hdf5":
            with h5py.File(path) as file:
                return {name: of_array(file[name][:]) for name in sorted(file)}
        case ".json":
            record = json.loads(path.read_bytes())
            if isinstance(record, dict):
                record = {key: value for key, value in record.items() if key not in HASHES}
            return digest(SUMS.sub("sha256 *", json.dumps(record, sort_keys=True)).encode())
        case ".png":
            with Image.open(path) as picture:
                return {"mode": picture.mode, "size": list(picture.size), "sha256": digest(picture.tobytes())}
        case _:
            return digest(path.read_bytes())


def of_array(array: NDArray[Any]) -> Described:
    """Describe an array: whole numbers by their bytes, others by weighted sums, as processors differ in last digits."""
    about: Described = {"type": str(array.dtype), "shape": list(array.shape)}
    if array.dtype.kind != "f":
        return {**about, "sha256": digest(np.ascontiguousarray(array).tobytes())}
    flat = array.astype(np.float64).ravel()
    weights = (np.cos(step * np.arange(len(flat))) for step in (0.0, 0.7, 1.9))
    return {**about, "sums": [float(flat @ one) for one in weights], "norm": float(np.linalg.norm(flat))}


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def agree(one: Any, other: Any, norm: float = 1.0) -> bool:
    """Tell whether two descriptions are of the same content, but for the last digits of sums."""
    if isinstance(one, dict) and isinstance(other, dict):
        norm = max(norm, one.get("norm", 0.0))
        return one.keys() == other.keys() and all(agree(one[key], other[key], norm) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(agree(a, b, norm) for a, b in zip(one, other, strict=True))
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) <= 1e-4 * norm
    return bool(one == other)


def main() -> None:
    """Write the golden file."""
    held = json.loads(HELD.read_text()) if HELD.exists() else {}
    found = {name: described(name) for name in CACHED}
    same = [name for name in found if name in held and held[name]["version"] == found[name]["version"]]
    if changed := [name for name in same if not agree(held[name], found[name])]:
        sys.exit(f"changed under the same version: {', '.join(changed)}; raise it first")
    HELD.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
