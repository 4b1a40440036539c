"""Decoding the images that a detector is run on.

Boxes are in the pixels of the file as it is stored, as annotations are: an image that says it is to be shown turned
(EXIF) is not turned.
"""

from __future__ import annotations

import warnings
from math import sqrt
from pathlib import Path

from PIL import Image

from sprm.errors import DataError

NARROWEST = 500
"""How many times longer than wide an image may be; beyond, nothing is left of it once a detector has shrunk it."""

LARGEST = 4_000_000
"""Pixels that a detector is given; it takes at most about a million of them, and the rest would fill the memory."""


def shrunk(image: Image.Image) -> Image.Image:
    """Return an image of at most about `LARGEST` pixels and the same shape."""
    scale = sqrt(LARGEST / (image.width * image.height))
    if scale >= 1:
        return image
    return image.resize((max(1, round(scale * image.width)), max(1, round(scale * image.height))), Image.Resampling.BOX)


def check_image(path: Path) -> None:
    """Look at the head of a file, without decoding it.

    Raises:
        DataError: it is missing or no image.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            Image.open(path).close()
    except Exception as error:
        raise DataError(f"the image cannot be read ({error})", path=path) from error


def read_image(path: Path) -> Image.Image:
    """Decode an image to RGB, the way its pixels are stored.

    Raises:
        DataError: it is missing, no image, truncated, or too large or too narrow.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                picture = image.convert("RGB")
    # Pillow's readers raise whatever they run into in a broken file.
    except Exception as error:
        raise DataError(f"the image cannot be read ({error})", path=path) from error
    if max(picture.size) > NARROWEST * min(picture.size):
        problem = f"{picture.width} by {picture.height} pixels are too narrow; expected at most 1 to {NARROWEST}"
        raise DataError(problem, path=path)
    return picture
