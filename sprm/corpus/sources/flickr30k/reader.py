"""Flickr30k Entities as its owners publish it: captions with marked phrases, boxes of the entities, id lists.

A phrase whose entity has no box is left out, and so is a sentence with no phrase left. The target is the union of the
entity's boxes. Entities are numbered from 1; 0 marks what no picture shows. Training needs no boxes, so phrases of the
training split may be taken otherwise.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sprm.corpus.annotation import (
    AnnotatedImage,
    PhraseRecord,
    SentenceRecord,
    Target,
    check_image_id,
    union_box,
)
from sprm.corpus.corpus import SPLITS, Warnings
from sprm.corpus.found_phrases import found_sentences
from sprm.corpus.lines import numbered_lines, read_text, tally_line_ends, tally_stray_characters
from sprm.corpus.settings import TrainPhrases
from sprm.corpus.sources.flickr30k.annotations import Annotation, read_annotation
from sprm.corpus.sources.flickr30k.captions import MarkedPhrase, parse_caption, plain_caption
from sprm.corpus.warnings import Tally
from sprm.errors import DataError, shown
from sprm.settings import Rules
from sprm.text.tokens import locations

ENTITIES, UNRELATED = "Flickr30kEntities", "UNRELATED_CAPTIONS"
OFFICIAL_BOX_LIMIT = 20
"""The authors' code looks at no more boxes of an entity than this before it takes their union."""


