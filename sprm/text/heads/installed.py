"""Where a spaCy pipeline is and what it says of itself; neither spaCy nor the pipeline is imported to learn it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from glob import escape
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from sprm.errors import DataError
from sprm.files.paths import expanded


@dataclass(frozen=True)
class Pipeline:
    """A spaCy pipeline that is there to be loaded."""

    folder: Path
    """Holds `meta.json`, `config.cfg` and a folder for each component."""
    identity: str
    """Its own name and version, and spaCy's version."""


def find_pipeline(name: str) -> Pipeline:
    """Find a pipeline.

    Args:
        name: an installed package, or a folder that spaCy's `to_disk` wrote; the package is preferred.

    Raises:
        DataError: spaCy is not installed, there is no such pipeline, or its `meta.json` is not what is expected.
    """
    if find_spec("spacy") is None:
        raise DataError(f"the pipeline {name} needs spaCy; pip install sprm-bench[spacy]")
    for root in [*_package(name), expanded(name)]:
        if (root / "meta.json").is_file():
            return _described(root)
        inner = sorted(root.glob(f"{escape(root.name)}-*/meta.json"))
        if inner:
            return _described(inner[-1].parent)
    raise DataError(
        f"there is no spaCy pipeline {name}, installed or as a folder with a meta.json; python -m spacy download {name}"
    )


def _package(name: str) -> list[Path]:
    # A dotted name would import the package before the dot, which may be anything.
    if not name.isidentifier():
        return []
    try:
        spec = find_spec(name)
    except ValueError:
        return []
    return [Path(place) for place in (spec and spec.submodule_search_locations) or ()]


def _described(root: Path) -> Pipeline:
    path = root / "meta.json"
    try:
        meta = json.loads(path.read_text(encoding="utf-8"))
        title, version = f"{meta['lang']}_{meta['name']}", str(meta["version"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError("expected a spaCy pipeline's description, with lang, name and version", path=path) from error
    versioned = root / f"{title}-{version}"
    folder = versioned if versioned.is_dir() else root
    if not (folder / "config.cfg").is_file():
        raise DataError("the config.cfg of a spaCy pipeline is missing", path=folder)
    return Pipeline(folder, f"spacy:{title} {version}, spaCy {metadata.version('spacy')}")
