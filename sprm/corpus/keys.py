"""Names for what is built: hashes of all that it is built from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

READING = (
    *(f"corpus/{name}.py" for name in ("annotated", "annotations", "captions", "flickr30k", "refclef", "referit")),
    *(f"corpus/{name}.py" for name in ("detections", "released", "bottom_up", "extracted")),
    *(f"corpus/{name}.py" for name in ("detector", "detector_weights", "extraction", "raw_images")),
    *(f"corpus/{name}.py" for name in ("hdf5", "pickles", "streaming")),
    *(f"corpus/{name}.py" for name in ("conversion", "joining", "opening", "parts", "prepare")),
    *(f"corpus/{name}.py" for name in ("coverage", "known", "records", "tally", "writer")),
    *("corpus/lines.py", "corpus/pixels.py", "corpus/plausibility.py", "first_bytes.py", "evaluation.py"),
    *("heads", "phrases.py", "geometry.py", "glove.py", "glove_text.py", "lexicon.py"),
)
"""Code that decides what a corpus holds."""
ENCODING = (
    *(f"corpus/{name}.py" for name in ("encoded", "encoding", "packing", "prefixes")),
    *("phrases.py", "geometry.py", "lexicon.py", "prior.py"),
)
"""Code that decides what an encoded split holds."""


def short_hash(about: Iterable[str]) -> str:
    """First 16 hexadecimal digits of the sha256 of some texts."""
    # A folder's name need not be text.
    return hashlib.sha256("\n".join(about).encode(errors="surrogateescape")).hexdigest()[:16]


def code_hash(*patterns: str) -> str:
    """sha256 over files of this package, so that what changed code would build otherwise gets another name.

    A pattern that names a folder stands for all its files.
    """
    package = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for pattern in patterns:
        folder = package / pattern
        for path in sorted(folder.iterdir() if folder.is_dir() else package.glob(pattern)):
            if path.is_file():
                digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def library_versions(*names: str) -> list[str]:
    """Names and versions of installed libraries, none of which is imported."""
    return [f"{name} {version(name)}" for name in names]
