"""The kinds of corpus source that there are.

A kind is a class of `Source` in the file `source.py` of a folder beside this file, or in another distribution that
names its module as an entry point of the group `sprm_bench.sources`; the module registers the class.
"""

from __future__ import annotations

from sprm.corpus.settings import Source
from sprm.registry import Kinds

SOURCES = Kinds[Source]("sprm_bench.sources", "sprm.corpus.sources.*.source")
