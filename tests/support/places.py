"""Where things lie in this repository."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
PROTOCOLS = ROOT / "protocols"
DOCS = ROOT / "docs"
GOLDEN = ROOT / "tests" / "golden"
