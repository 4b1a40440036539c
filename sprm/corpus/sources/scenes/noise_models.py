"""The noise models, by the name that a protocol calls them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Literal, TypeAlias

import numpy as np

from sprm.corpus.sources.scenes import coarse, noise
from sprm.corpus.sources.scenes.noise import Detection
from sprm.corpus.sources.scenes.scene import Scene

Detector: TypeAlias = Literal["fine", "coarse"]

NOISE_MODELS: Mapping[Detector, Callable[[Scene, np.random.Generator], list[Detection]]] = {
    "fine": partial(noise.detect, model=noise.NoiseModel()),
    "coarse": partial(coarse.detect, model=coarse.CoarseModel()),
}
