"""Flickr30k Entities as a source: its settings, its files and what is known of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Literal

from sprm.corpus.requirement import Requirement
from sprm.corpus.settings import FilesSource, PublishedCounts
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
    title: ClassVar[str] = "files in the layout of Flickr30k Entities"
    corpus: ClassVar[str] = "Flickr30k Entities"
    published: ClassVar[PublishedCounts] = PublishedCounts(
        images={"train": 29_783, "val": 1_000, "test": 1_000}, phrases={"val": 14_433}, regions=36
    )
    features_owner: ClassVar[str] = "https://github.com/qinzzz/Multimodal-Alignment-Framework"
    images_owner: ClassVar[str] = "https://hockenmaier.cs.illinois.edu/DenotationGraph (a form to fill in)"
    images_below: ClassVar[str] = "flickr30k_images"

    @property
    def layout(self) -> ReleaseLayout:
        """What its released feature files call their tables."""
        from sprm.corpus.detection import ReleaseLayout

        return ReleaseLayout("features", "bboxes", "pos_bboxes")

    def annotations(self, rules: Rules) -> Annotations:
        """Open its annotations."""
        from sprm.corpus.sources.flickr30k.reader import Flickr30kEntities

        return Flickr30kEntities(self.root, rules)

    def annotation_requirements(self) -> Iterator[Requirement]:
        """Return what its annotations are read from."""
        from sprm.corpus.corpus import SPLITS
        from sprm.corpus.sources.flickr30k.reader import ENTITIES, UNRELATED, list_places

        folder = self.root / ENTITIES
        for name, what in (("Sentences", "captions with marked phrases"), ("Annotations", "boxes of the entities")):
            yield Requirement(f"{what}, from annotations.zip", (folder / name,), OWNERS, "folder")
        for split in SPLITS:
            yield Requirement(f"ids of the {split} images", list_places(self.root, f"{split}.txt"), OWNERS)
        what = "captions that do not describe their image"
        yield Requirement(what, list_places(self.root, UNRELATED), OWNERS, fallback="without it they are kept")
