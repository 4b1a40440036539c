"""One picture's captions and boxes in the form that Flickr30k Entities is released in."""

from __future__ import annotations

from collections.abc import Sequence

from sprm.corpus.sources.scenes.captions import Caption, Entities, Mention
from sprm.corpus.sources.scenes.scene import Box


def sentence_file(captions: Sequence[Caption]) -> str:
    """Return the text of `Sentences/<image id>.txt`: a caption a line, phrases in brackets."""
    return "".join(" ".join(_marked(piece) for piece in caption.pieces) + "\n" for caption in captions)


def annotation_file(image_id: int, width: int, height: int, entities: Entities) -> str:
    """Return the text of `Annotations/<image id>.xml`: a box with all entities it belongs to, 1-based pixels."""
    size = f"<size><width>{width}</width><height>{height}</height><depth>3</depth></size>"
    owners: dict[Box, list[int]] = {}
    for number, boxes in entities.boxes.items():
        for box in boxes:
            owners.setdefault(box, []).append(number)
    objects = [_boxless(number, number in entities.scenes) for number, boxes in entities.boxes.items() if not boxes]
    objects += [_boxed(numbers, box) for box, numbers in owners.items()]
    return f"<annotation><filename>{image_id}.png</filename>{size}{''.join(objects)}</annotation>\n"


def _marked(piece: str | Mention) -> str:
    return piece if isinstance(piece, str) else f"[/EN#{piece.entity}/{piece.types} {piece.text}]"


def _boxless(number: int, scene: bool) -> str:
    return f"<object><name>{number}</name><scene>{scene:d}</scene><nobndbox>{not scene:d}</nobndbox></object>"


def _boxed(numbers: Sequence[int], box: Box) -> str:
    names = "".join(f"<name>{number}</name>" for number in numbers)
    left, top, right, bottom = round(box.left) + 1, round(box.top) + 1, round(box.right), round(box.bottom)
    corners = f"<xmin>{left}</xmin><ymin>{top}</ymin><xmax>{right}</xmax><ymax>{bottom}</ymax>"
    return f"<object>{names}<bndbox>{corners}</bndbox></object>"
