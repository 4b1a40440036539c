"""A spaCy pipeline made on the spot: it takes a few words for the roots of noun chunks, and all others for none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import spacy

NOUNS = ["man", "top", "group", "people", "dog", "it", "left_right", "%"]


def write_pipeline(folder: Path, version: str = "1.2.3") -> Path:
    """Write the pipeline as spaCy does; return the folder."""
    language = spacy.blank("en", meta={"name": "few_nouns", "version": version})
    entities: Any = language.add_pipe("ner")
    entities.add_label("THING")
    language.initialize()
    ruler: Any = language.add_pipe("attribute_ruler")
    ruler.add([[{"LOWER": {"IN": NOUNS}}]], {"POS": "NOUN", "DEP": "ROOT"})
    ruler.add([[{"LOWER": {"NOT_IN": NOUNS}, "IS_SPACE": False}]], {"POS": "X", "DEP": "dep"})
    language.to_disk(folder)
    return folder