class Flickr30kEntities:
    """The annotations under a root folder.

    Args:
        root: holds `Flickr30kEntities/` with `Sentences` and `Annotations`. The id lists `train.txt`, `val.txt`,
            `test.txt` and, at will, `UNRELATED_CAPTIONS` stand in either folder.
        rules: `official` cuts an entity's boxes to `OFFICIAL_BOX_LIMIT`, looks for location words its own way and, as
            the authors' code does, keeps captions that are listed as unrelated to their image.
        train_phrases: which phrases of training captions are taken.
        finder: what finds them where they are found, `rule` or `spacy:` and a pipeline.

    Raises:
        DataError: a folder is missing, or `UNRELATED_CAPTIONS` is malformed, or is in both folders and differs.
    """

    def __init__(
        self,
        root: Path,
        rules: Rules,
        *,
        train_phrases: TrainPhrases = TrainPhrases.annotated,
        finder: str = "rule",
    ) -> None:
        self._root = root
        self._entities = root / ENTITIES
        self._rules = rules
        self._train_phrases, self._finder = train_phrases, finder
        self._taken = TrainPhrases.annotated
        for folder in (root, self._entities, self._entities / "Sentences", self._entities / "Annotations"):
            if not folder.is_dir():
                raise DataError("this folder is missing", path=folder)
        self._listed: dict[str, tuple[Path, dict[str, int]]] = {}
        self._unrelated_list = _only_one(list_places(root, UNRELATED), read_unrelated)
        self._unrelated = {} if self._unrelated_list is None else read_unrelated(self._unrelated_list)

    def image_ids(self, split: str) -> list[str]:
        """Ids of a split's images, in the file's order.

        Raises:
            DataError: the list is missing or empty, names an image twice or one of a split that was asked for before,
                holds what is no id, or is in both folders and differs.
        """
        places = list_places(self._root, f"{split}.txt")
        path = _only_one(places, lambda place: [name for _, name in numbered_lines(read_text(place), place)])
        if path is None:
            raise DataError(f"the list of {split} images is missing", path=places[0])
        ids: dict[str, int] = {}
        others = {name: other for other, (_, names) in self._listed.items() if other != split for name in names}
        for number, name in numbered_lines(read_text(path), path):
            check_image_id(name, path, number)
            if name in ids:
                raise DataError(f"image {name} is already listed in line {ids[name]}", path=path, where=number)
            if name in others:
                other, lines = self._listed[others[name]]
                problem = f"image {name} is also in {other.name}, line {lines[name]}; splits must not share images"
                raise DataError(problem, path=path, where=number)
            ids[name] = number
        if not ids:
            raise DataError("the split is empty", path=path)
        self._listed[split] = (path, ids)
        return list(ids)

    def part(self, split: str, image_ids: Sequence[str]) -> Flickr30kEntities:
        """Return what a worker needs to read the annotations of some images: all of this but the lists."""
        part = copy(self)
        part._listed = {}
        part._taken = self._train_phrases if split == "train" else TrainPhrases.annotated
        return part

    def files(self, image_ids: Sequence[str]) -> Iterator[Path]:
        """Every file that the annotations of some images are read from."""
        if self._unrelated_list is not None:
            yield self._unrelated_list
        for name in image_ids:
            yield self._captions(name)
            yield self._boxes(name)

    def passed_over(self, split: str) -> list[Warnings]:
        """Count a list whose lines end in CR LF and, with the first split, what belongs to an image of no split."""
        tally = Tally()
        lists = [self._listed[split][0]]
        if split == SPLITS[0]:
            lists += [] if self._unrelated_list is None else [self._unrelated_list]
            listed = {name for _, names in self._listed.values() for name in names}
            annotated = {path.stem for path in (self._entities / "Annotations").glob("*.xml")}
            tally.add_all("annotated images that no split lists", sorted(annotated - listed))
            tally.add_all(f"images of {UNRELATED} that no split lists", sorted(self._unrelated.keys() - listed))
        for path in lists:
            tally_line_ends(read_text(path), path, tally)
        return tally.warnings()

    def read(self, image_id: str, tally: Tally) -> AnnotatedImage:
        """Read an image's captions, as far as they have phrases: those with boxes, unless training takes others.

        Raises:
            DataError: a file is missing, a caption's bracket is broken, the XML is not what is expected, or a box is
                upside down.
        """
        annotation = self._annotation(image_id, tally)
        if self._taken is TrainPhrases.found:
            sentences, wanting = self._found_sentences(image_id, tally), "a noun phrase"
        elif self._taken is TrainPhrases.all:
            sentences, wanting = self._sentences(image_id, annotation, tally, boxed=False), "a visual phrase"
        else:
            sentences, wanting = self._sentences(image_id, annotation, tally, boxed=True), "a phrase with a box"
        return AnnotatedImage(annotation.width, annotation.height, sentences, wanting)

    def _captions(self, image_id: str) -> Path:
        return self._entities / "Sentences" / f"{image_id}.txt"

    def _boxes(self, image_id: str) -> Path:
        return self._entities / "Annotations" / f"{image_id}.xml"

    def _lines(self, image_id: str, tally: Tally) -> Iterator[tuple[str, int, str]]:
        """Yield the captions that are taken: the sentence's id, the line's number and the line."""
        path = self._captions(image_id)
        text = read_text(path)
        tally_stray_characters(text, path, tally)
        tally_line_ends(text, path, tally)
        unrelated = self._unrelated.get(image_id, frozenset())
        lines = dict(numbered_lines(text, path))
        tally.add(f"captions that {UNRELATED} lists and that do not exist", image_id, len(unrelated - lines.keys()))
        for number, line in lines.items():
            sentence_id = f"{image_id}#{number - 1}"
            if number in unrelated and self._rules is Rules.corrected:
                tally.add("captions left out as unrelated to their image", sentence_id)
                continue
            tally.add("captions kept though listed as unrelated to their image", sentence_id, int(number in unrelated))
            yield sentence_id, number, line

    def _sentences(self, image_id: str, annotation: Annotation, tally: Tally, *, boxed: bool) -> list[SentenceRecord]:
        """Read the phrases that are marked: those with a box, or all that a picture could show."""
        path = self._captions(image_id)
        sentences, named = [], set()
        targets = {entity: self._target(boxes) for entity, boxes in annotation.boxes.items()}
        for sentence_id, number, line in self._lines(image_id, tally):
            marked = parse_caption(line, path, number)
            _check_entity_0(marked, annotation, path, number, tally)
            visual = [phrase for phrase in marked if phrase.is_visual]
            named |= {phrase.entity for phrase in visual}
            phrases = [
                self._phrase(phrase, targets.get(phrase.entity))
                for phrase in visual
                if phrase.entity in targets or not boxed
            ]
            tally.add("phrases left out for want of a box", sentence_id, len(visual) - len(phrases))
            if not visual:
                tally.add("captions left out for want of a visual phrase", sentence_id)
            elif not phrases:
                tally.add("captions left out for want of a phrase with a box", sentence_id)
            if phrases:
                sentences.append(SentenceRecord(sentence_id, phrases))
        tally.add("annotated entities that no caption names", image_id, len(annotation.boxes.keys() - named))
        return sentences

    def _found_sentences(self, image_id: str, tally: Tally) -> list[SentenceRecord]:
        """Find phrases in the captions as anyone could read them, without marks."""
        path, captions = self._captions(image_id), {}
        for sentence_id, number, line in self._lines(image_id, tally):
            # A broken mark would stand among the words.
            parse_caption(line, path, number)
            captions[sentence_id] = plain_caption(line)
        return found_sentences(captions, self._finder, self._rules, tally)

    def _annotation(self, image_id: str, tally: Tally) -> Annotation:
        annotation = read_annotation(self._boxes(image_id))
        for kind, count in annotation.passed_over.items():
            tally.add(kind, image_id, count)
        right, bottom = annotation.width + 1, annotation.height + 1
        for entity, boxes in annotation.boxes.items():
            where, corners = f"{image_id}, entity {entity}", boxes.tolist()
            outside = sum(min(x1, y1) < 0 or x2 > right or y2 > bottom for x1, y1, x2, y2 in corners)
            tally.add("annotated boxes that reach outside their image", where, outside)
            flat = sum(x1 == x2 or y1 == y2 for x1, y1, x2, y2 in corners)
            tally.add("annotated boxes without an area", where, flat)
            if self._rules is Rules.official:
                beyond = max(0, len(boxes) - OFFICIAL_BOX_LIMIT)
                tally.add(f"annotated boxes passed over, beyond an entity's first {OFFICIAL_BOX_LIMIT}", where, beyond)
        return annotation

    def _target(self, boxes: NDArray[np.float64]) -> Target:
        """Return the union of an entity's boxes, (n, 4)."""
        limit = OFFICIAL_BOX_LIMIT if self._rules is Rules.official else None
        x1, y1, x2, y2 = union_box(boxes[:limit]).tolist()
        return x1, y1, x2, y2

    def _phrase(self, phrase: MarkedPhrase, target: Target | None) -> PhraseRecord:
        return PhraseRecord(
            text=phrase.text,
            category="/".join(phrase.types),
            locations=locations(phrase.text, self._rules),
            target=target,
        )


