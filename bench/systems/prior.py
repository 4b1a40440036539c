"""The prior, which is not trained."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from bench.systems.registry import SYSTEMS
from bench.systems.system import Encoding, Role, Task, UntrainedSystem

if TYPE_CHECKING:
    from sprm.evaluation.outcomes import Outcomes


@SYSTEMS.register
class Prior(UntrainedSystem):
    """The prior alone, which is not trained."""

    kind: Literal["prior"]
    role: ClassVar[Role] = Role.prior
    heads: bool = True
    """Represent a phrase by its head words; otherwise by all its words."""
    locations: bool = True
    """Let location words in a phrase rule out boxes that do not stand there."""

    @property
    def description(self) -> str:
        """One line that tells what it is."""
        words = words_of_a_phrase(self.heads, self.locations)
        return f"similarity of word vectors of a phrase and of a box's label, without training ({words})"

    def reads(self) -> tuple[Encoding, ...]:
        """List what it reads."""
        return (Encoding("test", self.heads, self.locations),)

    def answer(self, task: Task) -> Outcomes:
        """Return the outcomes of the box of every phrase that its words fit best."""
        from sprm.evaluation.outcomes import judge
        from sprm.evaluation.prediction import predict
        from sprm.files.mapped import shared_tensor
        from sprm.model.sprm import SPRM

        (read,) = self.reads()
        test = task.encoded(read)
        model = SPRM(shared_tensor(test.concepts), refinement=None, omega=0.0)
        return judge(task.matches("test"), predict(model, test), self.tie_rule)


def words_of_a_phrase(heads: bool, locations: bool) -> str:
    """Say which words of a phrase the prior goes by."""
    words = "head words" if heads else "all words"
    return f"{words} of a phrase, {'with' if locations else 'without'} its location words"
