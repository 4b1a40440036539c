"""The kinds of corpus source that there are.

A kind is a class of `Source` in the file `source.py` of a folder beside this file, in a plug-in, or in another
distribution that names its module as an entry point of the group `sprm_bench.sources`; the module registers the class.
"""

from __future__ import annotations

from sprm.corpus.settings import Source
from sprm.registry import Kinds

SOURCES = Kinds[Source]("sprm_bench.sources", "sprm.corpus.sources.*.source")


def code_of(source: Source) -> list[str]:
    """Return the hash of the code of a source's kind, by which its corpora are built again; none of the project's own.

    What is cached of those has a version instead.
    """
    code = SOURCES.code_of(type(source))
    return [] if code is None else [f"code {code}"]
