"""The claim that a system trained on all the data is more accurate than a published number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Self

from pydantic import Field

from bench.protocol.claim import CLAIMS, Mistake, Surroundings, Text, one_of
from bench.text.measures import Measure
from bench.text.numbers import amount, exact_points, signed
from bench.text.statuses import WHY_NOT
from bench.verdicts.conclude import conclude
from bench.verdicts.hypothesis import Decision
from bench.verdicts.lead import decide_family, lead
from bench.verdicts.verdict import Case, SystemClaim, Verdict
from bench.verdicts.wording import by_margin, lead_of
from sprm.corpus.sources.registry import SOURCES

TESTED_ON = "test"
"""The split that every trial of a run answers."""
AS_MANY = 0.05
"""Share of a split's images that may be missing, because they have no detections, before it counts as another."""


def as_many(images: int, published: int) -> bool:
    """Tell whether so many images can be the split that a published number was measured on."""
    return abs(images - published) <= AS_MANY * published


@CLAIMS.register
class AboveReferenceClaim(SystemClaim):
    """A system trained on all the data is more accurate than a published number by more than the margin."""

    kind: Literal["above_reference"]
    reference: float = Field(gt=0, lt=1)
    """The published accuracy, as a share: 0.6143 is 61.43 %."""
    source: Text
    """Who published it, of which method."""
    corpus: str
    """Kind of the corpus that it was measured on."""
    split: Literal["val", "test"]
    """The split that it was measured on."""
    images: int | None = Field(None, ge=1)
    """Images of that split. The claim is not tested if the number of the run's test images differs from it by more
    than a twentieth. Left out, only the kind of corpus and the split count."""
    margin: float = Field(0.0, ge=0, lt=1)
    """Lead that does not yet count, as a share of accuracy."""

    def mistakes(self, surroundings: Surroundings) -> Iterator[Mistake]:
        """Yield what is wrong with it; nobody publishes numbers of a synthetic corpus."""
        yield from super().mistakes(surroundings)
        if self.corpus not in (known := [name for name, source in SOURCES.by_name().items() if not source.synthetic]):
            yield Mistake(("corpus",), self.corpus, one_of(known, "a kind of corpus"))

    def untestable_on(self, corpus: str, images: int) -> str | None:
        """Say why a corpus cannot be held against the published number; None when it can."""
        if corpus != self.corpus:
            return f"the published accuracy was measured on {self.corpus}, but this run uses {corpus}"
        if self.split != TESTED_ON:
            return f"the published accuracy was measured on the {self.split} split, but runs use the {TESTED_ON} split"
        if self.images is not None and not as_many(images, self.images):
            measured = f"the published accuracy was measured on {self.images:,} images"
            return f"{measured}, but this run has {images:,} test images"
        return None

    def on_any_images(self) -> Self:
        """Return the same claim about a number of any count of images."""
        return self.model_copy(update={"images": None})

    def judge(self, case: Case) -> AboveReferenceVerdict:
        """Test the accuracy at the largest amount of data against the published number, taken as exact.

        The test holds for new images and new trainings. The published number has an uncertainty of its own, which is
        rarely reported and not counted. A number from another corpus or split is not tested.
        """
        evidence = case.evidence
        why = self.untestable_on(evidence.protocol.corpus.kind, evidence.outcomes.test.images)
        if not (measure := Measure(evidence.outcomes.deciding)).is_accuracy:
            why = f"the published number is an accuracy, but the claims of this run are about {measure}"
        if why is not None:
            return conclude(AboveReferenceVerdict, self, case, (), (), margin=self.margin, untestable=why)
        *_, largest = evidence.by_value().values()
        seeds = evidence.seeds([(self.system, largest)])
        lead_over_it = evidence.counts(self.system, largest, seeds) - self.reference * evidence.phrases
        hypotheses = decide_family([lead(largest, None, lead_over_it, evidence.phrases, self.margin, case.look)])
        return conclude(AboveReferenceVerdict, self, case, seeds, hypotheses, margin=self.margin)


SHOWN = {
    Decision.supported: "is above",
    Decision.refuted: "is not above",
    Decision.inconclusive: "is not shown to be above",
}


@dataclass(frozen=True, kw_only=True)
class AboveReferenceVerdict(Verdict):
    """What became of the claim."""

    claim: AboveReferenceClaim

    def claimed(self) -> str:
        """State what is claimed."""
        claim, test = self.claim, self.deciding
        most = "the largest fraction" if test is None else amount(test.fraction)
        return (
            f"trained on {most}, {claim.system} is {self.measure.better}{by_margin(claim.margin)} than the "
            f"{exact_points(claim.reference)} % of {claim.source} on the {claim.split} split of {claim.corpus}."
        )

    def stated(self) -> str:
        """State what was found; the published number is taken as exact."""
        claim, test = self.claim, self.deciding
        assert test is not None
        number = f"{exact_points(claim.reference)} %{by_margin(claim.margin)}"
        if test.decision is Decision.not_testable:
            why = WHY_NOT[test.basis.status]
            return f"Whether {claim.system} with {amount(test.fraction)} is above {number} cannot be tested: {why}."
        return (
            f"With {amount(test.fraction)}, {claim.system} {SHOWN[test.decision]} {number}: the difference is "
            f"{lead_of(test, family=self.family)}. The published number is taken as exact."
        )

    def answered(self) -> str:
        """Answer in one sentence: by how much it is above or below the published number."""
        claim, test = self.claim, self.deciding
        assert test is not None
        number = f"{exact_points(claim.reference)} %{by_margin(claim.margin)}"
        where = f"{claim.system} with {amount(test.fraction)}"
        if test.decision is Decision.not_testable:
            return f"Whether {where} is above {number} cannot be tested: {WHY_NOT[test.basis.status]}."
        return f"{where} {SHOWN[test.decision]} {number}, the published accuracy: {signed(test.estimate)} points."
