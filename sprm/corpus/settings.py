"""What every kind of corpus source has, as a protocol states it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from sprm.corpus.published_accuracy import PublishedAccuracy
from sprm.corpus.requirement import Requirement
from sprm.settings import Rules, Settings

if TYPE_CHECKING:
    from sprm.corpus.annotation import Annotations
    from sprm.corpus.detection import ReleaseLayout

Progress: TypeAlias = Callable[[str, int, int], None]
"""Told the stage, how much of it is done, and how much there is."""


def _heads(setting: str) -> str:
    if setting != "rule" and not (setting.startswith("spacy:") and setting != "spacy:"):
        raise PydanticCustomError("heads", "expected 'rule', or 'spacy:' and the name of a pipeline")
    return setting


Heads: TypeAlias = Annotated[str, AfterValidator(_heads)]
"""What finds head words, or noun phrases: `rule`, or `spacy:` and a pipeline."""


class TrainPhrases(StrEnum):
    """Which phrases of a training caption are trained on."""

    annotated = "annotated"
    """Those that are annotated and have a box, as the method's authors take them; weak supervision would not know which
    these are."""
    all = "all"
    """Those that are annotated as visible, whether they have a box or not."""
    found = "found"
    """The noun phrases that are found in the plain caption; what is annotated is not looked at."""


class PublishedCounts(BaseModel):
    """What the whole corpus is known to hold, to be held against what was read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    images: dict[str, int] = Field({}, description="images in each split's list")
    phrases: dict[str, int] = Field({}, description="phrases with a box under the official rules, where known")
    regions: int = Field(0, description="regions of an image in the released files, about")


class Source(Settings):
    """A kind of source: its fields are what a protocol may set, and `kind` is a `Literal` with its name."""

    kind: str
    title: ClassVar[str]
    """What a report calls it."""
    corpus: ClassVar[str]
    """Name of the corpus whose published counts and numbers are meant."""
    published: ClassVar[PublishedCounts] = PublishedCounts()
    published_accuracies: ClassVar[tuple[PublishedAccuracy, ...]] = ()
    """What others report on it, for a report to show beside its own numbers."""
    synthetic: ClassVar[str | None] = None
    """One sentence that calls it synthetic and says what it is made of; None for data of the world."""
    features: ClassVar[str | None] = None
    """What its features are, where its files do not say so."""
    attributions: ClassVar[tuple[str, ...]] = ()
    """Owners whom whatever shows it has to name, a sentence each."""

    @property
    def described(self) -> str:
        """What a report calls it, with those of its settings that choose between corpora."""
        return self.title

    @property
    def training_phrases(self) -> TrainPhrases:
        """Which phrases of a training caption are trained on."""
        return TrainPhrases.annotated

    @property
    def phrase_finder(self) -> str | None:
        """What finds phrases in plain captions, as a protocol states it; None where all are annotated."""
        return None

    @property
    def val_has_boxes(self) -> bool:
        """Whether the phrases of the validation split have boxes, so that accuracy on it is known."""
        return True

    @abstractmethod
    def files(self, cache: Path) -> FilesSource:
        """Return the files that it is read from, there or not yet."""

    def make(self, files: FilesSource, progress: Progress) -> None:
        """Make those files unless they are there."""


class DetectorSource(Settings):
    """A detector of torchvision that regions are extracted with."""

    name: str = "fasterrcnn_resnet50_fpn_v2"
    """A builder in `torchvision.models.detection`."""
    weights: Path | Literal["coco"] = "coco"
    """File of the detector's state, or torchvision's own weights, learnt on COCO."""
    score: float = Field(0.2, ge=0, le=1)
    """Boxes below this confidence are dropped, as far as `at_least` allows."""
    at_least: int = Field(10, ge=1)
    """The most confident boxes of an image that are kept whatever their score."""
    at_most: int = Field(100, ge=1)
    """No image keeps more boxes than this."""
    batch: int = Field(1, ge=1)
    """Images in a forward pass; more need more memory, and pay on a GPU."""
    threads: int = Field(2, ge=1)
    """CPU threads; they change how sums are rounded, so they are part of what features are made from."""

    @model_validator(mode="after")
    def _least_before_most(self) -> DetectorSource:
        if self.at_least > self.at_most:
            bounds = {"least": self.at_least, "most": self.at_most}
            message = "expected at_least to be no more than at_most, found {least} and {most}"
            raise PydanticCustomError("at_least", message, bounds)
        return self


