"""The prior, which is not trained."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from bench.systems.box_weights import BoxWeights
from bench.systems.registry import SYSTEMS
from bench.systems.system import Encoding, Role, System, Task
from sprm.evaluation.scores import ScoresAre

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from sprm.evaluation.scores import Scores


@SYSTEMS.register
class Prior(BoxWeights, System):
    """The prior alone, which is not trained."""

    kind: Literal["prior"]
    role: ClassVar[Role] = Role.prior
    scores_are: ClassVar[ScoresAre] = ScoresAre.probabilities
    heads: bool = True
    """Represent a phrase by its head words; otherwise by all its words."""
    locations: bool = True
    """Let location words in a phrase rule out boxes that do not stand there."""

    @property
    def description(self) -> str:
        """One line that tells what it is."""
        words = words_of_a_phrase(self.heads, self.locations)
        return (
            f"similarity of the word vectors of a phrase and of a box's label{self.box_terms_in_words}, without "
            f"training. It uses {words}"
        )

    def reads(self) -> tuple[Encoding, ...]:
        """List what it reads."""
        return (Encoding("test", self.heads, self.locations, score=self.score_weight is not None),)

    def score(self, task: Task, split: str, weights: Mapping[str, Tensor]) -> Scores:
        """Score boxes by how well the words of each phrase fit their labels."""
        from sprm.evaluation.scoring import score
        from sprm.files.mapped import shared_tensor
        from sprm.model.sprm import SPRM

        (read,) = self.reads()
        encoded = task.encoded(read._replace(split=split))
        model = SPRM(shared_tensor(encoded.concepts), None, omega=0.0, terms=self.box_terms)
        return score(model, encoded)


def words_of_a_phrase(heads: bool, locations: bool) -> str:
    """Say which words of a phrase the prior goes by."""
    words = "the head words" if heads else "all words"
    return f"{words} of a phrase, {'with' if locations else 'without'} its location words"
