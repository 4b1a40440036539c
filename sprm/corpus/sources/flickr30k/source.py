"""Flickr30k Entities as a source: its settings, its files and what is known of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from sprm.corpus.published_accuracy import PublishedAccuracy
from sprm.corpus.requirement import Requirement
from sprm.corpus.settings import FilesSource, Heads, PublishedCounts, TrainPhrases
from sprm.corpus.sources.flickr30k.published import FLICKR30K_ACCURACIES
from sprm.corpus.sources.registry import SOURCES
from sprm.settings import Rules

if TYPE_CHECKING:
    from sprm.corpus.annotation import Annotations
    from sprm.corpus.detection import ReleaseLayout

OWNERS = "https://github.com/BryanPlummer/flickr30k_entities"


@SOURCES.register
class Flickr30kSource(FilesSource):
    """Files in the layout of Flickr30k Entities, with detections."""

    kind: Literal["flickr30k"]
    train_phrases: TrainPhrases = TrainPhrases.annotated
    """Which phrases of training captions are trained on; validation and test always have those with a box."""
    phrases: Heads = "rule"
    """How phrases are found where they are `found`: `rule`, or `spacy:` and the name of an installed pipeline."""
    title: ClassVar[str] = "files in the layout of Flickr30k Entities"
    corpus: ClassVar[str] = "Flickr30k Entities"
    published: ClassVar[PublishedCounts] = PublishedCounts(
        images={"train": 29_783, "val": 1_000, "test": 1_000}, phrases={"val": 14_433}, regions=36
    )
    published_accuracies: ClassVar[tuple[PublishedAccuracy, ...]] = FLICKR30K_ACCURACIES
    features_owner: ClassVar[str] = "https://github.com/qinzzz/Multimodal-Alignment-Framework"
    images_owner: ClassVar[str] = "https://hockenmaier.cs.illinois.edu/DenotationGraph (a form to fill in)"
    images_below: ClassVar[str] = "flickr30k_images"

    @property
    def training_phrases(self) -> TrainPhrases:
        """Which phrases of a training caption are trained on."""
        return self.train_phrases

    @property
    def phrase_finder(self) -> str | None:
        """What finds phrases in plain captions, as a protocol states it; None where all are annotated."""
        return self.phrases if self.train_phrases is TrainPhrases.found else None

    @property
    def layout(self) -> ReleaseLayout:
        """What its released feature files call their tables."""
        from sprm.corpus.detection import ReleaseLayout

        return ReleaseLayout("features", "bboxes", "pos_bboxes")

    def annotations(self, rules: Rules) -> Annotations:
        """Open its annotations."""
        from sprm.corpus.sources.flickr30k.reader import Flickr30kEntities

        return Flickr30kEntities(self.root, rules, train_phrases=self.train_phrases, finder=self.phrases)

    def annotation_requirements(self) -> Iterator[Requirement]:
        """Return what its annotations are read from."""
        from sprm.corpus.corpus import SPLITS

        return entities_requirements(self.root, SPLITS)


def entities_requirements(root: Path, splits: Iterable[str]) -> Iterator[Requirement]:
    """Return what the annotations of some splits are read from, in a folder as the owners lay it out."""
    from sprm.corpus.sources.flickr30k.reader import ENTITIES, UNRELATED, list_places

    folder = root / ENTITIES
    for name, what in (("Sentences", "captions with marked phrases"), ("Annotations", "boxes of the entities")):
        yield Requirement(f"{what}, from annotations.zip", (folder / name,), OWNERS, "folder")
    for split in splits:
        yield Requirement(f"ids of the {split} images", list_places(root, f"{split}.txt"), OWNERS)
    what = "captions that do not describe their image"
    yield Requirement(what, list_places(root, UNRELATED), OWNERS, fallback="without it they are kept")
