from __future__ import annotations

import numpy as np
import pytest

from bench.trials.answering import ignores_phrases
from sprm.corpus.dataset import Dataset
from sprm.evaluation.scores import Scores


@pytest.mark.parametrize(("boxes", "is_refused"), [(1, False), (2, True)])
def test_the_same_scores_for_every_phrase_tell_of_a_fault_where_there_is_a_choice(
    dataset: Dataset, boxes: int, is_refused: bool
) -> None:
    phrases = len(dataset.test.phrases)
    same = Scores(np.tile(np.arange(1.0, boxes + 1), phrases), boxes * np.arange(phrases + 1))
    assert (ignores_phrases(same, dataset.test) is not None) == is_refused