def _check_entity_0(
    marked: Sequence[MarkedPhrase], annotation: Annotation, path: Path, number: int, tally: Tally
) -> None:
    """Count phrases that are marked as what no picture shows and have a type that one could show.

    Raises:
        DataError: such a thing has a box, so entities seem to be numbered from 0.
    """
    for phrase in marked:
        if phrase.contradicts_itself:
            types = "/".join(phrase.types)
            if phrase.entity in annotation.boxes:
                problem = (
                    f"{shown(phrase.text)} is marked as entity 0, {types}, and entity 0 has a box; number entities "
                    "from 1, because 0 marks what no picture shows"
                )
                raise DataError(problem, path=path, where=number)
            tally.add("phrases of entity 0, which no picture shows, with a type that one could", path.stem)


def read_unrelated(path: Path) -> dict[str, frozenset[int]]:
    """Read which captions do not describe their image: a line each, an image id and the caption's number, from 1.

    The owners' list, whose numbers run from 1 to 5, starts with a comment.

    Returns:
        Numbers of the captions by image.

    Raises:
        DataError: a line is something else.
    """
    unrelated: defaultdict[str, set[int]] = defaultdict(set)
    for number, line in numbered_lines(read_text(path), path):
        if line.startswith("#"):
            continue
        words = line.split()
        if len(words) != 2 or not re.fullmatch(r"0*[1-9][0-9]{0,3}", words[1]):
            problem = f"expected an image id and a caption's number, from 1, found {shown(line)}"
            raise DataError(problem, path=path, where=number)
        check_image_id(words[0], path, number)
        unrelated[words[0]].add(int(words[1]))
    return {image: frozenset(numbers) for image, numbers in unrelated.items()}


def list_places(root: Path, name: str) -> tuple[Path, Path]:
    """Return where a list may stand: where its owners have it, or with the captions."""
    return root / name, root / ENTITIES / name


def _only_one(places: Sequence[Path], read: Callable[[Path], object]) -> Path | None:
    """Return the place at which a list stands; None when it is at neither.

    Raises:
        DataError: it stands at both, and they say something else.
    """
    existing = [place for place in places if place.is_file()]
    if len(existing) > 1 and read(existing[0]) != read(existing[1]):
        raise DataError(f"differs from {existing[1]}; keep one of them", path=existing[0])
    return existing[0] if existing else None
