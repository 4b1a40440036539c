"""One picture's captions and boxes in the form that Flickr30k Entities is released in."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree

from sprm.corpus.sources.scenes.captions import Caption, Entities, Mention
from sprm.corpus.sources.scenes.scene import Box


def sentence_file(captions: Sequence[Caption]) -> str:
    """Return the text of `Sentences/<image id>.txt`: a caption a line, phrases in brackets."""
    return "".join(" ".join(_marked(piece) for piece in caption.pieces) + "\n" for caption in captions)


def annotation_file(image_id: int, width: int, height: int, entities: Entities) -> str:
    """Return the text of `Annotations/<image id>.xml`: a box with all entities it belongs to, 1-based pixels."""
    root = ElementTree.Element("annotation")
    ElementTree.SubElement(root, "filename").text = f"{image_id}.png"
    size = ElementTree.SubElement(root, "size")
    for name, value in (("width", width), ("height", height), ("depth", 3)):
        ElementTree.SubElement(size, name).text = str(value)
    owners: dict[Box, list[int]] = {}
    for number, boxes in entities.boxes.items():
        for box in boxes:
            owners.setdefault(box, []).append(number)
        if not boxes:
            _boxless(root, number, scene=number in entities.scenes)
    for box, numbers in owners.items():
        _boxed(root, numbers, box)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def _marked(piece: str | Mention) -> str:
    return piece if isinstance(piece, str) else f"[/EN#{piece.entity}/{piece.types} {piece.text}]"


def _boxless(root: ElementTree.Element, number: int, *, scene: bool) -> None:
    element = ElementTree.SubElement(root, "object")
    ElementTree.SubElement(element, "name").text = str(number)
    ElementTree.SubElement(element, "scene").text = str(int(scene))
    ElementTree.SubElement(element, "nobndbox").text = str(int(not scene))


def _boxed(root: ElementTree.Element, numbers: Sequence[int], box: Box) -> None:
    element = ElementTree.SubElement(root, "object")
    for number in numbers:
        ElementTree.SubElement(element, "name").text = str(number)
    bounds = ElementTree.SubElement(element, "bndbox")
    corners = (round(box.left) + 1, round(box.top) + 1, round(box.right), round(box.bottom))
    for name, value in zip(("xmin", "ymin", "xmax", "ymax"), corners, strict=True):
        ElementTree.SubElement(bounds, name).text = str(value)
