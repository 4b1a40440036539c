from __future__ import annotations

import numpy as np
import pytest

from sprm.corpus.sources.scenes.chances import pick
from sprm.seeding import generator


@pytest.mark.parametrize("weights", [(1.0,), (0.3, 0.4, 0.3), (5.0, 0.0, 2.5, 1e-9), tuple(range(1, 40))])
def test_picks_are_those_of_numpy_and_take_as_much_of_the_stream(weights: tuple[float, ...]) -> None:
    ours, numpys = generator("picks"), generator("picks")
    shares = np.array(weights) / np.sum(weights)
    picked = [pick(ours, weights) for _ in range(500)]
    assert picked == [numpys.choice(len(weights), p=shares) for _ in range(500)]
    assert ours.bit_generator.state == numpys.bit_generator.state


def test_what_has_no_weight_is_never_picked() -> None:
    rng = generator("picks")
    assert {pick(rng, (0.0, 1.0, 0.0, 1.0)) for _ in range(200)} == {1, 3}
