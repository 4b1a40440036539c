"""Phrases of captions with their boxes, as JSON lines: spans of characters in the caption, and boxes in pixels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from sprm.corpus.annotation import PhraseRecord, SentenceRecord, Target, union_box
from sprm.corpus.lines import refuse_half_characters
from sprm.corpus.pixels import read_boxes, refuse_upside_down
from sprm.corpus.sources.captions.json_lines import image_of, json_lines, size_of, text_of
from sprm.corpus.warnings import Tally
from sprm.errors import DataError, shown
from sprm.settings import Rules
from sprm.text.phrases import Span
from sprm.text.tokens import WORD, locations

ENDING = ".jsonl"
UNTYPED = "phrase"
"""Category of a phrase whose line names none."""


@dataclass
class PhrasedImage:
    """An image with its sentences."""

    size: tuple[int, int] | None = None
    """Width and height in pixels, where the file tells them."""
    captions: int = 0
    """Captions read so far."""
    sentences: list[SentenceRecord] = field(default_factory=list)


def read_phrases(path: Path, rules: Rules, tally: Tally) -> dict[str, PhrasedImage]:
    """Read the phrases of a file whose lines are `{"image", "caption", "phrases": [{"span", "boxes"}, ...]}`.

    The target of a phrase is the union of its boxes; a phrase without a box is left out, and so is a caption without a
    phrase.

    Args:
        path: the file.
        rules: how location words are looked for.
        tally: told what is left out or odd.

    Returns:
        Images by their ids, in the order of the file.

    Raises:
        DataError: the file cannot be read, or a line is something else: spans leave their caption, cross each other or
            cut a word, a box is none; the error names line and phrase.
    """
    if path.suffix.lower() != ENDING:
        problem = f"expected phrases with boxes in a {ENDING} file or a folder, found {shown(path.suffix)}"
        raise DataError(problem, path=path)
    images: dict[str, PhrasedImage] = {}
    for number, entry in json_lines(path, tally):
        image_id = image_of(entry, path, number)
        image = images.setdefault(image_id, PhrasedImage())
        sentence_id = f"{image_id}#{image.captions}"
        image.captions += 1
        image.size = size_of(entry, image.size, path, number)
        phrases = _phrases(entry, rules, path, number)
        boxed = [phrase for phrase in phrases if phrase.target is not None]
        tally.add("phrases left out for want of a box", sentence_id, len(phrases) - len(boxed))
        if boxed:
            image.sentences.append(SentenceRecord(sentence_id, boxed))
        else:
            tally.add("captions left out for want of a phrase with a box", sentence_id)
    for image_id, image in images.items():
        _tally_targets(image_id, image, tally)
    return images


def _phrases(entry: Mapping[str, Any], rules: Rules, path: Path, number: int) -> list[PhraseRecord]:
    caption, listed = text_of(entry, path, number), entry.get("phrases")
    if not isinstance(listed, list) or not all(isinstance(phrase, dict) for phrase in listed):
        problem = f"phrases should be a list of objects with span and boxes, found {shown(listed)}"
        raise DataError(problem, path=path, where=number)
    spans = [_span(phrase.get("span"), caption, path, number) for phrase in listed]
    for first, second in pairwise(sorted(spans, key=lambda span: (span.start, span.end))):
        if second.start < first.end:
            problem = f"the spans of {shown(first.of(caption))} and {shown(second.of(caption))} cross each other"
            raise DataError(problem, path=path, where=number)
    return [
        PhraseRecord(
            span.of(caption),
            _category(phrase.get("category", UNTYPED), path, number),
            locations(span.of(caption), rules),
            _target(phrase.get("boxes"), span.of(caption), path, number),
        )
        for span, phrase in zip(spans, listed, strict=True)
    ]


def _span(value: object, caption: str, path: Path, number: int) -> Span:
    if not isinstance(value, list) or len(value) != 2 or not all(type(end) is int for end in value):
        raise DataError(f"span should be [first, end) in characters, found {shown(value)}", path=path, where=number)
    start, end = value
    if not 0 <= start < end <= len(caption):
        problem = f"the span {start} to {end} leaves its caption, which has {len(caption)} characters"
        raise DataError(problem, path=path, where=number)
    span = Span(start, end)
    if not WORD.search(caption[start:end]):
        raise DataError(f"the span {start} to {end} holds no word: {shown(span.of(caption))}", path=path, where=number)
    cut = (caption[at - 1 : at + 1] for at in (start, end) if 0 < at < len(caption))
    if any(both.isalnum() for both in cut):
        problem = f"the span {start} to {end} cuts a word: {shown(span.of(caption))}; ends are exclusive, from 0"
        raise DataError(problem, path=path, where=number)
    return span


def _category(value: object, path: Path, number: int) -> str:
    if not isinstance(value, str) or not value.strip():
        raise DataError(f"category should be a name, found {shown(value)}", path=path, where=number)
    refuse_half_characters(value, path, number)
    return value.strip()


def _target(values: object, phrase: str, path: Path, number: int) -> Target | None:
    if values == []:
        return None
    what = f"the boxes of {shown(phrase)} should be a list of [x1, y1, x2, y2] in pixels"
    if not isinstance(values, list):
        raise DataError(f"{what}, found {shown(values)}", path=path, where=number)
    boxes = read_boxes(values, what, path, number)
    for box in boxes:
        refuse_upside_down(box, path, number)
    x1, y1, x2, y2 = union_box(boxes).tolist()
    return x1, y1, x2, y2


def _tally_targets(image_id: str, image: PhrasedImage, tally: Tally) -> None:
    """Count the targets of an image that have no area or reach outside it."""
    targets = [phrase.target for sentence in image.sentences for phrase in sentence.phrases if phrase.target]
    flat = sum(x1 == x2 or y1 == y2 for x1, y1, x2, y2 in targets)
    tally.add("targets without an area", image_id, flat)
    if image.size is not None:
        right, bottom = image.size[0] + 1, image.size[1] + 1
        outside = sum(min(x1, y1) < -1 or x2 > right or y2 > bottom for x1, y1, x2, y2 in targets)
        tally.add("targets that reach outside their image", image_id, outside)
