"""What a run keeps of having been merged from others; part of its manifest."""

from __future__ import annotations

from bench.store.stored_model import Record


class MergedRun(Record):
    """A run that results were taken from."""

    run: str
    """Name of its folder."""
    trials: int
    """Results taken from it."""


class Choice(Record):
    """A trial of which runs had different results, and whose was kept."""

    system: str
    fraction: str
    seed: int
    kept: str
    """Name of the run whose result was kept."""
    dropped: tuple[str, ...]
    """Names of those whose results were not."""


class Merged(Record):
    """What a run was merged from, and what had to be asked for."""

    runs: tuple[MergedRun, ...]
    corpora: tuple[str, ...] = ()
    """Fingerprints of other corpora whose results count, because that was asked for."""
    packages: tuple[str, ...] = ()
    """Other versions of the package whose results count, because that was asked for."""
    codes: tuple[str, ...] = ()
    """All versions and revisions of the code that results were made by, where others were asked for."""
    choices: tuple[Choice, ...] = ()
