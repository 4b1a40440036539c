"""InfoGround, a rival that has no prior: words attend to boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from bench.systems.registry import SYSTEMS
from bench.systems.rival import Rival
from bench.systems.system import Task
from bench.systems.trained import AuthorsValues
from sprm.seeding import seed_of
from sprm.settings import Rules

if TYPE_CHECKING:
    from sprm.batches.encoding import EncodedSplit
    from sprm.model.infoground import InfoGround


@SYSTEMS.register
class Infoground(Rival):
    """InfoGround: attention of words to boxes, without the language model that it was published with."""

    kind: Literal["infoground"]
    authors: ClassVar[AuthorsValues | None] = AuthorsValues(
        epochs=10,
        batch=50,
        learning_rate=1e-5,
        selection="the checkpoint, of one every 1500 steps, with the best pointing accuracy on the annotated val split",
        source="BigRedT/info-ground, commit 22ae6d6, exp/ground",
    )
    noun_negatives: int = Field(25, ge=0)
    """How many nouns of other images' sentences a sentence's noun is contrasted with; 0 for none, without that loss."""

    @property
    def description(self) -> str:
        """One line that tells what it is."""
        return (
            "InfoGround (Gupta et al., ECCV 2020), which learns what words attend to and has no prior. As published, "
            "it reads nouns and adjectives of a caption in context, by BERT. Here it has static vectors of the "
            "phrases' words, of which function words are left out of training. "
            f"{self._nouns}. Negatives: every other image of the batch, by cross-entropy"
            f"{self.more_in_words}"
        )

    @property
    def _nouns(self) -> str:
        if not self.noun_negatives:
            return "The noun of a sentence is not contrasted with others, which the authors' code can leave out, too"
        return (
            f"The noun of a sentence is contrasted with {self.noun_negatives} drawn from sentences of other images, "
            "which the authors' code can do, too, and not with nouns that BERT proposes"
        )

    def model(self, task: Task, split: EncodedSplit) -> InfoGround:
        """Return the model; by the official rules, the authors' padding takes part."""
        import torch

        from sprm.model.attention_maps import GroundingMaps
        from sprm.model.infoground import InfoGround, Padding
        from sprm.model.noun_negatives import NounNegatives, content_words

        assert task.training is not None
        score = self.encoding.score
        maps = GroundingMaps(
            split.features.shape[1] + score,
            task.lexicon.dimension,
            torch.Generator().manual_seed(seed_of("initial weights", task.seed)),
            mixed_precision=task.training.mixed_precision,
        )
        nouns = None
        if self.noun_negatives:
            # They are drawn in training alone, so that the images are those of the training split.
            seed = seed_of("noun negatives", task.seed)
            nouns = NounNegatives(split, content_words(task.lexicon), self.noun_negatives, seed, task.images)
        return InfoGround(
            maps,
            task.lexicon,
            nouns=nouns,
            padding=Padding() if task.rules is Rules.official else None,
            score=score,
        )
