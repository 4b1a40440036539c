"""KD+CL, a rival that has no prior: contrast and distillation in a joint space."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from bench.systems.registry import SYSTEMS
from bench.systems.rival import Rival
from bench.systems.system import Task
from bench.systems.trained import AuthorsValues
from sprm.seeding import seed_of
from sprm.settings import Rules, Teacher

if TYPE_CHECKING:
    from sprm.batches.encoding import EncodedSplit
    from sprm.model.kdcl import KDCL

_INSTEAD = (
    "The authors' teacher, a detector's class probabilities, is not among the data. Instead, this benchmark takes for "
    "a phrase's teacher"
)
_RAMP = (
    "The teacher weighs 0.001 in the first 500 steps, then about 1, then about 2, and 3 from step 1500 on, however "
    "long a training is"
)
TEACHERS = {
    Teacher.none: "Nothing is distilled, as in the authors' own ablation",
    Teacher.one_hot: f"{_INSTEAD} 1 for boxes of the class nearest to its head words, if the cosine of their word "
    f"vectors is at least 0.5. {_RAMP}",
    Teacher.soft: f"{_INSTEAD} the cosine of the word vectors of its head words and of a box's label. {_RAMP}",
}
"""What a reader has to know of each teacher."""


@SYSTEMS.register
class Kdcl(Rival):
    """KD+CL: phrases and boxes contrasted in a joint space, with a stand-in for its teacher."""

    kind: Literal["kdcl"]
    authors: ClassVar[AuthorsValues | None] = AuthorsValues(
        epochs=6,
        batch=32,
        learning_rate=1e-4,
        selection="left to whoever runs their code, which keeps a checkpoint every 500 steps and after every epoch",
        source="the authors' public code, jhuang81/weak-sup-visual-grounding",
    )
    teacher: Teacher = Teacher.one_hot
    """What stands in for the detector whose knowledge is distilled."""

    @property
    def description(self) -> str:
        """One line that tells what it is."""
        return (
            "KD+CL (Wang et al., CVPR 2021), which contrasts phrases and boxes in a joint space and has no prior. "
            f"{TEACHERS[self.teacher]}. Negatives: every other image of the batch, by cross-entropy"
            f"{self.more_in_words}"
        )

    def model(self, task: Task, split: EncodedSplit) -> KDCL:
        """Return the model; by the official rules, padded boxes take part in its training."""
        import torch

        from sprm.files.mapped import shared_tensor
        from sprm.model.distillation import Distillation
        from sprm.model.joint_space import JointSpace
        from sprm.model.kdcl import KDCL, Padding

        assert task.training is not None
        space = JointSpace(
            task.lexicon,
            split.features.shape[1],
            torch.Generator().manual_seed(seed_of("initial weights", task.seed)),
            score=self.encoding.score,
            mixed_precision=task.training.mixed_precision,
        )
        return KDCL(
            space,
            shared_tensor(split.concepts),
            distillation=None if self.teacher is Teacher.none else Distillation(self.teacher),
            padding=Padding() if task.rules is Rules.official else None,
        )
