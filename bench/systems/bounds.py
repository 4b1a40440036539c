"""What frames every result: a box drawn at random, and the best box there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from bench.systems.registry import SYSTEMS
from bench.systems.system import Encoding, Role, System, Task

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from sprm.evaluation.scores import Scores


@SYSTEMS.register
class Random(System):
    """A box drawn at random: the chance level."""

    kind: Literal["random"]
    role: ClassVar[Role] = Role.chance
    chooses: ClassVar[bool] = False

    @property
    def description(self) -> str:
        """One line that tells what it is."""
        return "the expected accuracy of a box drawn at random"

    def reads(self) -> tuple[Encoding, ...]:
        """List what it reads."""
        return (Encoding("test"),)

    def score(self, task: Task, split: str, weights: Mapping[str, Tensor]) -> Scores:
        """Score all boxes alike."""
        import numpy as np

        from sprm.evaluation.scores import Scores

        offsets = task.encoded(Encoding(split)).box_offsets
        return Scores(np.zeros(offsets[-1], dtype=np.float32), offsets)


@SYSTEMS.register
class Oracle(System):
    """The box nearest to the target: the upper bound that the proposals set."""

    kind: Literal["oracle"]
    role: ClassVar[Role] = Role.upper_bound

    @property
    def description(self) -> str:
        """One line that tells what it is."""
        return "the best detected box for each phrase, an upper bound on accuracy"

    def score(self, task: Task, split: str, weights: Mapping[str, Tensor]) -> Scores:
        """Score boxes by their overlap with the target."""
        from sprm.evaluation.scores import Scores

        matches = task.matches(split)
        return Scores(matches.iou, matches.offsets)
