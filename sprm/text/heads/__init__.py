"""Head words: which words of a phrase name the thing it speaks of, by rule or by a parser."""

from __future__ import annotations

from sprm.text.heads.finder import HeadFinder, head_finder, identity, pipeline_files, pipeline_of

__all__ = ["HeadFinder", "head_finder", "identity", "pipeline_files", "pipeline_of"]
