"""What the rivals of SPRM have in common as systems."""

from __future__ import annotations

from bench.systems.region_inputs import MoreInputs
from bench.systems.system import Encoding
from bench.systems.trained import TrainedSystem


class Rival(TrainedSystem):
    """A published method that is trained on the same inputs."""

    inputs: MoreInputs = None
    """What it is given of a box beside what it was published with; nothing, as published, when left out."""

    @property
    def encoding(self) -> Encoding:
        """How it reads the training split, and the other two alike."""
        return Encoding("train", score=self.inputs is not None and self.inputs.score)

    @property
    def more_in_words(self) -> str:
        """What it is given beside, as what follows the last sentence but its full stop; nothing, as published."""
        return ". It also uses the log score of a box" if self.encoding.score else ""
