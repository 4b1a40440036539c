from __future__ import annotations

import io

import numpy as np
from PIL import Image

from sprm.corpus.sources.scenes.drawing import draw
from sprm.corpus.sources.scenes.layout import compose
from sprm.corpus.sources.scenes.png import png
from sprm.seeding import generator


def test_the_file_holds_every_pixel_of_a_picture() -> None:
    rng = generator("a picture")
    picture = draw(compose(rng), rng)
    with Image.open(io.BytesIO(png(picture))) as read:
        assert (read.format, read.mode, read.size) == ("PNG", "RGB", picture.size)
        assert np.array_equal(np.asarray(read), np.asarray(picture))


def test_a_picture_of_one_pixel_has_a_file() -> None:
    with Image.open(io.BytesIO(png(Image.new("RGB", (1, 1), (1, 2, 3))))) as read:
        assert read.getpixel((0, 0)) == (1, 2, 3)


def test_a_composed_picture_takes_no_more_bytes_than_pillow_would_make_it() -> None:
    total = pillows = 0
    for number in range(20):
        rng = generator("pictures", number)
        picture = draw(compose(rng), rng)
        buffer = io.BytesIO()
        picture.save(buffer, "png")
        total, pillows = total + len(png(picture)), pillows + len(buffer.getvalue())
    assert total < 1.2 * pillows
