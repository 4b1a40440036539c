"""ReferIt as a source: its settings, its files and what is known of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Literal

from sprm.corpus.published_accuracy import PublishedAccuracy
from sprm.corpus.requirement import Requirement
from sprm.corpus.settings import FilesSource, PublishedCounts
from sprm.corpus.sources.referit.published import REFERIT_ACCURACIES
from sprm.corpus.sources.registry import SOURCES
from sprm.settings import Rules

if TYPE_CHECKING:
    from sprm.corpus.annotation import Annotations
    from sprm.corpus.detection import ReleaseLayout
    from sprm.corpus.refer.release import Release
    from sprm.corpus.sources.referit.json_form import JsonForm

OWNERS = "https://github.com/lichengunc/refer"
JSON_OWNERS = "https://github.com/ronghanghu/text_objseg (exp-referit/data)"


@SOURCES.register
class ReferitSource(FilesSource):
    """Files in the layout of ReferIt (refclef, berkeley split), with detections.

    The expressions are those of refer's files. Where `refs(berkeley).p` is missing, their JSON form is read instead.
    """

    kind: Literal["referit"]
    title: ClassVar[str] = "files in the layout of ReferIt"
    corpus: ClassVar[str] = "ReferIt"
    published: ClassVar[PublishedCounts] = PublishedCounts(
        images={"train": 8_998, "val": 1_000, "test": 9_999}, regions=100
    )
    published_accuracies: ClassVar[tuple[PublishedAccuracy, ...]] = REFERIT_ACCURACIES
    features_owner: ClassVar[str] = "https://github.com/drigoni/SPRM (pre-processed ReferIt)"
    images_owner: ClassVar[str] = f"{OWNERS} (saiapr_tc-12.zip)"
    images_below: ClassVar[str] = "refer/data/images/saiapr_tc-12"

    @property
    def layout(self) -> ReleaseLayout:
        """What its released feature files call their tables."""
        from sprm.corpus.detection import ReleaseLayout

        return ReleaseLayout("image_features", "image_bb", "pos_boxes", beside=("spatial_features",))

    @property
    def release(self) -> Release:
        """Its files of expressions and boxes, as refer publishes them."""
        from sprm.corpus.corpus import SPLITS
        from sprm.corpus.refer.release import DATA, Release

        return Release(self.root / DATA / "refclef", "berkeley", SPLITS)

    @property
    def json_form(self) -> JsonForm | None:
        """The JSON form of the expressions; None where it is not read, for refer's file is there or no file is."""
        from sprm.corpus.sources.referit.json_form import JsonForm

        form = JsonForm(self.root)
        return form if form.is_begun and not self.release.referents.is_file() else None

    def annotations(self, rules: Rules) -> Annotations:
        """Open its annotations."""
        from sprm.corpus.corpus import SPLITS
        from sprm.corpus.refer.expressions import ReferringExpressions

        if (form := self.json_form) is not None:
            return ReferringExpressions(form.read(), form.files, rules, form.line_ends())
        return ReferringExpressions(self.release.read({split: split for split in SPLITS}), self.release.files, rules)

    def annotation_requirements(self) -> Iterator[Requirement]:
        """Return what its annotations are read from."""
        if (form := self.json_form) is not None:
            yield from form.requirements(JSON_OWNERS)
            return
        what = "referring expressions and splits, from refclef.zip"
        yield Requirement(what, (self.release.referents,), OWNERS)
        yield Requirement("boxes, sizes and categories, from refclef.zip", (self.release.instances,), OWNERS)
