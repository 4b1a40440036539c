"""Pictures of noise, of which no two are alike, for the images of the hand-made folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from flickr_folder import SCENES, SIZE, image_id
from PIL import Image


def write_raw_images(root: Path) -> None:
    """Put a picture for each image into the folder, in the place of its released detections."""
    for path in root.glob("*_*.*"):
        path.unlink()
    folder = root / "flickr30k_images"
    folder.mkdir()
    draw = np.random.default_rng(0)
    for number in range(len(SCENES)):
        noise = draw.integers(0, 256, (SIZE[1] // 5, SIZE[0] // 5, 3), dtype=np.uint8)
        picture = Image.fromarray(noise).resize(SIZE, Image.Resampling.NEAREST)
        picture.save(folder / f"{image_id(number)}.{'png' if number % 2 else 'jpg'}")
