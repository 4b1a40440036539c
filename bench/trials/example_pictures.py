"""Small copies of the pictures of a few images, for a report that is read away from the corpus."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from sprm.corpus.build.inputs import image_files
from sprm.corpus.settings import Source
from sprm.errors import DataError
from sprm.files.cache import cache_folder

if TYPE_CHECKING:
    from PIL.Image import Image

LARGEST = 1_200_000
"""Bytes of all copies together: as text in a page they take a third more."""
FORMS = ((360, 80), (360, 65), (360, 50), (300, 50), (240, 40), (160, 30))
"""Longest side in pixels and JPEG quality, from the first that is tried to the last."""


def example_pictures(source: Source, image_ids: Mapping[int, str]) -> dict[int, bytes]:
    """Copy the pictures of some images, as far as their files are at hand and can be decoded.

    Args:
        source: where the corpus is from.
        image_ids: of the images, by the keys that the answer has.

    Returns:
        JPEG files, together at most `LARGEST` bytes.
    """
    # Listing a folder of pictures takes its time.
    if not image_ids:
        return {}
    try:
        files = image_files(source.files(cache_folder()), list(image_ids.values()))
    except (DataError, OSError):
        # Two files of one name, or a folder that cannot be listed: no picture is certain.
        return {}
    each = LARGEST // len(image_ids)
    copies = {key: _copy(files[image_id], each) for key, image_id in image_ids.items()}
    return {key: copy for key, copy in copies.items() if copy is not None}


def _copy(path: Path, most: int) -> bytes | None:
    """Return a picture as a small JPEG file; None where there is none, or none that can be decoded."""
    # A pipe would never end.
    if not path.is_file():
        return None
    # Few commands need it.
    from sprm.corpus.detectors.raw_images import read_image

    try:
        picture = read_image(path)
    except DataError:
        return None
    return next((copy for form in FORMS if len(copy := _encoded(picture, *form)) <= most), None)


def _encoded(picture: Image, side: int, quality: int) -> bytes:
    small = picture.copy()
    small.thumbnail((side, side))
    content = io.BytesIO()
    small.save(content, "JPEG", quality=quality, optimize=True)
    return content.getvalue()
