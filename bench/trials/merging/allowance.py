"""What runs that are merged need not have in common; imports nothing, since the command line's help names it."""

from __future__ import annotations

from enum import StrEnum


class Allowance(StrEnum):
    """What runs may not have in common if that is asked for."""

    other_corpus = "other-corpus"
    """Results on a corpus with another fingerprint, if the test phrases are the same."""
    other_code = "other-code"
    """Results of a version of the package, or of a revision of its source, that the first run has no result of."""
