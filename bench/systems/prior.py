"""The prior, which is not trained."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from bench.systems.registry import SYSTEMS
from bench.systems.system import Encoding, Role, System, Task
from sprm.evaluation.scores import ScoresAre

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from sprm.evaluation.scores import Scores


@SYSTEMS.register
class Prior(System):
    """The prior alone, which is not trained."""

    kind: Literal["prior"]
    role: ClassVar[Role] = Role.prior
    scores_are: ClassVar[ScoresAre] = ScoresAre.probabilities
    heads: bool = True
    """Represent a phrase by its head words; otherwise by all its words."""
    locations: bool = True
    """Let location words in a phrase rule out boxes that do not stand there."""
    score_weight: float | None = Field(None, gt=0, allow_inf_nan=False)
    """Weight of the logarithm of the detector's score, which is added to the similarity; left out, as published, it
    counts for nothing. The source has to tell the scores."""
    size_weight: float | None = Field(None, gt=0, allow_inf_nan=False)
    """Weight of the logarithm of a box's share of the image's area, likewise."""

    @property
    def description(self) -> str:
        """One line that tells what it is."""
        words = words_of_a_phrase(self.heads, self.locations)
        weights = {"log score": self.score_weight, "log share of the image's area": self.size_weight}
        terms = "".join(f" + {weight:g} {name}" for name, weight in weights.items() if weight is not None)
        return (
            f"similarity of the word vectors of a phrase and of a box's label{terms}, without training. It uses {words}"
        )

    def reads(self) -> tuple[Encoding, ...]:
        """List what it reads."""
        return (Encoding("test", self.heads, self.locations, score=self.score_weight is not None),)

    def score(self, task: Task, split: str, weights: Mapping[str, Tensor]) -> Scores:
        """Score boxes by how well the words of each phrase fit their labels."""
        from sprm.evaluation.scoring import score
        from sprm.files.mapped import shared_tensor
        from sprm.model.prior import BoxTerms
        from sprm.model.sprm import SPRM

        (read,) = self.reads()
        encoded = task.encoded(read._replace(split=split))
        terms = BoxTerms(self.score_weight or 0.0, self.size_weight or 0.0)
        is_plain = terms == BoxTerms()
        model = SPRM(shared_tensor(encoded.concepts), None, omega=0.0, terms=None if is_plain else terms)
        return score(model, encoded)


def words_of_a_phrase(heads: bool, locations: bool) -> str:
    """Say which words of a phrase the prior goes by."""
    words = "the head words" if heads else "all words"
    return f"{words} of a phrase, {'with' if locations else 'without'} its location words"
