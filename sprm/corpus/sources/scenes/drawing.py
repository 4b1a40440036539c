"""Drawing a composed picture: its background, then its things from the farthest to the nearest."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from sprm.corpus.sources.scenes.glyphs import glyph, repainted
from sprm.corpus.sources.scenes.scene import PlacedBand, PlacedObject, Scene

RGB = tuple[int, int, int]


def draw(scene: Scene, rng: np.random.Generator) -> Image.Image:
    """Draw a picture in RGB.

    Args:
        scene: what it shows.
        rng: varies the texture of the background only.
    """
    picture = Image.new("RGB", (scene.width, scene.height))
    for band in scene.bands:
        _draw_band(picture, band, rng)
    for thing in scene.objects:
        stamp = _stamp(thing)
        picture.paste(stamp, (round(thing.box.left), round(thing.box.top)), stamp)
    return picture


def _stamp(thing: PlacedObject) -> Image.Image:
    category = thing.category
    if category.paint and thing.colour is not None:
        pixels = repainted(thing.pictogram, thing.tone, category.paint, thing.colour.rgb, category.from_row)
    else:
        pixels = glyph(thing.pictogram, thing.tone)
    stamp = Image.fromarray(pixels)
    if thing.mirrored:
        stamp = stamp.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    size = (round(thing.box.width), round(thing.box.height))
    # Colours are weighted by opacity while scaling, or transparent pixels would darken every edge.
    return stamp.convert("RGBa").resize(size, Image.Resampling.LANCZOS).convert("RGBA")


def _draw_band(picture: Image.Image, band: PlacedBand, rng: np.random.Generator) -> None:
    left, top, right, bottom = (round(edge) for edge in band.box)
    tile = Image.fromarray(_ramp(band.rgb, right - left, bottom - top, rng))
    _TEXTURES[band.band.texture](ImageDraw.Draw(tile), tile.width, tile.height, band.rgb, rng)
    picture.paste(tile, (left, top))


def _ramp(rgb: RGB, width: int, height: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """A colour that gets a little lighter or darker from top to bottom."""
    change = np.linspace(1 - rng.uniform(-0.08, 0.08), 1 + rng.uniform(-0.08, 0.08), height)
    rows = np.clip(np.rint(np.array(rgb, dtype=np.float64) * change[:, None]), 0, 255).astype(np.uint8)
    return np.repeat(rows[:, None], width, axis=1)


def _shade(rgb: RGB, factor: float) -> RGB:
    red, green, blue = (min(255, round(channel * factor)) for channel in rgb)
    return red, green, blue


def _gradient(pen: ImageDraw.ImageDraw, width: int, height: int, rgb: RGB, rng: np.random.Generator) -> None:
    """Nothing but the ramp."""


def _stripes(pen: ImageDraw.ImageDraw, width: int, height: int, rgb: RGB, rng: np.random.Generator) -> None:
    step = int(rng.integers(14, 40))
    darker = _shade(rgb, 0.94)
    for x in range(int(rng.integers(step)), width, step):
        pen.line((x, 0, x, height), fill=darker, width=int(rng.integers(1, 4)))


def _tufts(pen: ImageDraw.ImageDraw, width: int, height: int, rgb: RGB, rng: np.random.Generator) -> None:
    darker = _shade(rgb, 0.85)
    for x, y in rng.uniform((0, 0), (width, height), (width // 6, 2)).tolist():
        pen.line((x, y, x + 2, y - 4), fill=darker)
        pen.line((x + 2, y - 4, x + 4, y), fill=darker)


def _speckle(pen: ImageDraw.ImageDraw, width: int, height: int, rgb: RGB, rng: np.random.Generator) -> None:
    darker = _shade(rgb, 0.9)
    for x, y in rng.uniform((0, 0), (width, height), (width // 3, 2)).tolist():
        pen.ellipse((x, y, x + 2, y + 1), fill=darker)


def _tiles(pen: ImageDraw.ImageDraw, width: int, height: int, rgb: RGB, rng: np.random.Generator) -> None:
    step = int(rng.integers(22, 40))
    darker = _shade(rgb, 0.92)
    for y in range(0, height, step):
        pen.line((0, y, width, y), fill=darker)
    for x in range(0, width, step):
        pen.line((x, 0, x, height), fill=darker)


def _boards(pen: ImageDraw.ImageDraw, width: int, height: int, rgb: RGB, rng: np.random.Generator) -> None:
    step = int(rng.integers(12, 22))
    darker = _shade(rgb, 0.86)
    for y in range(0, height, step):
        pen.line((0, y, width, y), fill=darker)
        for x in rng.uniform(0, width, 3).tolist():
            pen.line((x, y, x, y + step), fill=darker)


def _waves(pen: ImageDraw.ImageDraw, width: int, height: int, rgb: RGB, rng: np.random.Generator) -> None:
    lighter = _shade(rgb, 1.12)
    for x, y in rng.uniform((0, 0), (width, height), (width // 8, 2)).tolist():
        pen.arc((x, y, x + 12, y + 5), 200, 340, fill=lighter)


_TEXTURES = {
    "gradient": _gradient,
    "stripes": _stripes,
    "tufts": _tufts,
    "speckle": _speckle,
    "tiles": _tiles,
    "boards": _boards,
    "waves": _waves,
}
