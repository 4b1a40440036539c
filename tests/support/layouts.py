"""What the released feature files of each source call their tables."""

from __future__ import annotations

from pathlib import Path

from sprm.corpus.sources.flickr30k.source import Flickr30kSource
from sprm.corpus.sources.referit.source import ReferitSource

FLICKR30K = Flickr30kSource(kind="flickr30k", root=Path("anywhere")).layout
REFERIT = ReferitSource(kind="referit", root=Path("anywhere")).layout
