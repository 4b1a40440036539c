"""ReferIt (refclef, berkeley split) as its curators publish it: referring expressions, and the boxes they refer to.

`refer/data/refclef/refs(berkeley).p` holds the referents with their expressions and splits, `instances.json` beside it
the images' sizes, the annotated boxes and the categories. All expressions of one referent are one sentence; each of
them is a phrase, and all share the referent's box as their target.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sprm.corpus.annotation import AnnotatedImage, PhraseRecord, SentenceRecord
from sprm.corpus.corpus import Warnings
from sprm.corpus.sources.referit.refclef import INSTANCES, REFERENTS, Instances, Referents, ReferitImage
from sprm.corpus.warnings import Tally
from sprm.errors import DataError
from sprm.settings import Rules
from sprm.text.tokens import locations


class ReferIt:
    """The annotations under a root folder.

    Args:
        root: holds `refer/data/refclef`.
        rules: `official` looks for location words its own way.

    Raises:
        DataError: a file is missing or malformed, the two contradict each other, or an image belongs to two splits.
    """

    def __init__(self, root: Path, rules: Rules) -> None:
        self._paths = (root / REFERENTS, root / INSTANCES)
        self._rules = rules
        for path in self._paths:
            if not path.is_file():
                raise DataError("this file is missing", path=path)
        refs = Referents.read(self._paths[0])
        instances = Instances.read(self._paths[1], refs)
        self._splits = refs.splits
        self._images = {image: instances.image(refs, image) for image in refs.by_image}

    def image_ids(self, split: str) -> list[str]:
        """Ids of a split's images, in the order of their first referent.

        Raises:
            DataError: there is none.
        """
        ids = [str(image) for image, its_split in self._splits.items() if its_split == split]
        if not ids:
            raise DataError(f"the split {split} is empty", path=self._paths[0])
        return ids

    def part(self, image_ids: Sequence[str]) -> ReferItPart:
        """Return what a worker needs to read the annotations of some images."""
        return ReferItPart({name: self._images[int(name)] for name in image_ids}, self._rules)

    def files(self, image_ids: Sequence[str]) -> Iterator[Path]:
        """Every file that the annotations of some images are read from: the same two for all."""
        yield from self._paths

    def passed_over(self, split: str) -> list[Warnings]:
        """Nothing: the splits are those of the referents, so none is without one."""
        return []


@dataclass(frozen=True)
class ReferItPart:
    """The annotations of some images."""

    images: Mapping[str, ReferitImage]
    rules: Rules

    def read(self, image_id: str, tally: Tally) -> AnnotatedImage:
        """Return one image's referents as sentences, their expressions as phrases."""
        image = self.images[image_id]
        sentences = []
        for referent in image.referents:
            where = f"referent {referent.referent_id}"
            stray = sum(raw.count("\N{REPLACEMENT CHARACTER}") for raw in referent.expressions)
            tally.add("stray characters in expressions, read as �", where, stray)
            texts = [" ".join(raw.lower().split()) for raw in referent.expressions]
            kept = [text for text in texts if any(character.isalnum() for character in text)]
            tally.add("expressions left out for want of a word", where, len(texts) - len(kept))
            phrases = [
                PhraseRecord(text, referent.category, locations(text, self.rules), referent.box) for text in kept
            ]
            tally.add("referents left out for want of an expression with a word", where, int(not phrases))
            if phrases:
                sentences.append(SentenceRecord(f"{image_id}#{referent.referent_id}", phrases))
            x1, y1, x2, y2 = referent.box
            tally.add("annotated boxes without an area", where, int(x1 == x2 or y1 == y2))
            outside = x1 < -1 or y1 < -1 or x2 > image.width + 1 or y2 > image.height + 1
            tally.add("annotated boxes that reach outside their image", where, int(outside))
        return AnnotatedImage(image.width, image.height, sentences)