class BackboneSource(Settings):
    """A network of torchvision that features of given boxes are pooled from."""

    name: str = "resnet50"
    """A builder in `torchvision.models` whose network ends in a map that is averaged: ResNets, EfficientNets, ..."""
    weights: Path
    """File of the network's state, as `torch.save(model.state_dict(), FILE)` writes it."""
    side: int = Field(448, ge=64, le=2000)
    """Pixels of the shorter side that an image is resized to."""
    batch: int = Field(1, ge=1)
    """Images in a forward pass; more need more memory, and pay on a GPU."""
    threads: int = Field(2, ge=1)
    """CPU threads; they change how sums are rounded, so they are part of what features are made from."""


class FilesSource(Source):
    """What the corpora read from files have in common."""

    root: Path
    """Folder that the owners' files stand in, as docs/data.md lays them out."""
    detections: Literal["maf", "tsv", "npz", "extracted", "coco"] = "maf"
    """Where boxes and features come from: the released files of MAF's and SPRM's authors, the TSV files of bottom-up
    attention, the `.npz` files of bottom-up-attention.pytorch, a detector run on the raw images, or COCO results files
    with features pooled from the raw images."""
    images: Path | None = None
    """Folder of the raw images when regions are extracted; by default a folder under `root`."""
    detector: DetectorSource = DetectorSource()
    """What regions are extracted with."""
    backbone: BackboneSource | None = None
    """What the features of the boxes of COCO results files are pooled from."""
    project: int | None = Field(None, ge=1)
    """How many principal axes of the training images features are projected on; None leaves them as they are."""
    words: Path | Literal["built-in"] = "built-in"
    """GloVe text file, or the small table that ships with the package."""
    heads: Heads = "rule"
    """How head words are found: `rule`, or `spacy:` and the name of an installed pipeline."""
    own_paths: ClassVar[frozenset[str]] = frozenset({"root", "images", "words"})
    """Fields that name files or folders; what these hold counts, and not how they are called."""
    features_owner: ClassVar[str]
    """Where the released feature files are published."""
    images_owner: ClassVar[str]
    """Where the raw images are published."""
    images_below: ClassVar[str]
    """Folder of the raw images under `root`, unless another is set."""
    images_named: ClassVar[str] = "by its id"
    """How their files are named, in words."""

    @model_validator(mode="after")
    def _backbone_for_boxes(self) -> FilesSource:
        if self.detections == "coco" and self.backbone is None:
            message = "detections: coco needs backbone: {name: resnet50, weights: FILE}"
            raise PydanticCustomError("backbone", message)
        return self

    @property
    def extracts(self) -> bool:
        """Whether features are made of the raw images."""
        return self.detections in ("extracted", "coco")

    @property
    def images_folder(self) -> Path:
        """Folder of the raw images."""
        return self.root / self.images_below if self.images is None else self.images

    @property
    def finders(self) -> tuple[str, ...]:
        """What finds head words and phrases, each `rule` or `spacy:` and a pipeline."""
        return (self.heads,) if self.phrase_finder is None else (self.heads, self.phrase_finder)

    def tells_sizes(self, split: str) -> bool:
        """Whether the annotations of a split may tell the images' sizes, so that its detections need not."""
        return True

    @property
    @abstractmethod
    def layout(self) -> ReleaseLayout:
        """What its released feature files call their tables."""

    def files(self, cache: Path) -> FilesSource:
        """Return the files that it is read from: its own."""
        return self

    def image_name(self, image_id: str) -> str:
        """Return what files of its owners call an image, without a suffix: its id, unless they have another name."""
        return image_id

    def released_as(self, split: str) -> str:
        """Return what the names of released files call the split that serves as train, val or test."""
        return split

    @abstractmethod
    def annotations(self, rules: Rules) -> Annotations:
        """Open its annotations.

        Raises:
            DataError: a file or folder is missing or malformed.
        """

    @abstractmethod
    def annotation_requirements(self) -> Iterator[Requirement]:
        """Return what its annotations are read from."""
