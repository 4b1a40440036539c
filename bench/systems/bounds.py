"""What frames every result: a box drawn at random, and the best box there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from bench.systems.registry import SYSTEMS
from bench.systems.system import Role, Task, UntrainedSystem

if TYPE_CHECKING:
    from sprm.evaluation.outcomes import Outcomes


@SYSTEMS.register
class Random(UntrainedSystem):
    """A box drawn at random: the chance level."""

    kind: Literal["random"]
    role: ClassVar[Role] = Role.chance

    @property
    def description(self) -> str:
        """One line that tells what it is."""
        return "the expected accuracy of a box drawn at random"

    def answer(self, task: Task) -> Outcomes:
        """Return the expected outcomes of every phrase."""
        from sprm.evaluation.outcomes import random_box

        return random_box(task.matches("test"))


@SYSTEMS.register
class Oracle(UntrainedSystem):
    """The box nearest to the target: the upper bound that the proposals set."""

    kind: Literal["oracle"]
    role: ClassVar[Role] = Role.upper_bound

    @property
    def description(self) -> str:
        """One line that tells what it is."""
        return "the best detected box for each phrase, an upper bound on accuracy"

    def answer(self, task: Task) -> Outcomes:
        """Return the outcomes of the best box of every phrase."""
        from sprm.evaluation.outcomes import best_box

        return best_box(task.matches("test"))
