"""RefCOCO, RefCOCO+ and RefCOCOg as a source: its settings, its files and what is known of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias

from pydantic import ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from sprm.corpus.requirement import Requirement
from sprm.corpus.settings import FilesSource
from sprm.corpus.sources.registry import SOURCES
from sprm.settings import Rules

if TYPE_CHECKING:
    from sprm.corpus.annotation import Annotations
    from sprm.corpus.detection import ReleaseLayout
    from sprm.corpus.refer.release import Release

OWNERS = "https://github.com/lichengunc/refer"

_Name: TypeAlias = Literal["refcoco", "refcoco+", "refcocog"]
_Division: TypeAlias = Literal["unc", "umd", "google"]
_Test: TypeAlias = Literal["val", "testA", "testB", "test"]

TITLES: dict[_Name, str] = {"refcoco": "RefCOCO", "refcoco+": "RefCOCO+", "refcocog": "RefCOCOg"}
DIVISIONS: dict[_Name, tuple[_Division, ...]] = {
    "refcoco": ("unc",),
    "refcoco+": ("unc",),
    "refcocog": ("umd", "google"),
}
"""Who divided each into splits."""
JUDGED: dict[_Division, tuple[_Test, ...]] = {
    "unc": ("val", "testA", "testB"),
    "umd": ("val", "test"),
    "google": ("val",),
}
"""The splits that each division has beside train."""


@SOURCES.register
class RefcocoSource(FilesSource):
    """Files in the layout of RefCOCO, RefCOCO+ or RefCOCOg, with detections."""

    kind: Literal["refcoco"]
    dataset: _Name
    """Which of the three."""
    split_by: _Division
    """Who divided it into splits: `unc` RefCOCO and RefCOCO+, `umd` or `google` RefCOCOg. `google` divided objects, so
    its train and val share images."""
    test: _Test
    """The split that is judged: `testA` or `testB` of `unc`, `test` of `umd`, or `val`, which then also chooses the
    epoch; `google` has no other."""
    title: ClassVar[str] = "files in the layout of RefCOCO, RefCOCO+ or RefCOCOg"
    corpus: ClassVar[str] = "RefCOCO, RefCOCO+ or RefCOCOg"
    features_owner: ClassVar[str] = "no known publisher; docs/data.md says how to make them"
    images_owner: ClassVar[str] = "https://cocodataset.org (train2014.zip)"
    images_below: ClassVar[str] = "refer/data/images/mscoco/images/train2014"
    images_named: ClassVar[str] = "as COCO names it, COCO_train2014_<its id in twelve digits>.jpg"

    @field_validator("split_by")
    @classmethod
    def _divides_the_dataset(cls, split_by: _Division, info: ValidationInfo) -> _Division:
        dataset = info.data.get("dataset")
        if dataset is not None and split_by not in DIVISIONS[dataset]:
            raise _none_of(DIVISIONS[dataset], dataset)
        return split_by

    @field_validator("test")
    @classmethod
    def _is_a_split(cls, test: _Test, info: ValidationInfo) -> _Test:
        split_by = info.data.get("split_by")
        if split_by is not None and test not in JUDGED[split_by]:
            raise _none_of(JUDGED[split_by], f"{info.data['dataset']} divided by {split_by}")
        return test

    @property
    def described(self) -> str:
        """What a report calls it: the data set, and the split that is judged."""
        return f"files in the layout of {TITLES[self.dataset]}, divided by {self.split_by}, judged on {self.test}"

    @property
    def layout(self) -> ReleaseLayout:
        """What the tables of feature files are called: as MAF's authors call them."""
        from sprm.corpus.detection import ReleaseLayout

        return ReleaseLayout("features", "bboxes", "pos_bboxes")

    @property
    def release(self) -> Release:
        """Its files of expressions and boxes."""
        from sprm.corpus.refer.release import DATA, Release

        folder, splits = self.root / DATA / self.dataset, ("train", *JUDGED[self.split_by])
        return Release(folder, self.split_by, splits, by_referent=self.split_by == "google")

    def image_name(self, image_id: str) -> str:
        """Return what COCO calls an image."""
        return f"COCO_train2014_{int(image_id):012d}"

    def released_as(self, split: str) -> str:
        """Return a split's name in those of detection files; test is the one that is judged."""
        return self.test if split == "test" else split

    def annotations(self, rules: Rules) -> Annotations:
        """Open its annotations."""
        from sprm.corpus.corpus import SPLITS
        from sprm.corpus.refer.expressions import ReferringExpressions

        splits = self.release.read({split: self.released_as(split) for split in SPLITS})
        return ReferringExpressions(splits, self.release.files, rules)

    def annotation_requirements(self) -> Iterator[Requirement]:
        """Return what its annotations are read from."""
        archive = f"{self.dataset}.zip"
        yield Requirement(f"referring expressions and splits, from {archive}", (self.release.referents,), OWNERS)
        yield Requirement(f"boxes, sizes and categories, from {archive}", (self.release.instances,), OWNERS)


def _none_of(valid: tuple[str, ...], of: str) -> PydanticCustomError:
    listed = " or ".join(f"'{name}'" for name in valid)
    return PydanticCustomError("combination", "expected {listed} for {of}", {"listed": listed, "of": of})
