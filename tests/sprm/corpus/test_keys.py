from __future__ import annotations

from pathlib import Path

import sprm
from sprm.corpus.keys import ENCODING, READING

PACKAGE = Path(sprm.__file__).parent
RUNNING = {"__init__", "batches", "building", "contents", "doubts", "keys", "leases", "mapped", "pairs", "regions"} | {
    "requirements",
    "source",
    "study",
}
"""What decides neither what a corpus holds nor what an encoded split does."""


def test_every_file_that_is_named_is_there() -> None:
    assert all((PACKAGE / name).exists() for name in (*READING, *ENCODING))


def test_every_file_that_builds_or_encodes_a_corpus_is_named() -> None:
    named = {Path(name).stem for name in (*READING, *ENCODING) if name.startswith("corpus/")}
    there = {path.stem for path in (PACKAGE / "corpus").glob("*.py")}
    assert there - named == RUNNING
