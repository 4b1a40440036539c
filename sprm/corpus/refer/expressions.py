"""Referring expressions as annotations: a sentence for each referent, a phrase for each thing that people called it.

All phrases of a sentence share the referent's box as their target.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sprm.corpus.annotation import AnnotatedImage, PhraseRecord, SentenceRecord
from sprm.corpus.corpus import Warnings
from sprm.corpus.refer.referent import ReferredImage, ReferredSplit
from sprm.corpus.warnings import Tally
from sprm.errors import DataError
from sprm.settings import Rules
from sprm.text.tokens import locations


class ReferringExpressions:
    """The annotations of a corpus of referring expressions.

    Args:
        splits: those that serve as train, val and test, one of which may serve twice.
        paths: the files that they were read from, the one that divides the corpus first.
        rules: `official` looks for location words its own way.
        odd: what these files hold that is odd.
    """

    def __init__(
        self,
        splits: Mapping[str, ReferredSplit],
        paths: Sequence[Path],
        rules: Rules,
        odd: Sequence[Warnings] = (),
    ) -> None:
        self._splits, self._paths, self._rules, self._odd = splits, paths, rules, odd

    def image_ids(self, split: str) -> list[str]:
        """Ids of a split's images, in its order.

        Raises:
            DataError: there is none.
        """
        found = self._splits[split]
        if not found.images:
            raise DataError(f"the split {found.name} is empty", path=self._paths[0])
        return list(found.images)

    def part(self, split: str, image_ids: Sequence[str]) -> ReferringPart:
        """Return what a worker needs to read the annotations of some images of a split."""
        images = self._splits[split].images
        return ReferringPart({name: images[name] for name in image_ids}, self._rules)

    def files(self, image_ids: Sequence[str]) -> Iterator[Path]:
        """Every file that the annotations of some images are read from: the same for all."""
        yield from self._paths

    def passed_over(self, split: str) -> list[Warnings]:
        """Count images that splits share and, with the first split, what else is odd about the files."""
        tally = Tally()
        train, val, test = (self._splits[role] for role in ("train", "val", "test"))
        if split == "train":
            tally.merge(self._odd)
            for other in {val.name: val, test.name: test}.values():
                kind = f"images that are in {other.name}, too, because referents were divided and not images"
                tally.add_all(kind, [name for name in train.images if name in other.images])
        if split == "test" and test.name == val.name:
            tally.add_all("images of val, which serves as test and may choose the epoch, too", test.images)
        return tally.warnings()


@dataclass(frozen=True)
class ReferringPart:
    """The annotations of some images."""

    images: Mapping[str, ReferredImage]
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
