"""ReferIt as a source: its settings, its files and what is known of it."""

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

OWNERS = "https://github.com/lichengunc/refer"


@SOURCES.register
class ReferitSource(FilesSource):
    """Files in the layout of ReferIt (refclef, berkeley split), with detections."""

    kind: Literal["referit"]
    title: ClassVar[str] = "files in the layout of ReferIt"
    corpus: ClassVar[str] = "ReferIt"
    published: ClassVar[PublishedCounts] = PublishedCounts(
        images={"train": 8_998, "val": 1_000, "test": 9_999}, regions=100
    )
    features_owner: ClassVar[str] = "https://github.com/drigoni/SPRM (pre-processed ReferIt)"
    images_owner: ClassVar[str] = f"{OWNERS} (saiapr_tc-12.zip)"
    images_below: ClassVar[str] = "refer/data/images/saiapr_tc-12"

    @property
    def layout(self) -> ReleaseLayout:
        """What its released feature files call their tables."""
        from sprm.corpus.detection import ReleaseLayout

        return ReleaseLayout("image_features", "image_bb", "pos_boxes", beside=("spatial_features",))

    def annotations(self, rules: Rules) -> Annotations:
        """Open its annotations."""
        from sprm.corpus.sources.referit.reader import ReferIt

        return ReferIt(self.root, rules)

    def annotation_requirements(self) -> Iterator[Requirement]:
        """Return what its annotations are read from."""
        from sprm.corpus.sources.referit.refclef import INSTANCES, REFERENTS

        what = "referring expressions and splits, from refclef.zip"
        yield Requirement(what, (self.root / REFERENTS,), OWNERS)
        yield Requirement("boxes, sizes and categories, from refclef.zip", (self.root / INSTANCES,), OWNERS)
