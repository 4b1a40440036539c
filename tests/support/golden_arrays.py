"""Where the arrays lie that the code of methods' authors returned."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from places import GOLDEN

RIVALS = ("maf", "infoground", "kdcl", "mpl")
"""Whose arrays a file holds that has one of these in its name; all others are SPRM's."""
OF_SPRM = "weights/wv_freezed.weight"
"""An array that files of SPRM alone have, whose names may have a rival's within a word, as "sample" has."""


@dataclass(frozen=True)
class GoldenFile:
    """The arrays of one file."""

    path: Path

    @cached_property
    def arrays(self) -> dict[str, np.ndarray]:
        with np.load(self.path, allow_pickle=False) as stored:
            return dict(stored)

    @cached_property
    def config(self) -> dict[str, Any]:
        """All sizes."""
        config: dict[str, Any] = json.loads(str(self.arrays["config"]))
        return config


def golden_arrays(rival: str | None = None) -> list[Path]:
    """The files of a rival, or of SPRM: those of the tests, and those in the folder that `SPRM_GOLDEN` names.

    Raises:
        NotADirectoryError: if there is no such folder.
    """
    folders = [GOLDEN]
    if named := os.environ.get("SPRM_GOLDEN"):
        folders.append(Path(named))
        if not folders[-1].is_dir():
            raise NotADirectoryError(f"SPRM_GOLDEN: {named} is no folder")
    return [path for folder in folders for path in sorted(folder.rglob("*.npz")) if _rival_of(path) == rival]


def _rival_of(path: Path) -> str | None:
    with np.load(path, allow_pickle=False) as stored:
        if OF_SPRM in stored.files:
            return None
    return next((rival for rival in RIVALS if rival in path.name.lower()), None)
