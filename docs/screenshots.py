"""The pictures of the README: the first screen of each committed report.

`python docs/screenshots.py` takes them with Chromium. Run it after the reports were drawn anew.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "screenshots"
REPORTS = ("reference", "paper_scale", "photographs")
WIDTH, HEIGHT = 1100, 800
"""Pixels of the window."""
COLOURS = 64
"""Enough for text and lines, at a third of the size of a picture in full colour."""


def take(page: Path, picture: Path) -> None:
    """Show a page in a window without a frame and save what is seen.

    Args:
        page: its file.
        picture: a PNG file, written over.
    """
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [
                "chromium",
                "--headless=new",
                "--no-sandbox",
                "--hide-scrollbars",
                f"--user-data-dir={profile}",
                f"--window-size={WIDTH},{HEIGHT}",
                f"--screenshot={picture}",
                page.as_uri(),
            ],
            check=True,
            capture_output=True,
        )
    with Image.open(picture) as taken:
        taken.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(picture, optimize=True)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name in REPORTS:
        take(ROOT / "reports" / name / "index.html", FOLDER / f"{name}.png")
