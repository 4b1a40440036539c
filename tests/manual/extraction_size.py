"""Measure extraction with the default detector, on pictures of noise and weights that nobody trained; by hand.

    python tests/manual/extraction_size.py [--images 6] [--threads 2] [--batch 1]

Time and memory of a network do not depend on what it has learnt, only on the sizes of pictures.
"""

from __future__ import annotations

import resource
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import numpy as np
import torch
import typer
from PIL import Image
from torchvision.models import get_model

from sprm.corpus.detectors.detector import DetectorExtractor
from sprm.corpus.detectors.extraction import extract
from sprm.corpus.settings import DetectorSource

SIZE = (500, 375)
"""Width and height of most pictures of Flickr30k, in pixels."""


def main(
    images: Annotated[int, typer.Option(min=2, help="Pictures.")] = 6,
    threads: Annotated[int, typer.Option(min=1, help="CPU threads.")] = 2,
    batch: Annotated[int, typer.Option(min=1, help="Pictures in a forward pass.")] = 1,
) -> None:
    """Extract the regions of some pictures and print what it took."""
    with TemporaryDirectory() as folder:
        _write_weights(Path(folder))
        _extract(Path(folder), images, threads, batch)


def _write_weights(folder: Path) -> None:
    model = get_model(DetectorSource().name, weights=None, weights_backbone=None)
    torch.save(model.state_dict(), folder / "weights.pth")


def _extract(folder: Path, count: int, threads: int, batch: int) -> None:
    draw, paths = np.random.default_rng(0), {}
    for number in range(count):
        paths[str(number)] = folder / f"{number}.jpg"
        Image.fromarray(draw.integers(0, 256, (SIZE[1], SIZE[0], 3), dtype=np.uint8)).save(paths[str(number)])
    source = DetectorSource(weights=folder / "weights.pth", batch=batch, threads=threads)
    marks = []
    extract(
        paths,
        DetectorExtractor(source),
        folder / "cache",
        device=torch.device("cpu"),
        progress=lambda *_: marks.append(time.perf_counter()),
    )
    # The first batch warms up, so it is left out.
    timed = (len(marks) - 2) * batch
    seconds = (marks[-1] - marks[1]) / timed
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    told = f"{seconds:.1f} s an image, {peak:,.0f} MB resident at most"
    typer.echo(f"{source.name}, threads {threads}, batch {batch}: {told}")


if __name__ == "__main__":
    typer.run(main)
