"""MAF, the rival that starts from a prior of its own: labels compared with the words of a phrase."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from bench.systems.registry import SYSTEMS
from bench.systems.rival import Rival
from bench.systems.system import Task
from bench.systems.trained import AuthorsValues
from sprm.seeding import seed_of
from sprm.settings import Rules

if TYPE_CHECKING:
    from sprm.batches.encoding import EncodedSplit
    from sprm.model.maf import MAF


@SYSTEMS.register
class Maf(Rival):
    """MAF: phrases and labelled boxes aligned in the word-vector space, from labels alone before training."""

    kind: Literal["maf"]
    authors: ClassVar[AuthorsValues | None] = AuthorsValues(
        epochs=25,
        batch=64,
        learning_rate=1e-5,
        selection="the last epoch",
        source="qinzzz/Multimodal-Alignment-Framework, commit c88a85d",
    )

    @property
    def description(self) -> str:
        """One line that tells what it is."""
        return (
            "MAF (Wang et al., EMNLP 2020). Before any training, it compares the words of a phrase with the labels of "
            "boxes; it learns what features add to these. It lacks no input of the published method. Its "
            "authors take a label of several words for an unknown word, which is not done here, and let the largest of "
            "tied boxes answer. Padding takes part as in their code by the official rules alone. Negatives: every "
            "other image of the batch, by cross-entropy"
            f"{self.more_in_words}"
        )

    def model(self, task: Task, split: EncodedSplit) -> MAF:
        """Return the model; by the official rules, the authors' padding takes part."""
        import torch

        from sprm.model.maf import MAF, Alignment, Padding

        assert task.training is not None
        alignment = Alignment(
            task.lexicon,
            split.features.shape[1] + self.encoding.score,
            torch.Generator().manual_seed(seed_of("initial weights", task.seed)),
            padding=Padding() if task.rules is Rules.official else None,
            mixed_precision=task.training.mixed_precision,
        )
        return MAF(alignment)
