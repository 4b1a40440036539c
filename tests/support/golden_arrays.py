"""Where the arrays lie that the code of methods' authors returned."""

from __future__ import annotations

import os
from pathlib import Path

from places import GOLDEN

RIVALS = ("maf", "infoground", "kdcl", "mpl")
"""Whose arrays a file holds that has one of these in its name; all others are SPRM's."""


def golden_arrays(rival: str | None = None) -> list[Path]:
    """The files of a rival, or of SPRM: those of the tests, and of the folder that `SPRM_GOLDEN` names."""
    folders = [GOLDEN, *([Path(os.environ["SPRM_GOLDEN"])] if os.environ.get("SPRM_GOLDEN") else [])]
    return [path for folder in folders for path in sorted(folder.glob("*.npz")) if _rival_of(path) == rival]


def _rival_of(path: Path) -> str | None:
    return next((rival for rival in RIVALS if rival in path.name), None)
