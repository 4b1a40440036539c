"""Plain captions to train on, and phrases with boxes to judge by: each split from a file or folder of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sprm.corpus.annotation import AnnotatedImage, Annotations, AnnotationsPart
from sprm.corpus.corpus import SPLITS, Warnings
from sprm.corpus.found_phrases import found_sentences
from sprm.corpus.sources.captions.caption_files import CaptionedImage, CocoNames, read_captions
from sprm.corpus.sources.captions.phrase_boxes import PhrasedImage, read_phrases
from sprm.corpus.warnings import Tally
from sprm.errors import DataError
from sprm.settings import Rules


class CaptionCorpus:
    """Three splits, each with annotations of its own.

    Args:
        splits: the annotations of each split; those of a split are asked for that split alone.
        paths: file or folder of each, for errors.
    """

    def __init__(self, splits: Mapping[str, Annotations], paths: Mapping[str, Path]) -> None:
        self._splits, self._paths = splits, paths
        self._owners: dict[str, str] = {}

    def image_ids(self, split: str) -> list[str]:
        """Ids of a split's images, in the order of their file.

        Raises:
            DataError: there is none, or one is in a split that was asked for before.
        """
        ids = self._splits[split].image_ids(split)
        for name in ids:
            if (other := self._owners.setdefault(name, split)) != split:
                problem = f"image {name} is also in {self._paths[other]}; splits must not share images"
                raise DataError(problem, path=self._paths[split])
        return ids

    def part(self, split: str, image_ids: Sequence[str]) -> AnnotationsPart:
        """Return what a worker needs to read the annotations of some images of a split."""
        return self._splits[split].part(split, image_ids)

    def files(self, image_ids: Sequence[str]) -> Iterator[Path]:
        """Every file that the annotations of some images are read from."""
        for split, ids in self._by_split(image_ids).items():
            yield from self._splits[split].files(ids)

    def passed_over(self, split: str) -> list[Warnings]:
        """What the file or lists of a split hold that is odd or was left out."""
        return self._splits[split].passed_over(split)

    def _by_split(self, image_ids: Sequence[str]) -> dict[str, list[str]]:
        by_split: dict[str, list[str]] = {}
        for name in image_ids:
            by_split.setdefault(self._owners[name], []).append(name)
        return {split: by_split[split] for split in SPLITS if split in by_split}


class PlainCaptions:
    """The captions of one split, in which phrases are found.

    Args:
        path: a file of captions.
        names: what the images of a COCO file are called.
        finder: what finds phrases, `rule` or `spacy:` and a pipeline.
        rules: how location words are looked for.

    Raises:
        DataError: the file is missing or malformed.
    """

    def __init__(self, path: Path, names: CocoNames, finder: str, rules: Rules) -> None:
        self._path, self._finder, self._rules, self._tally = path, finder, rules, Tally()
        self._images = read_captions(path, names, self._tally)

    def image_ids(self, split: str) -> list[str]:
        """Ids of the images, in the file's order."""
        return list(self._images)

    def part(self, split: str, image_ids: Sequence[str]) -> CaptionsPart:
        """Return what a worker needs to read the captions of some images."""
        return CaptionsPart({name: self._images[name] for name in image_ids}, self._finder, self._rules)

    def files(self, image_ids: Sequence[str]) -> Iterator[Path]:
        """The one file."""
        yield self._path

    def passed_over(self, split: str) -> list[Warnings]:
        """What the file holds that is odd."""
        return self._tally.warnings()


@dataclass(frozen=True)
class CaptionsPart:
    """The captions of some images."""

    images: Mapping[str, CaptionedImage]
    finder: str
    rules: Rules

    def read(self, image_id: str, tally: Tally) -> AnnotatedImage:
        """Find the phrases of one image's captions.

        Raises:
            DataError: the pipeline that finds them is missing.
        """
        image = self.images[image_id]
        sentences = found_sentences(image.captions, self.finder, self.rules, tally)
        width, height = image.size or (None, None)
        return AnnotatedImage(width, height, sentences, "a noun phrase")


class PhraseBoxes:
    """The phrases of one split with their boxes.

    Args:
        path: a file of JSON lines.
        rules: how location words are looked for.

    Raises:
        DataError: the file is missing or malformed, or names no image.
    """

    def __init__(self, path: Path, rules: Rules) -> None:
        self._path, self._tally = path, Tally()
        self._images = read_phrases(path, rules, self._tally)
        if not self._images:
            raise DataError("contains no caption", path=path)

    def image_ids(self, split: str) -> list[str]:
        """Ids of the images, in the file's order."""
        return list(self._images)

    def part(self, split: str, image_ids: Sequence[str]) -> PhrasesPart:
        """Return what a worker needs to read the phrases of some images."""
        return PhrasesPart({name: self._images[name] for name in image_ids})

    def files(self, image_ids: Sequence[str]) -> Iterator[Path]:
        """The one file."""
        yield self._path

    def passed_over(self, split: str) -> list[Warnings]:
        """What the file holds that is odd or was left out."""
        return self._tally.warnings()


@dataclass(frozen=True)
class PhrasesPart:
    """The phrases of some images with their boxes."""

    images: Mapping[str, PhrasedImage]

    def read(self, image_id: str, tally: Tally) -> AnnotatedImage:
        """Return one image's sentences."""
        image = self.images[image_id]
        width, height = image.size or (None, None)
        return AnnotatedImage(width, height, image.sentences)
