"""Plain captions as a source: its settings and its files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from sprm.corpus.requirement import Requirement
from sprm.corpus.settings import FilesSource, Heads, TrainPhrases
from sprm.corpus.sources.flickr30k.source import entities_requirements
from sprm.corpus.sources.registry import SOURCES
from sprm.errors import DataError
from sprm.settings import Rules

if TYPE_CHECKING:
    from sprm.corpus.annotation import Annotations
    from sprm.corpus.detection import ReleaseLayout

OWNERS = "your own files; docs/data.md has the formats"
CAPTION_ENDINGS = (".json", ".jsonl", ".csv")
"""Endings of files of plain captions."""


@SOURCES.register
class CaptionsSource(FilesSource):
    """Images with plain captions to train on, and with phrases and boxes to judge by."""

    kind: Literal["captions"]
    train: Path | None = None
    """Captions of the training images: COCO's JSON, JSON lines or CSV, as the file's ending says; by default
    `train.json`, `train.jsonl` or `train.csv` under `root`."""
    val: Path | None = None
    """Phrases of the validation images with their boxes, as JSON lines, or a folder in the layout of Flickr30k
    Entities; where `val_phrases` are found, plain captions as of the training images. By default under `root`."""
    test: Path | None = None
    """Phrases of the test images with their boxes, as JSON lines or a folder; by default `test.jsonl` under `root`."""
    val_phrases: Literal["annotated", "found"] = "annotated"
    """Whether phrases of validation captions are annotated with boxes, or are found as in training. Without boxes an
    epoch is selected by `val_loss`, or the `last` is kept."""
    phrases: Heads = "rule"
    """How phrases are found in plain captions: `rule`, or `spacy:` and the name of an installed pipeline."""
    names: Literal["id", "file"] = "id"
    """What the images of a COCO file are called in detections: by their `id`, or by `file_name` without its ending."""
    title: ClassVar[str] = "images with plain captions"
    corpus: ClassVar[str] = "plain captions"
    own_paths: ClassVar[frozenset[str]] = FilesSource.own_paths | {"train", "val", "test"}
    features_owner: ClassVar[str] = "whoever ran the detector; docs/data.md has the formats"
    images_owner: ClassVar[str] = "whoever has the images"
    images_below: ClassVar[str] = "images"

    @property
    def training_phrases(self) -> TrainPhrases:
        """Which phrases of a training caption are trained on."""
        return TrainPhrases.found

    @property
    def phrase_finder(self) -> str:
        """What finds phrases in plain captions, as a protocol states it."""
        return self.phrases

    @property
    def val_has_boxes(self) -> bool:
        """Whether the phrases of the validation split have boxes, so that accuracy on it is known."""
        return self.val_phrases == "annotated"

    def tells_sizes(self, split: str) -> bool:
        """Whether the file of a split may tell the images' sizes, which CSV does not."""
        found = self._requirement(split).found
        return found is None or found.suffix.lower() != ".csv"

    @property
    def layout(self) -> ReleaseLayout:
        """What its feature files call their tables: the same as those of Flickr30k Entities."""
        from sprm.corpus.detection import ReleaseLayout

        return ReleaseLayout("features", "bboxes", "pos_bboxes")

    def annotations(self, rules: Rules) -> Annotations:
        """Open its captions and phrases."""
        from sprm.corpus.corpus import SPLITS
        from sprm.corpus.sources.captions.reader import CaptionCorpus

        paths = {split: self._path(split) for split in SPLITS}
        for split in SPLITS:
            self._refuse_several(split)
        opened: dict[tuple[Path, bool], Annotations] = {}
        for split, path in paths.items():
            if (key := (path, self._is_plain(split))) not in opened:
                opened[key] = self._open(split, path, rules)
        return CaptionCorpus({split: opened[path, self._is_plain(split)] for split, path in paths.items()}, paths)

    def annotation_requirements(self) -> Iterator[Requirement]:
        """Return what its captions and phrases are read from."""
        from sprm.corpus.corpus import SPLITS

        for split in SPLITS:
            if self._is_entities(split):
                yield from entities_requirements(self._path(split), [split])
            else:
                yield self._requirement(split)

    def _is_plain(self, split: str) -> bool:
        return split == "train" or (split == "val" and not self.val_has_boxes)

    def _is_entities(self, split: str) -> bool:
        """Whether a split is a folder in the layout of Flickr30k Entities: no file of phrases is without an ending."""
        return not self._is_plain(split) and not self._path(split).suffix

    def _path(self, split: str) -> Path:
        needed = self._requirement(split)
        return needed.found or needed.places[0]

    def _refuse_several(self, split: str) -> None:
        places = [place for place in self._requirement(split).places if place.is_file()]
        if len(places) > 1:
            problem = f"stands beside {places[1].name}; keep one of them, or set corpus.{split}"
            raise DataError(problem, path=places[0])

    def _requirement(self, split: str) -> Requirement:
        given: Path | None = getattr(self, split)
        plain = self._is_plain(split)
        endings = CAPTION_ENDINGS if plain else (".jsonl",)
        places = tuple(self.root / f"{split}{ending}" for ending in endings) if given is None else (given,)
        what = "captions" if plain else "phrases with their boxes"
        return Requirement(f"{what}, {split} split", places, OWNERS)

    def _open(self, split: str, path: Path, rules: Rules) -> Annotations:
        from sprm.corpus.sources.captions.reader import PhraseBoxes, PlainCaptions
        from sprm.corpus.sources.flickr30k.reader import Flickr30kEntities

        if self._is_plain(split):
            return PlainCaptions(path, self.names, self.phrases, rules)
        return Flickr30kEntities(path, rules) if self._is_entities(split) else PhraseBoxes(path, rules)
